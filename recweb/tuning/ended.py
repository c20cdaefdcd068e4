"""A policy's row follows its publishing job, whoever ended that."""

from django.db.models.functions import Now

from recweb.experiments.models import Experiment
from recweb.jobs.models import LIVE, Job, State
from recweb.tuning.models import Policy, PolicyState


def published(job: Job) -> None:
    if job.state == State.DONE:
        return  # the task wrote it, with the bundle, in its own transaction
    row = Policy.objects.filter(pk=job.target_id or 0).first()
    if row is None:
        return
    Policy.objects.filter(pk=row.pk, state=PolicyState.FITTING).update(state=PolicyState.FAILED)
    Experiment.objects.filter(pk=row.final_id or 0, state__in=LIVE).update(
        state=job.state, finished=Now()
    )


def again(job: Job) -> None:
    row = Policy.objects.filter(pk=job.target_id or 0).first()
    if row is not None:
        Policy.objects.filter(pk=row.pk).update(state=PolicyState.FITTING)
        Experiment.objects.filter(pk=row.final_id or 0).update(state=State.QUEUED, finished=None)
