"""`manage.py demo` as a user starts, doubles, breaks and stops it. Real processes throughout."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from recweb.runtime import demo as starting
from recweb.runtime import state
from recweb.runtime.postgres import ServiceError
from tests import stack as stacks
from tests.killing import kill_all
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def demo() -> Iterator[Stack]:
    """One installation for this file; each test leaves it running."""
    made = stacks.new()
    try:
        yield made.start()
    finally:
        made.discard()


def answers(demo: Stack) -> bool:
    try:
        with urlopen(f"{demo.base_url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def family(demo: Stack) -> list[psutil.Process]:
    """Every process of the installation, however deep."""
    found: dict[int, psutil.Process] = {}
    for pid in demo.pids.values():
        with suppress(psutil.NoSuchProcess):
            main = psutil.Process(pid)
            found |= {p.pid: p for p in (main, *main.children(recursive=True))}
    return list(found.values())


def test_it_says_where_the_data_is_and_gives_one_link(demo: Stack) -> None:
    assert f"Data folder: {demo.home}" in demo.said
    assert demo.said.count("recweb is ready: ") == 1
    assert demo.link is not None and demo.link.startswith(f"{demo.base_url}/?token=")
    assert answers(demo)


def test_it_writes_the_credentials_for_its_owner_alone(demo: Stack) -> None:
    file = demo.home / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    users = demo.credentials["users"]
    assert set(users) == {"admin", "analyst", "annotator"}
    passwords = {user["password"] for user in users.values()}
    assert len(passwords) == 3 and all(len(word) >= 12 for word in passwords)
    assert all(set(user) == {"username", "password", "token"} for user in users.values())


def test_every_process_is_there(demo: Stack) -> None:
    names = {"postgres", "valkey", "web", "train", "quick", "beat", "supervisor"}
    assert set(demo.pids) == names
    assert all(psutil.pid_exists(pid) for pid in demo.pids.values())


def test_it_listens_on_one_port_of_this_machine_only(demo: Stack) -> None:
    seen = {line.laddr for p in family(demo) for line in p.net_connections("inet")
            if line.status == psutil.CONN_LISTEN}  # fmt: skip
    assert {address.ip for address in seen} == {"127.0.0.1"}
    assert len(seen) == 1


def test_a_second_start_finds_the_first_and_gives_a_fresh_link(demo: Stack) -> None:
    before = demo.pids
    done = demo.manage("demo", "--port", "18000")
    assert done.returncode == 0, done.stderr
    assert f"recweb is already running: {demo.base_url}/?token=" in done.stdout
    assert demo.link is not None and demo.link not in done.stdout
    assert demo.pids == before


def test_a_reset_of_a_running_installation_is_refused(demo: Stack) -> None:
    done = demo.manage("demo", "--reset", "--yes")
    assert done.returncode != 0
    assert "stop it" in done.stderr
    assert answers(demo)


@pytest.mark.parametrize("name", ["web", "quick", "valkey", "postgres"])
def test_a_child_that_dies_is_started_again(demo: Stack, name: str) -> None:
    old = demo.kill(name)
    demo.wait(lambda: demo.pids.get(name) not in (None, old), 60)
    demo.wait(lambda: answers(demo), 60)
    demo.wait(lambda: demo.sql("SELECT 1") == [(1,)], 60)
    assert psutil.pid_exists(demo.pids[name]) and demo.pids[name] != old


def test_no_file_is_open_to_others(demo: Stack) -> None:
    """SEC-19: whatever the product wrote, its owner alone may change."""
    wide = [
        path
        for path in demo.home.rglob("*")
        if not path.is_symlink() and not path.is_socket() and path.lstat().st_mode & 0o022
    ]
    assert wide == []
    for folder in demo.home.iterdir():
        assert not folder.is_dir() or folder.stat().st_mode & 0o077 == 0, folder


def test_flt_32_everything_killed_at_once_comes_back_with_every_row(demo: Stack) -> None:
    demo.sql("CREATE TABLE IF NOT EXISTS kept AS SELECT generate_series(1, 1000) AS n")
    before = demo.credentials["users"]
    kill_all(family(demo))
    assert demo.process is not None
    demo.process.wait(10)
    demo.start()
    assert demo.sql("SELECT count(*) FROM kept") == [(1000,)]
    assert demo.credentials["users"] == before
    assert answers(demo)


def test_a_killed_supervisor_leaves_nobody_behind(demo: Stack) -> None:
    processes = family(demo)
    demo.kill("supervisor")
    assert demo.process is not None
    demo.process.wait(10)
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []
    demo.start()
    assert answers(demo)


def test_ctrl_c_stops_every_process_and_says_so(demo: Stack) -> None:
    processes = family(demo)
    assert demo.process is not None
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(60) == 0
    assert "Stopping everything" in demo.said and "Stopped." in demo.said
    assert psutil.wait_procs(processes, timeout=5)[1] == []
    assert state.read(demo.home) == {}
    assert "Traceback" not in demo.said
    demo.start()


def test_flt_32_a_busy_port_moves_to_the_next_and_says_so(demo: Stack) -> None:
    demo.stop()
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        words, demo.words = demo.words, ["--empty", "--port", str(port), "--host", "0.0.0.0"]
        try:
            demo.start()
        finally:
            demo.words = words
        assert f"Port {port} is busy: taking " in demo.said
        assert not demo.base_url.endswith(f":{port}")
        assert answers(demo)
        taken = demo.base_url.rpartition(":")[2]
        for name in own_addresses():
            assert f"Other machines reach it at http://{name}:{taken}/" in demo.said
            with urlopen(f"http://{name}:{taken}/login/", timeout=5) as answer:
                assert answer.status == 200
        wrong = Request(f"{demo.base_url}/login/", headers={"Host": "evil.example"})
        with pytest.raises(HTTPError, match="400"):
            urlopen(wrong, timeout=5)


def own_addresses() -> list[str]:
    """The one from which this machine would call another; none where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(("198.51.100.1", 9))  # sends nothing: only the route is looked up
        except OSError:
            return []
        return [line.getsockname()[0]]


def test_a_reset_asks_and_then_deletes(demo: Stack) -> None:
    demo.stop()
    before = demo.credentials
    asked = subprocess.run(
        [sys.executable, "manage.py", "demo", "--reset", "--empty"],
        cwd=ROOT,
        env=demo.env,
        input="no\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode != 0 and "Nothing was deleted" in asked.stderr
    assert demo.credentials == before
    words, demo.words = demo.words, ["--empty", "--reset", "--yes"]
    try:
        demo.start()
    finally:
        demo.words = words
    assert demo.credentials["users"] != before["users"]
    assert demo.sql("SELECT to_regclass('kept')") == [(None,)]


def test_flt_32_too_little_free_disk_is_said_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No disk has that much: the real free space is held to it."""
    monkeypatch.setenv("RECWEB_HOME", str(tmp_path / "var"))
    monkeypatch.setattr(starting, "FREE_MB", 10**9)
    said: list[str] = []
    options = starting.Options("127.0.0.1", 0, open=False, reset=False, yes=False, empty=True)
    with pytest.raises(ServiceError, match=r"MB are free in .* Nothing was touched"):
        starting.Demo(options, said.append).run()
    assert said == [] and state.read(tmp_path / "var") == {}
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_folder_that_is_not_ours_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    env = {**os.environ, "RECWEB_HOME": str(tmp_path)}
    for name in stacks.NOT_OURS:
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--reset", "--yes", "--empty"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "thesis.txt, which is not recweb's" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
