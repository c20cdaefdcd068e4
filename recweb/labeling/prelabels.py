"""What the language model of the environment would answer, beside what people do.

Nobody who labels sees it, and no model learns from it: it only says how far such answers could be
trusted here. Ordered on the queue's page, asked in a job.
"""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.jobs import orders as jobs
from recweb.jobs.models import Job
from recweb.labeling import agreement, snapshot, tasks
from recweb.labeling.models import PreLabel, Queue, QueueState
from recweb.labeling.orders import Refused
from recweb.people import audit

if TYPE_CHECKING:
    from recweb.people.models import User

KIND = "prelabel"


def order(queue: Queue, owner: "User") -> Job:
    """Raises Refused while nobody can be asked or nothing is left to ask, jobs.Quota."""
    off = tasks.endpoint_fault(get_language() or "en")
    if off:
        raise Refused(off)
    if queue.state in (QueueState.SELECTING, QueueState.FAILED):
        raise Refused(_("The samples of this queue are not chosen yet."))
    with transaction.atomic():
        Queue.objects.select_for_update().get(pk=queue.pk)  # two clicks, one job
        if Job.objects.of(KIND, queue.pk).live().exists():
            raise Refused(_("The language model is being asked already."))
        if not queue.samples.filter(guess=None).exists():
            raise Refused(_("Every sample of this queue has its pre-label."))
        job = jobs.order(
            KIND,
            owner=owner,
            title=lambda: _("Pre-label %(queue)s") % {"queue": queue.title},
            dataset_id=queue.dataset_id,
            target_id=queue.pk,
        )
    audit.record(owner, "prelabel", f"queue {queue.pk}", job=job.pk)
    return job


def shown(queue: Queue) -> dict[str, Any] | None:
    """How many samples have one and how far they agree with people; None where there is nothing
    to show: no pre-label, and nobody who could be asked."""
    rows = PreLabel.objects.filter(sample__queue=queue)
    guesses = dict(rows.values_list("sample", "value"))
    job = Job.objects.of(KIND, queue.pk).order_by("-pk").first()
    off = tasks.endpoint_fault(get_language() or "en")
    if not guesses and job is None and off:
        return None
    answers: dict[int, list[int]] = {}
    for sample, value in snapshot.live(sample__queue=queue).values_list("sample", "value"):
        answers.setdefault(sample, []).append(value)
    both = sorted(guesses.keys() & answers.keys())
    told = [guesses[each] for each in both]
    people = [snapshot.agreed(answers[each]) for each in both]
    same = sum(a == b for a, b in zip(told, people, strict=True))
    return {
        "n": len(guesses),
        "of": queue.size,
        "both": len(both),
        "equal": same / len(both) if both else None,
        "kappa": agreement.cohen(told, people) if both else None,
        "models": sorted(set(rows.values_list("model", flat=True))),
        "job": job if job and (job.is_live or job.state == "failed") else None,
        "off": off,
    }
