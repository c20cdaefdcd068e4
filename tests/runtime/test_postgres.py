"""FLT-32 on Postgres alone: whatever the last death left, the next start has every row."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from recweb.runtime import home
from recweb.runtime.postgres import Postgres, ServiceError
from recweb.runtime.services import Busy, Lock
from tests.killing import kill_all

pytestmark = pytest.mark.fault


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    home.prepare(tmp_path / "var")
    made = Postgres(tmp_path / "var")
    try:
        yield made
    finally:
        made.stop()


def ask(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    line = server.connect(user="recweb")
    try:
        with line, line.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        line.close()


def die(server: Postgres) -> None:
    """kill -9 of the server and every process of it, as a power cut would."""
    assert server.child is not None
    main = psutil.Process(server.child.pid)
    kill_all([main, *main.children(recursive=True)])
    server.child.wait()
    server.child = None


def test_flt_32_rows_survive_a_kill(server: Postgres) -> None:
    server.start()
    ask(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    die(server)
    assert (server.data / "postmaster.pid").exists()  # the stale one
    server.start()
    assert ask(server, "SELECT count(*) FROM kept") == [(1000,)]


def test_flt_32_a_stale_pid_that_belongs_to_another_program_now_does_not_stop_the_start(
    server: Postgres,
) -> None:
    server.start()
    die(server)
    path = server.data / "postmaster.pid"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_flt_32_a_half_made_data_folder_is_made_again(server: Postgres) -> None:
    server.data.mkdir(parents=True)
    (server.data / "base").mkdir()
    (server.data / "postgresql.conf").write_text("half")
    server.start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_flt_32_an_interrupted_first_start_is_finished_by_the_next(server: Postgres) -> None:
    server.start()
    (server.base / "ready").unlink()
    die(server)
    server.start()
    assert (server.base / "ready").exists()


def test_flt_32_a_second_server_on_the_same_folder_is_refused(server: Postgres) -> None:
    server.start()
    second = Postgres(server.base.parent)
    second.patience = 0.2
    with pytest.raises(ServiceError, match="already runs"):
        second.start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_only_one_holds_the_lock_and_death_frees_it(tmp_path: Path) -> None:
    home.prepare(tmp_path / "var")
    first, second = Lock(tmp_path / "var"), Lock(tmp_path / "var")
    child = os.fork()
    if child == 0:
        first.take()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    first.take()
    with pytest.raises(Busy):
        second.take()
    first.free()
    second.take()
    second.free()


def test_a_path_too_long_for_a_socket_still_works(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "var"
    home.prepare(folder)
    server = Postgres(folder)
    try:
        server.start()
        assert not server.run.is_relative_to(folder)
        assert server.run.stat().st_mode & 0o777 == 0o700
        assert ask(server, "SELECT 1") == [(1,)]
    finally:
        server.stop()
        server.run.rmdir()
        server.run.parent.rmdir()


def test_its_end_comes_with_ours(tmp_path: Path) -> None:
    """A parent killed with -9 takes its Postgres along: the kernel tells it."""
    folder = tmp_path / "var"
    home.prepare(folder)
    parent = os.fork()
    if parent == 0:
        Postgres(folder).start()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    pid = folder / "postgres" / "data" / "postmaster.pid"
    if pid.exists():  # it leaves by its fast shutdown, which removes the file
        orphan = int(pid.read_text().split()[0])
        if psutil.pid_exists(orphan):
            psutil.Process(orphan).wait(10)
            assert not psutil.pid_exists(orphan)
    server = Postgres(folder)
    server.start()
    try:
        assert ask(server, "SELECT 1") == [(1,)], "the folder is free again"
    finally:
        server.stop()
