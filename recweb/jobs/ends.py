"""How a job ends, whoever ends it: the row, the app's row, and the leftovers on disk."""

import logging
import shutil
import traceback
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.jobs import kinds, logfile
from recweb.jobs.models import Job, State
from recweb.jobs.run import home

log = logging.getLogger(__name__)
TAKEN = (State.RUNNING, State.CANCELLING)


def end(job_id: int, attempt: int, state: str, error: str = "", trace: str = "") -> bool:
    """Done or failed, by the attempt that owns the job; False when it does not."""
    with transaction.atomic():
        job = _mine(job_id, attempt)
        if job is None:
            return False
        finish(job, state, error, trace)
    return True


def give_back(job_id: int, attempt: int, *, lost: bool, why: str = "") -> bool:
    """The attempt is over without an end: queue the job again, unless it was cancelled meanwhile
    or has lost too many workers."""
    with transaction.atomic():
        job = _mine(job_id, attempt)
        if job is None:
            return False
        settle(job, lost=lost, why=why)
    return True


def settle(job: Job, *, lost: bool, why: str) -> None:
    """For a locked row whose worker no longer works on it."""
    if job.state == State.CANCELLING:
        return finish(job, State.CANCELLED)
    job.lost += lost
    logfile.write(job.pk, f"attempt {job.attempt} is over: {why}")
    if lost and not kinds.can_retry(job.kind):
        return finish(job, State.FAILED, _("The worker was lost while it did this."), why)
    if job.lost >= settings.JOB_MAX_ATTEMPTS:
        message = _(
            "The worker was lost %(n)d times (%(why)s). Checkpoints are kept: Retry goes on from "
            "the last one; if it happens again, the job needs more memory than there is."
        )
        return finish(job, State.FAILED, message % {"n": job.lost, "why": why}, why)
    Job.objects.filter(pk=job.pk).update(
        state=State.QUEUED, lease_until=None, worker="", lost=job.lost
    )


def finish(job: Job, state: str, error: str = "", trace: str = "") -> None:
    """In the caller's transaction, with the row locked."""
    values: dict[str, Any] = {"state": state, "error": error, "trace": trace, "lost": job.lost}
    if state == State.DONE and job.total:
        values["done"] = job.total
    Job.objects.filter(pk=job.pk).update(**values, lease_until=None, worker="", finished=Now())
    job.refresh_from_db()
    kind = _kind(job)
    if kind is not None:
        call_hook(kind.on_end, job)
    transaction.on_commit(lambda: _leave(job))


def _leave(job: Job) -> None:
    logfile.write(job.pk, f"{job.state}: {job.error}" if job.error else job.state)
    _sweep(job)


def call_hook(hook: str | None, job: Job) -> None:
    """An app's hook may fail; the job's end may not."""
    if not hook:
        return
    try:
        with transaction.atomic():
            load(hook)(job)
    except Exception:
        log.exception("hook %s of job %s failed", hook, job.pk)
        Job.objects.filter(pk=job.pk).update(trace=f"{job.trace}\n{traceback.format_exc()}".strip())


def load(name: str) -> Any:
    """The function behind "module:function"."""
    module, _colon, function = name.partition(":")
    return getattr(import_module(module), function)


def _mine(job_id: int, attempt: int) -> Job | None:
    rows = Job.objects.select_for_update().filter(state__in=TAKEN)
    return rows.filter(pk=job_id, attempt=attempt).first()


def _kind(job: Job) -> kinds.Kind | None:
    try:
        return kinds.get(job.kind)
    except LookupError:  # its app is gone from the settings: the row can still end
        return None


def _sweep(job: Job) -> None:
    """Folders of attempts that published nothing; checkpoints stay while a Retry may want them."""
    if _kind(job) is None:
        return
    keep = home(job) / f"attempt-{job.attempt}" if job.state == State.DONE else None
    for folder in home(job).glob("attempt-*"):
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)
    if job.state == State.DONE:
        shutil.rmtree(home(job) / ".checkpoints", ignore_errors=True)
