"""Order a frontier, or the opening of the sealed test part: row and job in one transaction."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from recweb.experiments.models import Experiment, Role
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.tuning.models import Frontier
from training import registry

if TYPE_CHECKING:
    from recweb.people.models import User

DISTANCES = ("categories", "text", "collaborative")


class Refused(ValueError):
    """What cannot be done, in words that say why; `field` names the input it hangs on."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def frontier(
    experiment: Experiment,
    owner: "User",
    reranker: str = "mmr",
    distance: str | None = None,
    quota: bool = True,
) -> Frontier:
    """The run's frontier, ordered unless it is there or on its way. Raises Refused, jobs.Quota."""
    check_reranker(reranker)
    if distance is not None and distance not in DISTANCES:
        known = ", ".join(DISTANCES)
        words = _("There is no distance “%(name)s”. Known: %(known)s.")
        raise Refused(words % {"name": distance, "known": known}, "distance")
    if experiment.state != State.DONE or not experiment.folder:
        raise Refused(_("This run is not done: its lists are needed for the trade-off."), "run")
    source = distance or experiment.split_facts.get("distance") or "categories"
    with transaction.atomic():
        Experiment.objects.select_for_update().get(pk=experiment.pk)  # two clicks, one job
        row, _new = Frontier.objects.get_or_create(
            experiment=experiment, reranker=reranker, distance=source
        )
        if row.points or (row.job is not None and row.job.is_live):
            return row
        job = jobs.order(
            "frontier",
            owner=owner,
            title=lambda: _("Trade-off of %(run)s") % {"run": experiment},
            dataset_id=experiment.dataset_id,
            target_id=row.pk,
            params={} if distance is None else {"distance": distance},
            quota=quota,
        )
        row.job_id = job.pk
        row.save(update_fields=["job_id"])
    return row


def check_reranker(name: str) -> None:
    known = [key for key, spec in registry.rerankers().items() if spec["knob"]]
    if name not in known:
        words = _("There is no re-ranker “%(name)s” with a diversity weight. Known: %(known)s.")
        raise Refused(words % {"name": name, "known": ", ".join(known)}, "reranker")


def finalise(experiment: Experiment, weight: float, owner: "User") -> Job:
    """Open the test part at weight 0 and at this one: once for a run. Raises Refused."""
    if not 0.0 <= weight <= 1.0:
        raise Refused(_("The diversity must lie between 0 and 1."), "diversity")
    with transaction.atomic():
        row = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if row.finalised:
            raise Refused(_("This run is finalised already: test is opened once, so that it "
                            "cannot be chosen by."))  # fmt: skip
        if row.state != State.DONE or row.role != Role.CANDIDATE:
            raise Refused(_("Only a run that is done can be finalised."))
        if Job.objects.of("finalise", row.pk).live().exists():
            raise Refused(_("This run is being finalised at this moment."))
        return jobs.order(
            "finalise",
            owner=owner,
            title=lambda: _("Finalise %(run)s") % {"run": row},
            dataset_id=row.dataset_id,
            target_id=row.pk,
            params={"weight": weight},
        )
