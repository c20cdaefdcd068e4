"""Order a queue, or a run that learns from its labels: row and job in one transaction."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from recweb.experiments import orders as experiments
from recweb.experiments.models import Experiment, Role
from recweb.jobs import orders as jobs
from recweb.jobs.models import State
from recweb.labeling import snapshot
from recweb.labeling.models import RELEVANT, Queue, QueueState
from recweb.people import audit

if TYPE_CHECKING:
    from recweb.people.models import User

SIZES, OVERLAPS, GUIDELINE = (1, 10_000), (1, 5), 5_000
GOLD, MOST_GOLD = 0.05, 0.5  # of what an annotator gets, samples with a known answer


class Refused(ValueError):
    """What cannot be done, in words that say why; `field` names the input it hangs on."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def create(
    experiment: Experiment,
    owner: "User",
    name: str = "",
    size: int = 200,
    overlap: int = 1,
    guideline: str = "",
    seed: int = 0,
    gold_share: float = GOLD,
) -> Queue:
    """A queue of uncertain and random pairs of this run. Raises Refused, jobs.Quota."""
    _check(experiment, size, overlap, guideline, seed)
    if not 0 <= gold_share <= MOST_GOLD:
        words = _("The share of known answers must lie between 0 and %(most)g, not %(value)g.")
        raise Refused(words % {"most": MOST_GOLD, "value": gold_share}, "gold_share")
    with transaction.atomic():
        queue = Queue.objects.create(
            dataset=experiment.dataset,
            experiment=experiment,
            name=name.strip()[:120],
            guideline=guideline,
            overlap=overlap,
            gold_share=gold_share,
            size=size,
            seed=seed,
            owner=owner,
        )
        job = jobs.order(
            "select",
            owner=owner,
            title=lambda: _("Choose samples for %(queue)s") % {"queue": queue.title},
            dataset_id=experiment.dataset_id,
            target_id=queue.pk,
        )
        queue.job_id = job.pk
        queue.save(update_fields=["job_id"])
    return queue


def _check(experiment: Experiment, size: int, overlap: int, guideline: str, seed: int) -> None:
    if experiment.state != State.DONE or experiment.role != Role.CANDIDATE:
        raise Refused(
            _("This run is not done: its scores are needed to choose from."), "experiment"
        )
    for field, value, (low, high) in (("size", size, SIZES), ("overlap", overlap, OVERLAPS)):
        if not low <= value <= high:
            words = _("This must lie between %(low)d and %(high)d, not %(value)d.")
            raise Refused(words % {"low": low, "high": high, "value": value}, field)
    if len(guideline) > GUIDELINE or "\0" in guideline:
        words = _("The guideline may have %(n)d characters.") % {"n": GUIDELINE}
        raise Refused(words, "guideline")
    if not 0 <= seed < experiments.SEEDS:
        words = _("The seed must lie between 0 and %(top)d.") % {"top": experiments.SEEDS - 1}
        raise Refused(words, "seed")


def retrain(queue: Queue, owner: "User") -> Experiment:
    """A child of the queue's run that also learns from the answers as they stand now.
    Raises Refused, experiments.Refused, jobs.Quota."""
    parent = queue.experiment
    # of marks, some may be of what came after the run that was marked first
    pairs = experiments.within(parent.version, snapshot.pairs(queue))
    n_relevant = sum(pair[2] >= RELEVANT for pair in pairs)
    if not pairs:
        raise Refused(_("Nobody has answered yet: there is nothing to learn from."))
    if not n_relevant:
        words = _(
            "None of the %(n)d answers says that somebody would clearly want an item (2 or 3), "
            "and only those train the model. Nothing was started; go on labelling."
        )
        raise Refused(words % {"n": len(pairs)})
    child = experiments.start(
        queue.dataset,
        model=parent.model,
        owner=owner,
        params=parent.params,
        split=parent.split,
        rules=parent.rules,
        seed=parent.seed,
        version=parent.version,
        parent=parent,
        labels_from=queue.pk,
        label_pairs=parent.label_pairs + pairs,
        name=_("%(run)s + %(n)d labels") % {"run": parent, "n": len(pairs)},
    )
    audit.record(owner, "retrain", f"queue {queue.pk}", experiment=child.pk, labels=len(pairs))
    return child


def set_state(queue: Queue, state: str) -> None:
    """open, paused or closed. Raises Refused while samples are being chosen."""
    allowed = (QueueState.OPEN, QueueState.PAUSED, QueueState.CLOSED)
    if state not in allowed:
        known = ", ".join(allowed)
        raise Refused(
            _("A queue can be: %(known)s; not “%(state)s”.")
            % {"known": known, "state": state[:40]},
            "state",
        )
    changed = Queue.objects.filter(pk=queue.pk, state__in=allowed).update(state=state)
    if not changed:
        raise Refused(_("Its samples are not chosen yet."), "state")
