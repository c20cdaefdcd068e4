"""What a task gets: its parameters, its folder, and the ways to report, to be stopped, to write."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from recweb.jobs import kinds, logfile
from recweb.jobs.models import LIVE, Job, State
from recweb.lib import outage


class Failure(Exception):
    """An expected end, said to the user in these words."""


class Stopped(BaseException):
    """cancel, shutdown or lost. Not an Exception, so that a task's `except` lets it through."""


class Run:
    """One attempt at a job. `stop_reason` is asked at each report; see heart.py."""

    def __init__(self, job: Job, stop_reason: Callable[[], str] = lambda: "") -> None:
        self.job = job
        self.attempt = job.attempt
        self.params: dict[str, Any] = job.params
        self.target_id, self.dataset_id = job.target_id, job.dataset_id
        self.owner_id: int = job.owner_id
        self.folder = home(job) / f"attempt-{job.attempt}"
        self.checkpoints = home(job) / ".checkpoints"  # kept between attempts
        self.report: dict[str, Any] = {}  # what the heart writes next
        self.alive = time.monotonic()
        self._stop_reason = stop_reason

    @property
    def stopping(self) -> str:
        """Why to stop soon ("cancel", "shutdown", "lost"), or "". For a last checkpoint."""
        return self._stop_reason()

    def check(self) -> None:
        self.alive = time.monotonic()
        if reason := self.stopping:
            raise Stopped(reason)

    def progress(self, done: float, total: float, step: str, unit: str = "") -> None:
        """Shown within half a second. Raises Stopped when the job was cancelled or taken over."""
        self.report = {"done": done, "total": total, "step": step[:200], "unit": unit[:20]}
        self.check()

    def log(self, text: str) -> None:
        self.alive = time.monotonic()
        logfile.write(self.job.pk, text)

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """A transaction that commits only when this attempt still owns the job at its end.

        The row is locked last: a long load inside must not hold back the heart."""
        self._await_database()
        with transaction.atomic():
            yield
            mine = Job.objects.select_for_update().filter(
                pk=self.job.pk, attempt=self.attempt, state__in=LIVE
            )
            if mine.exclude(state=State.QUEUED).first() is None:
                raise Stopped("lost")

    def _await_database(self) -> None:
        """A restart of the database costs no attempt; the heart says when it took too long."""
        while True:
            self.check()
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                return
            except (DatabaseError, InterfaceError) as error:
                # inside a transaction, what was written before is gone
                if connection.in_atomic_block or not outage.away(error):
                    raise
                connection.close()
                time.sleep(0.2)


def home(job: Job) -> Path:
    """The job's artifacts: a folder an attempt, and checkpoints."""
    prefix = kinds.get(job.kind).folder
    name = f"{prefix}-{job.target_id}" if prefix else f"{job.kind}-{job.pk}"
    return Path(settings.ARTIFACTS) / name
