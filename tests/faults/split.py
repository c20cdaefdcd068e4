"""FLT-09: a worker that is cut off from the database, by a wire that can be held without being cut.

A held wire answers nothing and closes nothing, as a network split does: whoever waits for an
answer on it waits for ever.
"""

import contextlib
import os
import socket
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

from recweb.runtime import home
from tests.faults.checks import alive
from tests.faults.stand import LEASE, PERIOD, Stand

FILE = ".s.PGSQL.5432"
GRACE = 2.0 + 2.0  # "lost" may take two seconds; two more for a busy machine


class Wire:
    """A unix socket before the stand's Postgres: bytes go through while nobody holds it."""

    def __init__(self, stand: Stand) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"recweb-test-{os.getpid()}-"))
        self.behind = home.socket_folder(stand.home, "postgres") / FILE
        self.free = threading.Event()
        self.free.set()
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(self.folder / FILE))
        self.door.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"postgres://recweb@/recweb?host={quote(str(self.folder))}"

    def _accept(self) -> None:
        while True:
            near, _ = self.door.accept()
            self.free.wait()
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(self.behind))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.free.wait()
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def cut_off(stand: Stand, kind: str, first: str, second: str) -> float:
    """The first worker's wire is held from its second epoch on; the second one takes over.
    Seconds until the first one's process was gone, with the wire still held."""
    wire = Wire(stand)
    key = "a secret that both need, as DATABASE_URL is given from outside here"
    stand.worker(first, DATABASE_URL=wire.url, SECRET_KEY=key)
    job = stand.order(kind, first, seed=11, epochs=60, seconds=0.5)
    stand.wait(lambda: stand.epochs(job), 60)
    child = stand.wait_for(lambda: stand.child(job))
    try:
        wire.free.clear()
        began = time.monotonic()
        stand.worker(second, SECRET_KEY=key)
        stand.wait(lambda: not alive(child), LEASE + GRACE)
        gone = time.monotonic() - began
        stand.wait(lambda: stand.job(job)["attempt"] == 2, LEASE + PERIOD + 15)
        stand.wait(lambda: time.monotonic() - began > 3 * LEASE, 3 * LEASE + 1)
    finally:
        wire.free.set()
        stand.ask("cancel", id=job)
    stand.until(job, "cancelled", seconds=20)
    nothing_late(stand, job)
    return gone


def nothing_late(stand: Stand, job: int) -> None:
    late = """SELECT 1 FROM drill_epoch old JOIN drill_epoch new USING (job_id)
              WHERE job_id = %s AND old.attempt = 1 AND new.attempt = 2 AND old.id > new.id"""
    with contextlib.suppress(psycopg2.OperationalError):
        stand.never(lambda: stand.sql(late, job))


def flt_09(stand: Stand) -> float:
    return cut_off(stand, "drill-split", "split-a", "split-b")


def flt_09_without_a_heart(stand: Stand) -> float:
    return cut_off(stand, "drill-lab-split", "lab-split-a", "lab-split-b")
