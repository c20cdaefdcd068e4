"""The study's row follows its first job, whoever ended it; helpers go when it goes."""

from django.db.models.functions import Now

from recweb.jobs import orders as jobs
from recweb.jobs.models import LIVE, Job, State
from recweb.studies.models import Study


def mirror(job: Job) -> None:
    ended = Study.objects.filter(pk=job.target_id or 0, job_id=job.pk, state__in=LIVE)
    if not ended.update(state=job.state, finished=Now()):
        return  # a helper
    for helper in Job.objects.live().of("study", job.target_id or 0).exclude(pk=job.pk):
        jobs.cancel(helper)


def again(job: Job) -> None:
    mine = Study.objects.filter(pk=job.target_id or 0, job_id=job.pk)
    mine.update(state=State.QUEUED, finished=None)
