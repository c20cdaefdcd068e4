"""Marks that analysts set on users' pages: good and bad are their answers, odd asks the annotators.

One queue of a dataset holds them. Nothing about it is new to the rest: good is an answer of 3, bad
one of 0, odd a flagged skip, which leaves the sample to everybody else. Taking a mark back closes
what it made; nothing is deleted.
"""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.datasets import rows
from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.labeling import answers
from recweb.labeling.claims import NotOpen
from recweb.labeling.models import (
    CHOICES,
    MARKS,
    MARKS_GUIDELINE,
    MARKS_NAME,
    Arm,
    Label,
    Lease,
    LeaseState,
    Queue,
    QueueState,
    Sample,
)
from recweb.labeling.orders import Refused

if TYPE_CHECKING:
    from recweb.people.models import User

VALUES = {"good": 3, "bad": 0}
ODD, NONE = "odd", "none"
Context = list[list[Any]]  # as in Sample


class Mark(str):
    """good, bad or odd; `answers`: what others have said of the pair, oldest first."""

    answers: tuple[int, ...] = ()

    @property
    def said(self) -> str:
        """The answers in a few words, without who gave them: the review says that."""
        names = {value: name for value, name, _meaning in CHOICES}
        return _(", ").join(f"{value} {names[value]}" for value in self.answers)


def of(dataset_id: int, user_code: int, analyst_id: int) -> dict[int, str]:
    """One's own marks on a user's items: item code -> a Mark."""
    here = {"sample__queue__dataset": dataset_id, "sample__queue__strategy": MARKS,
            "sample__user_code": user_code}  # fmt: skip
    odd = Lease.objects.filter(
        state=LeaseState.SKIPPED, flagged=True, annotator=analyst_id, **here
    ).values_list("sample__item_code", flat=True)
    found = {item: Mark(ODD) for item in odd}
    words = {value: mark for mark, value in VALUES.items()}
    given = Label.objects.filter(closed=None, **here).order_by("created", "pk")
    for item, value, who in given.values_list("sample__item_code", "value", "annotator"):
        if who == analyst_id and value in words:
            found[item] = Mark(words[value])
        elif who != analyst_id and found.get(item) == ODD:
            found[item].answers += (value,)
    return dict(found)


@transaction.atomic
def mark(
    experiment: Experiment,
    analyst: "User",
    pair: tuple[int, int],
    given: str,
    context: Context | None,
) -> None:
    """Set one's mark on a (user, item) pair; "none" takes it back, the same again changes nothing.
    context: what the model knew of the user, None when that cannot be told.
    Raises Refused, NotOpen.
    """
    _check(experiment, pair, given, context)
    # two first marks at once make one queue, two on a pair one sample
    Dataset.objects.select_for_update(no_key=True).get(pk=experiment.dataset_id)
    if of(experiment.dataset_id, pair[0], analyst.pk).get(pair[1], NONE) == given:
        return
    queue = _queue(experiment, analyst)
    if queue.state != QueueState.OPEN:
        raise NotOpen(queue.state)
    sample = _sample(queue, pair, context or [])
    _take_back(sample, analyst)
    if given != NONE:
        lease = answers.hand(sample.pk, analyst.pk)
        if given == ODD:
            answers.skip(sample.pk, lease.token, analyst, flagged=True)
            most = queue.overlap  # two analysts find it odd: asked once all the same
            Sample.objects.filter(pk=sample.pk, wanted__gt=most).update(wanted=most)
        else:
            answers.answer(sample.pk, lease.token, analyst, answers.Given(VALUES[given]))
    recount(queue)


def _check(
    experiment: Experiment, pair: tuple[int, int], given: str, context: Context | None
) -> None:
    if given not in (*VALUES, ODD, NONE):
        raise Refused(_("A mark is good, bad or odd. Nothing was changed."), "mark")
    if given != NONE and pair[1] in rows.touched(experiment.dataset_id, pair[0]):
        words = _("The log says already what this user did with this item. Nothing was changed.")
        raise Refused(words, "item")
    if given == ODD and context is None:
        words = _(
            "Annotators could not be shown what the model knew of this user: that is kept only "
            "for users with held-out events. Nothing was changed; good and bad can be given."
        )
        raise Refused(words, "mark")


def parent(experiment: Experiment) -> Experiment:
    """The run that a retraining with the marks of these data builds on."""
    queue = _known(experiment).select_related("experiment").first()
    return queue.experiment if queue else experiment


def _known(experiment: Experiment) -> QuerySet[Queue]:
    return Queue.objects.filter(dataset=experiment.dataset_id, strategy=MARKS).order_by("pk")


def _queue(experiment: Experiment, owner: "User") -> Queue:
    return _known(experiment).first() or Queue.objects.create(
        dataset_id=experiment.dataset_id,
        experiment=experiment,
        name=str(MARKS_NAME),
        guideline=str(MARKS_GUIDELINE),
        strategy=MARKS,
        size=0,
        gold_share=0.0,
        state=QueueState.OPEN,
        owner=owner,
    )


def _sample(queue: Queue, pair: tuple[int, int], context: Context) -> Sample:
    """That of the pair. A new one asks nobody: only a mark of odd opens it."""
    found = queue.samples.filter(user_code=pair[0], item_code=pair[1]).first()
    if found is None:
        last = queue.samples.aggregate(last=Max("order"))["last"]
        return Sample.objects.create(
            queue=queue, order=0 if last is None else last + 1, user_code=pair[0],
            item_code=pair[1], arm=Arm.MARKED, wanted=0, context=context,
        )  # fmt: skip
    if context and not found.context:
        Sample.objects.filter(pk=found.pk).update(context=context)
    return found


def _take_back(sample: Sample, analyst: "User") -> None:
    """Whatever this analyst has said of the sample; what others said stays."""
    mine = {"sample": sample, "annotator": analyst}
    Label.objects.filter(closed=None, **mine).update(closed=Now())
    leases = Lease.objects.filter(**mine)
    if leases.filter(state=LeaseState.SKIPPED).exists():
        answers.take_place(sample.pk)  # nobody is asked any more, unless somebody has it in hand
    ended = [LeaseState.HELD, LeaseState.ANSWERED, LeaseState.SKIPPED]
    leases.filter(state__in=ended).update(state=LeaseState.UNDONE, ended=Now())
    left = Lease.objects.filter(sample=sample)
    in_hand = left.filter(state=LeaseState.HELD).exists()
    if in_hand or sample.labels.filter(closed=None).exists():
        return
    if left.filter(state=LeaseState.SKIPPED, flagged=True).exists():  # somebody else's odd
        Sample.objects.filter(pk=sample.pk, gold=None).update(wanted=sample.queue.overlap)


def recount(queue: Queue) -> None:
    """Samples that somebody has answered, has in hand or may get: marks taken back do not count."""
    labels = Label.objects.filter(sample=OuterRef("pk"), closed=None)
    held = Lease.objects.filter(sample=OuterRef("pk"), state=LeaseState.HELD)
    open_ones = Q(wanted__gt=0) | Q(gold__isnull=False)
    size = queue.samples.filter(open_ones | Exists(labels) | Exists(held)).count()
    Queue.objects.filter(pk=queue.pk).update(size=size)
