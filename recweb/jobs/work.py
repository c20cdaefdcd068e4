"""One attempt from its first line to its end, in the process that does the work."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import translation

from recweb.jobs import ends, failures, kinds
from recweb.jobs.heart import Heart
from recweb.jobs.kinds import Kind
from recweb.jobs.models import Job, State
from recweb.jobs.run import Run, Stopped
from recweb.lib import outage

# exit codes of a child, which leave the job's row to its watcher: the state says "cancelled" only
# when the process is gone
STOPPED, GONE = 74, 75
LAST_SECONDS = 5.0  # for a pool process to say that it goes


def perform(job: Job, *, child: bool) -> None:
    """Run the task and end the job. In a child, SIGTERM asks for a checkpoint and an end."""
    kind = kinds.get(job.kind)
    heart = Heart(kind.silence, _last_resort(job, child))
    run = Run(job, lambda: heart.reason)
    if child:
        signal.signal(signal.SIGTERM, lambda *_: heart.ask("shutdown"))
    run.log(f"attempt {job.attempt} begins, process {os.getpid()}")
    heart.begin(run)
    try:
        _attempt(run, kind)
    except Stopped as stopped:
        _leave(run, str(stopped), child)
    finally:
        heart.end()


def _attempt(run: Run, kind: Kind) -> None:
    job = run.job
    try:
        with translation.override(_language(job)):
            run.folder.mkdir(parents=True, exist_ok=True)
            try:
                ends.load(kind.run)(run)
            except Exception as error:
                if outage.away(error):
                    raise
                found = failures.words(error, limit(kind))
                run.log(found.trace or found.message)
                _surely(lambda: ends.end(job.pk, run.attempt, State.FAILED, *_both(found)))
                return
        _surely(lambda: _flush(run))
        _surely(lambda: ends.end(job.pk, run.attempt, State.DONE))
    except (DatabaseError, InterfaceError) as error:
        run.log(f"the database went away: {error}")
        connection.close()
        _surely(lambda: ends.give_back(job.pk, run.attempt, lost=True, why="database away"))


def _leave(run: Run, reason: str, child: bool) -> None:
    run.log(f"stopped: {reason}")
    if reason == "lost":  # somebody else's job now; this folder will never be published
        shutil.rmtree(run.folder, ignore_errors=True)
    if child:
        sys.exit(STOPPED)
    if reason == "lost":
        return
    _surely(lambda: ends.give_back(run.job.pk, run.attempt, lost=False, why=reason))


def _surely(write: Callable[[], object]) -> None:
    """The last write outlives a database restart, for as long as the job can be ours."""
    until = time.monotonic() + max(settings.JOB_LEASE_SECONDS, 10.0)
    while True:
        try:
            write()
            return
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _last_resort(job: Job, child: bool) -> Callable[[str], None]:
    """A task that does not listen: its process has to go. A child's whole session goes with it;
    a pool process takes its one job along, and Celery starts another."""

    def go(why: str) -> None:
        run_log = f"attempt {job.attempt} is killed: {why}"
        Run(job).log(run_log)
        if child:
            os.killpg(0, signal.SIGKILL)
        # in a thread of its own: a database that keeps its callers waiting must not keep us here
        last = threading.Thread(
            target=ends.give_back, args=(job.pk, job.attempt),
            kwargs={"lost": True, "why": why}, daemon=True,
        )  # fmt: skip
        last.start()
        last.join(LAST_SECONDS)
        os._exit(GONE)

    return go


def limit(kind: Kind) -> int | None:
    """Megabytes that a child of this kind may take."""
    if not kind.child:
        return None
    given = settings.PARSER_MEMORY_MB if kind.queue == "import" else settings.JOB_MEMORY_MB
    return kind.memory_mb or int(given)


def _both(found: failures.Words) -> tuple[str, str]:
    return found.message, found.trace


def _language(job: Job) -> str:
    """Messages are kept as text: they are written in the owner's language."""
    preference = getattr(job.owner, "preference", None)
    return (preference.language if preference else "") or settings.LANGUAGE_CODE


def _flush(run: Run) -> None:
    """The last report, which the heart may not have written yet."""
    if run.report:
        from recweb.jobs import fence

        fence.beat(run.job.pk, run.attempt, **run.report)
