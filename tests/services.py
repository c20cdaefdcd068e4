"""Postgres and Valkey for a test run: started before Django's settings load, gone after it."""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from recweb.runtime import home
from recweb.runtime.services import Services

PREFIX = "recweb-test-"
OURS = "RECWEB_TEST_SERVICES"  # set for children of a run that started its own services
running: Services | None = None  # of this test run; None where a database was given


def ensure() -> None:
    """Nothing when a database is given; else a fresh folder with both services.

    The kernel ends the services when this process dies, also by kill -9 (recweb.runtime.spawn);
    the folder that such a death leaves is removed by the next run.
    """
    global running
    # one of two processes that share a run needs its own database, broker and folders
    shares = "PYTEST_XDIST_WORKER" in os.environ and OURS in os.environ
    if os.environ.get("DATABASE_URL") and not shares:
        return
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    os.environ["RECWEB_HOME"] = str(folder)
    home.prepare(folder)
    services = Services(folder, durable=False)
    atexit.register(_end, services, folder, os.getpid())
    services.start()
    running = services
    os.environ[OURS] = "1"
    os.environ["DATABASE_URL"] = home.database_url()
    os.environ["BROKER_URL"] = home.broker_url()
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))


def _end(services: Services, folder: Path, pid: int) -> None:
    if os.getpid() == pid:  # not in a forked child that leaves through the same door
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Folders of runs whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)
