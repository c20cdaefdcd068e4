"""The attempt's own sign of life: a thread with its own connection, inside the process at work.

It renews the lease, writes progress, and learns that the job was cancelled or taken over. It
falls silent when the task reports nothing for long (a hang is not life), and stops everything
when it could not reach the database for a whole lease: by then the job is somebody else's.
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
# time for a last checkpoint; with the second until it is noticed, a cancel takes under ten
STOP_SECONDS = {"cancel": 6.0, "shutdown": 10.0, "lost": 2.0}


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
        self._asked_at = self._reached = time.monotonic()
        self._written: dict[str, object] = {}
        self._beaten = 0.0

    def begin(self, run: Run) -> None:
        self.run_ = run
        self.start()

    def end(self) -> None:
        self._over.set()
        self.join(5.0)

    def ask(self, reason: str) -> None:
        """Only sets two fields, so a signal handler may call it. The first reason counts, except
        that a lost job is lost."""
        if not self.reason:
            self._asked_at = time.monotonic()
        if not self.reason or reason == "lost":
            self.reason = reason

    def run(self) -> None:
        while not self._over.wait(TICK):
            self._tick()
        connection.close()

    def _tick(self) -> None:
        now = time.monotonic()
        if os.getppid() != self._parent:
            self.ask("lost")
            self._last_resort("its worker is gone")
        if self.reason and now - self._asked_at > STOP_SECONDS[self.reason]:
            self._last_resort(f"it did not stop in {STOP_SECONDS[self.reason]:g} s")
        if now - self.run_.alive > self._silence:  # no heartbeat any more: the lease runs out
            if now - self.run_.alive > self._silence + settings.JOB_LEASE_SECONDS:
                self._last_resort(f"it reported nothing for {self._silence:g} s")
            return
        report = self.run_.report
        waited = now - self._beaten
        if waited >= BEAT_EVERY or (waited >= WRITE_EVERY and report is not self._written):
            self._beat(report, now)

    def _beat(self, report: dict[str, object], now: float) -> None:
        job = self.run_.job
        try:
            state = fence.beat(job.pk, self.run_.attempt, worker=name(), **report)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if now - self._reached > settings.JOB_LEASE_SECONDS:
                log.warning("job %s: no database for a whole lease: %s", job.pk, error)
                self.ask("lost")
            return
        self._beaten = self._reached = now
        self._written = report
        if state is None:
            self.ask("lost")
        elif state == State.CANCELLING:
            self.ask("cancel")
