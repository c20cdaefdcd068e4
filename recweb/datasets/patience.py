"""Long steps without a word of their own: they still show that time passes, and can be stopped."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg2
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import DatabaseError
from django.utils.translation import gettext as _

from recweb.jobs.run import Run, Stopped

LOOK_EVERY = 0.25  # seconds
PATIENT = 0.2  # for a cancelled statement to give up
SILENT = 1.0
AT_WORK: ContextVar[Run | None] = ContextVar("at_work", default=None)


def check() -> None:
    """Between two long steps of our own, which no database can cancel. Raises Stopped.

    Does nothing outside of `stoppable`: the same steps are taken by tests and benchmarks."""
    if (run := AT_WORK.get()) is not None:
        run.check()


@contextmanager
def stoppable(run: Run) -> Iterator[None]:
    """Inside, the step that takes long shows its seconds, and a cancel of the job cancels the
    statement that the database works on. Raises Stopped.
    """
    over = threading.Event()
    # of this thread: its cancel() may be called from another one
    watcher = threading.Thread(
        target=_watch, args=(run, over, connections[DEFAULT_DB_ALIAS]), daemon=True
    )
    watcher.start()
    mark = AT_WORK.set(run)
    try:
        yield
    except (DatabaseError, psycopg2.Error):  # Django gives errors of COPY as the driver's own
        if run.stopping:
            raise Stopped(run.stopping) from None
        raise
    finally:
        AT_WORK.reset(mark)
        over.set()
        watcher.join()


def _watch(run: Run, over: threading.Event, database: Any) -> None:
    words = _("%(step)s (%(seconds)d s)")
    said, since, shown = run.report, time.monotonic(), run.report
    asked = 0.0
    while not over.wait(LOOK_EVERY):
        if run.stopping:
            asked = asked or time.monotonic()
            with suppress(Exception):  # the connection is gone: nothing has to be cancelled then
                database.connection.cancel()
                if time.monotonic() - asked >= PATIENT:
                    _hang_up(database.connection)
        elif run.report is not shown:
            said, since, shown = run.report, time.monotonic(), run.report
        elif said and time.monotonic() - since >= SILENT:
            text = words % {"step": said["step"], "seconds": time.monotonic() - since}
            run.report = shown = {**said, "step": text[:200]}


def _hang_up(line: Any) -> None:
    """A cancelled statement answers only when what it wrote is thrown away, which takes seconds
    where that is gigabytes. The server does so as well when nobody listens any more."""
    with socket.socket(fileno=os.dup(line.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
