"""FLT-07, 14, 15: what breaks in the middle of an upload or an import leaves all or nothing."""

import io
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from recweb.datasets import imports, removal
from recweb.datasets.models import Dataset, Import
from recweb.people.models import User
from recweb.runtime import home
from recweb.runtime.postgres import Postgres
from tests.datasets.conftest import RATINGS

ROWS = 120_000
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own_postgres() -> Iterator[tuple[Postgres, dict[str, str]]]:
    """A server of this test's own, to be broken, and the environment that leads to it."""
    folder = Path(tempfile.mkdtemp(prefix=f"recweb-test-{os.getpid()}-"))
    home.prepare(folder)
    server = Postgres(folder)
    server.start()
    env = {
        **os.environ,
        "RECWEB_HOME": str(folder),
        "DATABASE_URL": f"postgres://recweb@/recweb?host={server.run}",
        "DJANGO_SETTINGS_MODULE": "recweb.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "JOB_LEASE_SECONDS": "6",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
    try:
        yield server, env
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def ask(server: Postgres, sql: str) -> Any:
    line = server.connect()
    try:
        with line.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()
    finally:
        line.close()


@pytest.mark.fault
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 10))]
)
def test_flt_07_postgres_restart_mid_ingest(
    own_postgres: tuple[Postgres, dict[str, str]], seed: int
) -> None:
    server, env = own_postgres
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.datasets.ingest", str(ROWS)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        while ask(server, "SELECT count(*) FROM jobs_job WHERE state = 'running'") != (1,):
            assert worker.poll() is None
            time.sleep(0.02)
        time.sleep(random.Random(seed).uniform(0.5, 2.0))  # reading, COPY or publishing
        assert server.child is not None
        server.child.send_signal(signal.SIGQUIT)  # what pg_ctl stop -m immediate sends
        server.child.wait(20)
        server.start()
        loaded = ask(server, "SELECT count(*) FROM datasets_import WHERE state = 'loaded'")
        rows = ask(server, "SELECT count(*) FROM datasets_interaction")
        assert rows == ((ROWS,) if loaded == (1,) else (0,))
        out, _ = worker.communicate(timeout=90)
    finally:
        worker.kill()
    assert out.strip() == "done", ask(server, "SELECT error, trace FROM jobs_job")
    counted = ask(
        server, "SELECT count(*), count(DISTINCT at), sum(line) FROM datasets_interaction"
    )
    assert counted == (ROWS, ROWS, sum(range(2, ROWS + 2)))
    left = (
        "SELECT count(*) FROM pg_class WHERE relname LIKE 'datasets\\_staging%' AND relkind = 'r'"
    )
    assert ask(server, left) == (0,)
    assert ask(server, "SELECT count(*) FROM datasets_version") == (1,)


@pytest.mark.django_db(transaction=True)
def test_flt_15_ten_at_once_with_the_same_file_make_one_import(
    shop: Dataset, ann: User, settings: Any
) -> None:
    begin = threading.Barrier(10)

    def send(number: int) -> str:
        try:
            begin.wait(10)
            imports.start_import(
                shop, "interactions", io.BytesIO(RATINGS.encode()), f"{number}.csv", ann
            )
            return "taken"
        except imports.AlreadyThere as same:
            return f"there {same.batch.pk}"
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    only = Import.objects.get()
    assert sorted(answers) == sorted(["taken", *[f"there {only.pk}"] * 9])
    assert [path.name for path in settings.UPLOADS.iterdir()] == [only.stored]


def _cut(url: str, cookies: str, share: float, *, lie: int = 0) -> bytes:
    """Send `share` of an upload, then hang up (or wait for the answer when all was sent)."""
    host, port = url.removeprefix("http://").split(":")
    boundary = "cut"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="kind"\r\n\r\ninteractions\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n" + RATINGS * 20_000 + f"\r\n--{boundary}--\r\n"
    ).encode()
    head = (
        f"POST /api/v1/datasets/shop/imports/ HTTP/1.1\r\nHost: {host}:{port}\r\n{cookies}"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: {lie or len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(head + body[: int(len(body) * share)])
        if lie:
            line.shutdown(socket.SHUT_WR)
            return line.recv(4096)
    return b""


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_flt_14_and_bad_63_a_broken_upload_leaves_nothing(
    shop: Dataset, ann: User, live_server: Any, settings: Any
) -> None:
    from recweb.people.models import Token

    settings.FILE_UPLOAD_TEMP_DIR = str(settings.SPOOL)
    key = f"Authorization: Token {Token.make(ann, 'test')}\r\n"
    for _ in range(20):
        _cut(live_server.url, key, 0.6)
    _cut(live_server.url, key, 1.0, lie=10**9)  # the length lies: more is promised than comes
    until = time.monotonic() + 20
    while list(settings.SPOOL.iterdir()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not list(settings.SPOOL.iterdir())
    assert not list(settings.UPLOADS.iterdir())
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_the_sweeper_takes_what_no_row_speaks_of(shop: Dataset, settings: Any) -> None:
    kept, _ = imports.start_import(
        shop, "interactions", io.BytesIO(RATINGS.encode()), "a.csv", shop.owner
    )
    orphan, half = settings.UPLOADS / "orphan", settings.SPOOL / "x.upload"
    folder = settings.ARTIFACTS / "version-1-1-j1a1"
    folder.mkdir()
    for path in (orphan, half):
        path.write_text("left")
    assert removal.sweep() == 0  # too fresh: somebody may be writing it
    old = time.time() - 7200
    for path in (orphan, half, kept.path, folder):
        os.utime(path, (old, old))
    assert removal.sweep() == 3
    assert kept.path.exists()
    assert not any(path.exists() for path in (orphan, half, folder))
