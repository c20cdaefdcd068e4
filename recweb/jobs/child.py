"""Watch over the process that does a job: memory, cancel, its end. Runs in the pool process."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

import psutil
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from recweb.jobs import ends, failures, fence, kinds, logfile
from recweb.jobs.heart import STOP_SECONDS
from recweb.jobs.models import Job, State
from recweb.jobs.work import STOPPED, limit
from recweb.runtime import spawn

LOOK_EVERY = 0.5  # seconds
BOOT_SECONDS = 60.0  # for Django to load on a busy machine; we hold the lease meanwhile
GONE_SECONDS = 2.0  # a killed group needs a moment to give much memory back
MB = 2**20


def run(job: Job) -> None:
    """Start the job's process, wait for it, and settle what it could not settle itself."""
    watch = Watch(job, _start(job))
    try:
        watch.wait()
    finally:
        _end(watch.process)
    watch.settle()


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process and whatever it started are gone, and their memory is given back."""
    spawn.end_group(process.pid)
    process.wait()
    until = time.monotonic() + GONE_SECONDS
    while time.monotonic() < until and _members(process.pid):
        time.sleep(0.02)


def _members(group: int) -> list[int]:
    """Who of the group still has memory: a zombie has none, and may wait long for its parent."""
    found = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, PermissionError):
            continue
    return found


def _start(job: Job) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "django", "run_job", str(job.pk), str(job.attempt)]
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "recweb.settings"),
        "PYTHONPATH": f"{settings.BASE_DIR}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "PYTHONUNBUFFERED": "1",
        # more threads add the same numbers in another order: other last bits
        **dict.fromkeys(spawn.THREADS, "1"),
    }
    return spawn.spawn(
        command, logfile.path(job.pk), death=signal.SIGKILL, env=env, cwd=settings.BASE_DIR
    )


@dataclass
class Watch:
    job: Job
    process: subprocess.Popen[bytes]
    born: float = field(default_factory=time.monotonic)
    looked: float = 0.0
    asked: float = 0.0  # when SIGTERM went out
    peak_mb: float = 0.0
    verdict: str = ""  # why we killed it

    def wait(self) -> None:
        while self.process.poll() is None:
            now = time.monotonic()
            if now - self.looked >= LOOK_EVERY:
                self.looked = now
                self._measure()
                self._look(now)
            time.sleep(0.05)

    def _measure(self) -> None:
        self.peak_mb = max(self.peak_mb, resident_mb(self.process.pid))
        allowed = limit(kinds.get(self.job.kind))
        if allowed is not None and self.peak_mb > allowed:
            self._kill("memory")

    def _look(self, now: float) -> None:
        try:
            row = fence.state(self.job.pk, self.job.attempt)
            if row and self._booting(row[1]) and now - self.born < BOOT_SECONDS:
                fence.beat(self.job.pk, self.job.attempt)
        except (DatabaseError, InterfaceError):  # the child judges for itself how long is too long
            connection.close()
            return
        if row is None:
            if self.process.poll() is None and now - self.born > LOOK_EVERY:
                self._give_grace(now)
        elif row[0] == State.CANCELLING:
            self._stop(now)

    def _booting(self, worker: str) -> bool:
        return not worker.endswith(f":{self.process.pid}")

    def _give_grace(self, now: float) -> None:
        """The row is no longer the child's: it has ended it and is leaving, or has lost it."""
        self.asked = self.asked or now
        if now - self.asked > STOP_SECONDS["lost"]:
            self._kill("lost")

    def _stop(self, now: float) -> None:
        if not self.asked:
            self.asked = now
            _signal(self.process.pid, signal.SIGTERM)
        elif now - self.asked > STOP_SECONDS["cancel"]:
            self._kill("cancel")

    def _kill(self, why: str) -> None:
        self.verdict = self.verdict or why
        spawn.end_group(self.process.pid)

    def settle(self) -> None:
        """The child ended its row itself, unless it died: then the row is still ours."""
        code = self.process.returncode
        if self.verdict == "memory":
            allowed = limit(kinds.get(self.job.kind))
            message = failures.out_of_memory(allowed, self.peak_mb)
            ends.end(self.job.pk, self.job.attempt, State.FAILED, message)
            return
        why = self.verdict or _ending(code)
        # stopped as asked, or by SIGTERM before it could listen: a shutdown, not a death
        lost = code not in (STOPPED, -signal.SIGTERM)
        ends.give_back(self.job.pk, self.job.attempt, lost=lost, why=why)


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def _ending(code: int) -> str:
    if code == STOPPED:
        return "it was asked to stop"
    if code >= 0:
        return f"its process ended with code {code}"
    return f"its process was ended by {signal.Signals(-code).name}"


def resident_mb(pid: int) -> float:
    """Of the process and everything below it."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / MB
