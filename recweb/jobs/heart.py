"""The attempt's own sign of life: two threads inside the process at work.

One has its own connection: it renews the lease, writes progress, and learns that the job was
cancelled or taken over. It falls silent when the task reports nothing for long (a hang is not
life). The other never speaks to the database, which may keep a caller waiting for ever: it stops
everything when no beat came through for a whole lease, as by then the job is somebody else's.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from recweb.jobs import fence
from recweb.jobs.models import State
from recweb.jobs.run import Run

log = logging.getLogger(__name__)
TICK = 0.25  # seconds
WRITE_EVERY = 0.5  # progress, at most
BEAT_EVERY = 1.0
# time for a last checkpoint; with what a busy machine takes to notice, a cancel is under ten
STOP_SECONDS = {"cancel": 5.0, "shutdown": 10.0, "lost": 2.0}


def name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


class Heart(threading.Thread):
    """reason: "" while the task should go on, else why not: cancel, shutdown, lost."""

    def __init__(self, silence: float, last_resort: Callable[[str], None]) -> None:
        super().__init__(name="heart", daemon=True)
        self.reason = ""
        self.run_: Run
        self._silence, self._last_resort = silence, last_resort
        self._parent = os.getppid()
        self._over = threading.Event()
        self._beating = threading.Thread(target=self._beats, name="beats", daemon=True)
        self._asked_at = self._reached = time.monotonic()
        self._written: dict[str, object] = {}
        self._beaten = 0.0

    @staticmethod
    def lease() -> float:
        """Seconds without the database after which the job is no longer ours."""
        return float(settings.JOB_LEASE_SECONDS)

    def begin(self, run: Run) -> None:
        self.run_ = run
        self.start()

    def end(self) -> None:
        self._over.set()
        self.join(1.0)
        self._beating.join(5.0)  # it may be in the middle of a write

    def ask(self, reason: str) -> None:
        """Only sets two fields, so a signal handler may call it. The first reason counts, except
        that a lost job is lost."""
        if not self.reason:
            self._asked_at = time.monotonic()
        if not self.reason or reason == "lost":
            self.reason = reason

    def run(self) -> None:
        self._beating.start()
        while not self._over.wait(TICK):
            self._tick(time.monotonic())

    def _tick(self, now: float) -> None:
        if os.getppid() != self._parent:
            self.ask("lost")
            self._last_resort("its worker is gone")
        if self.reason and now - self._asked_at > STOP_SECONDS[self.reason]:
            self._last_resort(f"it did not stop in {STOP_SECONDS[self.reason]:g} s")
        if now - self.run_.alive > self._silence:  # no heartbeat any more: the lease runs out
            if now - self.run_.alive > self._silence + settings.JOB_LEASE_SECONDS:
                self._last_resort(f"it reported nothing for {self._silence:g} s")
        elif now - self._reached > self.lease() and self.reason != "lost":
            log.warning("job %s: no database for a whole lease", self.run_.job.pk)
            self.ask("lost")

    def _beats(self) -> None:
        while not self._over.wait(TICK):
            now, report = time.monotonic(), self.run_.report
            if now - self.run_.alive > self._silence:
                continue
            waited = now - self._beaten
            if waited >= BEAT_EVERY or (waited >= WRITE_EVERY and report is not self._written):
                self._beat(report, now)
        connection.close()

    def _beat(self, report: dict[str, object], now: float) -> None:
        job = self.run_.job
        try:
            state = fence.beat(job.pk, self.run_.attempt, worker=name(), **report)
        except (DatabaseError, InterfaceError):
            connection.close()
            return
        self._beaten = self._reached = now
        self._written = report
        if state is None:
            self.ask("lost")
        elif state == State.CANCELLING:
            self.ask("cancel")
