"""What a worker's main process does beside Celery: signs of life, and passing SIGTERM on."""

import logging
import os
import signal
import socket
import threading
import time
from typing import Any

import psutil
from celery.signals import worker_ready, worker_shutting_down
from django.db import DatabaseError, InterfaceError, connection

from recweb.jobs import reconcile, signs
from recweb.jobs.heart import STOP_SECONDS
from recweb.runtime import spawn

log = logging.getLogger(__name__)
EVERY = 2.0  # seconds
STALE = 15.0  # seconds: a reconciler silent for longer is stood in for


@worker_ready.connect  # type: ignore[untyped-decorator]
def begin(sender: Any, **_: object) -> None:
    """`sender` is the worker's consumer."""
    queues = sorted(sender.app.amqp.queues.consume_from)
    slots = int(sender.pool.num_processes)
    threading.Thread(target=_beat, args=[queues, slots], name="beats", daemon=True).start()


def _beat(queues: list[str], slots: int) -> None:
    me = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        try:
            for queue in queues:
                signs.show(f"worker:{queue}", {me: {"slots": slots, "at": time.time()}})
            stand_in()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            log.warning("no sign of life could be given: %s", error)
        time.sleep(EVERY)


def stand_in() -> bool:
    """Reconcile here when the usual message is stuck: a dead broker or clock, imports in every
    slot. The lock keeps it to one worker."""
    stuck = signs.age("reconciler") > STALE
    if stuck:
        reconcile.reconcile()
    return stuck


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def forward(**_: object) -> None:
    """Celery passes no SIGTERM on: the trainers are told here, in the worker's main process, so
    that they write a checkpoint and give the job back at once."""
    threading.Thread(target=_end_children, args=[os.getpid()], name="farewell", daemon=True).start()


def _end_children(worker: int) -> None:
    asked: set[int] = set()
    until = time.monotonic() + STOP_SECONDS["shutdown"]
    while time.monotonic() < until:
        for pid in set(_trainers(worker)) - asked:  # also one that was just being started
            asked.add(pid)
            try:
                os.killpg(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        time.sleep(0.2)
    for pid in _trainers(worker):
        spawn.end_group(pid)


def _trainers(worker: int) -> list[int]:
    found = []
    for process in psutil.Process(worker).children(recursive=True):
        try:
            # a child has its own session: its group's number is its own
            if "run_job" in process.cmdline() and os.getpgid(process.pid) == process.pid:
                found.append(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found
