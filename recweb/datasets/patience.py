"""Long statements of the database, during which a job still moves and can still be stopped."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from recweb.jobs.run import Run, Stopped

LOOK_EVERY = 0.25  # seconds


@contextmanager
def stoppable(run: Run, share: float, step: str) -> Iterator[None]:
    """Inside, a cancel of the job cancels the statement that is running; else the seconds that
    pass are shown. Raises Stopped.
    """
    over = threading.Event()
    database = connection.connection  # of this thread; its cancel() may be called from another
    watcher = threading.Thread(target=_watch, args=(run, over, database, share, step), daemon=True)
    watcher.start()
    try:
        yield
    except OperationalError:
        if run.stopping:
            raise Stopped(run.stopping) from None
        raise
    finally:
        over.set()
        watcher.join()
    run.check()


def _watch(run: Run, over: threading.Event, database: object, share: float, step: str) -> None:
    begun = time.monotonic()
    words = _("%(step)s: %(seconds)d s")
    while not over.wait(LOOK_EVERY):
        if run.stopping:
            with suppress(Exception):  # the connection is gone: then nothing has to be cancelled
                database.cancel()  # type: ignore[attr-defined]
            continue
        seconds = time.monotonic() - begun
        run.alive = time.monotonic()
        text = words % {"step": step, "seconds": seconds}
        run.report = {"done": share, "total": 1, "step": text[:200], "unit": ""}
