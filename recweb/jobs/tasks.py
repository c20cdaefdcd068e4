"""The doors by which Celery comes in. A message only says: look at the queue."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from recweb.celery import app
from recweb.jobs import beats as beats  # its signals: this module is what a worker loads
from recweb.jobs import child, ends, fence, heart, kinds, orders, reconcile, work
from recweb.jobs.models import Job, State
from recweb.people import accounts

log = logging.getLogger(__name__)


@app.task(name=orders.TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def run(job_id: int, queue: str = "", **_: object) -> None:
    """Do the fairest waiting job of the queue, which need not be the one that rang."""
    try:
        queue = queue or Job.objects.values_list("queue", flat=True).get(pk=job_id)
        with _device(queue) as ours:
            if ours:
                _next(queue)
    except Job.DoesNotExist:
        log.info("a ring for job %s, which is gone", job_id)
    except (DatabaseError, InterfaceError) as error:
        connection.close()  # the reconciler rings again
        log.warning("queue %s: the database is away: %s", queue, error)


def _next(queue: str) -> None:
    job = fence.claim(queue, heart.name())
    if job is None:
        return
    if fence.claimable(queue):  # wake another worker, in case its own ring was lost
        orders.ring_queue(queue)
    try:
        _do(job)
    finally:
        if fence.claimable(queue):
            orders.ring_queue(queue)


def _do(job: Job) -> None:
    try:
        kind = kinds.get(job.kind)
    except LookupError as error:
        ends.end(job.pk, job.attempt, State.FAILED, str(error))
        return
    if kind.child:
        child.run(job)
    else:
        work.perform(job, child=False)


@contextmanager
def _device(queue: str) -> Iterator[bool]:
    """One training a device: whoever holds its file may train, the others leave the job waiting.
    The kernel frees it when we die. A second device is a second worker with RECWEB_DEVICE=1."""
    if queue != "train":
        yield True
        return
    path = Path(settings.HOME) / "run" / f"device-{os.environ.get('RECWEB_DEVICE', '0')}.lock"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield _taken(handle)
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@app.task(name="recweb.jobs.tasks.reconcile", ignore_result=True)  # type: ignore[untyped-decorator]
def reconcile_task() -> None:
    try:
        reconcile.reconcile()
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        log.warning("nothing reconciled, the database is away: %s", error)


@app.task(ignore_result=True)  # type: ignore[untyped-decorator]
def sweep(**_: object) -> None:
    """What sign-ins, links and idempotent answers leave behind."""
    log.info("swept %s rows", accounts.sweep())
