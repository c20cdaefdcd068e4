"""Keeps the product's processes alive, and takes them all along when it leaves."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recweb.runtime import spawn, state
from recweb.runtime.postgres import Postgres, ServiceError
from recweb.runtime.services import Services
from recweb.runtime.valkey import Valkey

LOG_BYTES = 10 * 2**20
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds
STEADY = 60.0  # a child that lived so long starts again at the first step


@dataclass
class Child:
    name: str
    command: list[str]
    env: dict[str, str]
    death: signal.Signals = signal.SIGTERM
    patience: float = 15.0
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    falls: int = 0
    again_at: float = 0.0


@dataclass
class Supervisor:
    folder: Path
    services: Services
    stack: state.Stack
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    asked_to_stop: str = ""
    _looked_at_logs: float = 0.0

    def listen(self) -> None:
        """Ctrl+C, kill and a closed terminal all mean: stop everything."""
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(which, self._on_signal)

    def _on_signal(self, number: int, _: object) -> None:
        if self.asked_to_stop and number == signal.SIGINT:
            for child in self.children:  # asked twice: no more waiting
                if child.process is not None:
                    spawn.end_group(child.process.pid)
        self.asked_to_stop = signal.Signals(number).name

    def start(self, child: Child) -> None:
        child.process = spawn.spawn(
            child.command,
            self.folder / "logs" / f"{child.name}.log",
            death=child.death,
            env=child.env,
            pass_fds=child.pass_fds,
        )
        child.born = time.monotonic()
        if child not in self.children:
            self.children.append(child)
        self.remember()

    def run(self, also: Callable[[], None] = lambda: None) -> None:
        while not self.asked_to_stop:
            self.look()
            also()
            time.sleep(0.1)

    def look(self) -> None:
        """One round: who died starts again, a log that is too long is cut."""
        for child in self.children:
            self._look_at(child)
        for service in (self.services.postgres, self.services.valkey):
            if service is not None and (service.child is None or service.child.poll() is not None):
                self._start_again(service)
        if time.monotonic() - self._looked_at_logs > 5.0:
            self._looked_at_logs = time.monotonic()
            for log in (self.folder / "logs").glob("*.log"):
                bound(log)

    def _look_at(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            spawn.end_group(child.process.pid)
            child.falls = 0 if now - child.born > STEADY else child.falls + 1
            wait = BACK_OFF[min(max(child.falls - 1, 0), len(BACK_OFF) - 1)]
            ending = child.process.returncode
            self.say(f"{child.name} ended ({ending}); it starts again in {wait:g} s")
            child.process, child.again_at = None, now + wait
        if child.process is None and now >= child.again_at:
            self.start(child)

    def _start_again(self, service: Postgres | Valkey) -> None:
        self.say(f"{type(service).__name__} ended; it starts again")
        if service.child is not None:
            spawn.end_group(service.child.pid)
        try:
            service.start()
        except ServiceError as error:
            self.say(str(error))
            time.sleep(1.0)  # the next round tries again
        self.remember()

    def stop(self) -> None:
        """Everybody is asked at once; data comes last, when nobody needs it any more."""
        asked = [child for child in self.children if child.process is not None]
        for child in asked:
            assert child.process is not None
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        helpers = [threading.Thread(target=self._end, args=[child]) for child in asked]
        for helper in helpers:
            helper.start()
        for helper in helpers:
            helper.join()
        self.services.stop()
        state.clear(self.folder)

    def _end(self, child: Child) -> None:
        assert child.process is not None
        try:
            child.process.wait(child.patience)
        except subprocess.TimeoutExpired:
            self.say(f"{child.name} did not stop in {child.patience:g} s and was killed")
        spawn.end_group(child.process.pid)
        child.process.wait()

    def remember(self) -> None:
        """So that a second start finds us, and a start after kill -9 finds what we left."""
        found = {c.name: c.process.pid for c in self.children if c.process is not None}
        for service in (self.services.postgres, self.services.valkey):
            if service is not None and service.child is not None:
                found[type(service).__name__.lower()] = service.child.pid
        self.stack["children"] = {
            name: {"pid": pid, "started": state.started(pid)} for name, pid in found.items()
        }
        state.write(self.folder, self.stack)


def product(folder: Path, env: dict[str, str], listening: int) -> list[Child]:
    """The processes that are the product; `listening` is an open socket's number."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "recweb"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    web = [*python, "gunicorn", "recweb.wsgi:application", "--bind", f"fd://{listening}"]
    web += ["--worker-class", "recweb.runtime.webserver.Worker", "--workers", "2"]
    web += ["--threads", "4", "--preload"]
    web += ["--no-control-socket", "--graceful-timeout", "5", "--log-level", "warning"]
    train = [*celery, "worker", "-Q", "train", "-c", "1", "-n", "train@%h", *quiet]
    quick = [*celery, "worker", "-Q", "quick,import", "-c", "2", "-n", "quick@%h", *quiet]
    beat = [*celery, "beat", "--schedule", str(folder / "run" / "beat"), "--pidfile", ""]
    kill = signal.SIGKILL  # a job's lease brings it back; waiting for one could last for ever
    return [
        Child("web", web, {**env, "RECWEB_WEB": "1"}, pass_fds=(listening,)),
        Child("train", train, env, death=kill, patience=20.0),
        Child("quick", quick, env, death=kill, patience=20.0),
        Child("beat", [*beat, "--loglevel", "WARNING"], env, death=kill, patience=5.0),
    ]


def bound(log: Path) -> None:
    """Keep one old log beside the new one. Copied and cut: its writer holds it open, appending."""
    if log.stat().st_size < LOG_BYTES:
        return
    old = log.with_suffix(".log.1")
    old.touch(mode=0o600)
    old.write_bytes(log.read_bytes()[-LOG_BYTES:])
    os.truncate(log, 0)
