"""The run's row follows its job, whoever ended it."""

from django.db.models.functions import Now

from recweb.experiments.models import Experiment
from recweb.jobs.models import LIVE, Job, State


def mirror(job: Job) -> None:
    Experiment.objects.filter(pk=job.target_id or 0, state__in=LIVE).update(
        state=job.state, finished=Now()
    )


def again(job: Job) -> None:
    Experiment.objects.filter(pk=job.target_id or 0).update(state=State.QUEUED, finished=None)
