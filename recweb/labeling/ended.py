"""The rows of a queue follow their jobs, whoever ended those."""

from recweb.jobs.models import Job, State
from recweb.labeling.models import Queue, QueueState, Shadow

ENDS = {State.FAILED: QueueState.FAILED, State.CANCELLED: QueueState.CLOSED}


def mirror(job: Job) -> None:
    if job.state in ENDS:  # the task itself opened it when it was done
        Queue.objects.filter(pk=job.target_id or 0, state=QueueState.SELECTING).update(
            state=ENDS[State(job.state)]
        )


def again(job: Job) -> None:
    Queue.objects.filter(pk=job.target_id or 0).update(state=QueueState.SELECTING)


def shadow(job: Job) -> None:
    if job.state in ENDS:
        Shadow.objects.filter(pk=job.target_id or 0).update(state=job.state)


def shadow_again(job: Job) -> None:
    Shadow.objects.filter(pk=job.target_id or 0).update(state=State.QUEUED)
