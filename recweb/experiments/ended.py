"""The run's row follows its job, whoever ended it, and the shelf goes on."""

import logging

from django.db import transaction
from django.db.models.functions import Now

from recweb.experiments import shelf
from recweb.experiments.models import Experiment
from recweb.jobs.models import LIVE, Job, State

log = logging.getLogger(__name__)


def mirror(job: Job) -> None:
    Experiment.objects.filter(pk=job.target_id or 0, state__in=LIVE).update(
        state=job.state, finished=Now()
    )
    try:
        with transaction.atomic():
            shelf.go_on(job)
    except Exception:  # what follows may fail; that this one has ended must stand
        log.exception("the shelf did not go on after job %s", job.pk)


def again(job: Job) -> None:
    Experiment.objects.filter(pk=job.target_id or 0).update(state=State.QUEUED, finished=None)
