"""The environment is made once, and renewed when what it should hold has changed."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from recweb.runtime import bootstrap
from tests.stack import ROOT

FILES = (bootstrap.PRODUCT, bootstrap.DEMO)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose packages are none: an environment is then made in seconds, offline."""
    for name in FILES:
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


def test_it_makes_a_real_environment_once(checkout: Path) -> None:
    assert bootstrap.fill(checkout, FILES) is True
    assert bootstrap.works(checkout / ".venv")
    assert bootstrap.fill(checkout, FILES) is False


def test_a_changed_file_renews_it(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    bootstrap.remember(checkout, FILES)
    assert not bootstrap.stale(checkout, FILES)
    (checkout / bootstrap.DEMO).write_text("something==1\n")
    assert bootstrap.stale(checkout, FILES)
    assert not bootstrap.stale(checkout, (bootstrap.PRODUCT,))


def test_a_file_that_was_never_installed_counts_as_changed(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    bootstrap.remember(checkout, (bootstrap.PRODUCT,))
    assert bootstrap.stale(checkout, FILES)


def test_a_damaged_note_counts_as_changed(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    bootstrap.remember(checkout, FILES)
    (checkout / ".venv" / "recweb.json").write_text("{")
    assert bootstrap.stale(checkout, FILES)


def test_a_failed_installation_is_not_remembered(checkout: Path) -> None:
    (checkout / bootstrap.PRODUCT).write_text("./no-such-package\n")
    with pytest.raises(bootstrap.Problem, match="could not be installed"):
        bootstrap.fill(checkout, FILES)
    assert bootstrap.stale(checkout, FILES)


def test_an_old_note_keeps_the_other_files(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    bootstrap.remember(checkout, (bootstrap.PRODUCT,))
    bootstrap.remember(checkout, (bootstrap.DEMO,))
    known = json.loads((checkout / ".venv" / "recweb.json").read_text())
    assert set(known) == set(FILES)


def test_little_disk_is_said_before_anything_is_made(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "FREE_GB", 10**9)
    with pytest.raises(bootstrap.Problem, match="are free in"):
        bootstrap.fill(checkout, FILES)
    assert not (checkout / ".venv").exists()


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = "import recweb.runtime.bootstrap, recweb.runtime.doctor"
    # -I -S: neither site-packages nor the current folder; the checkout is given by hand
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_requirement_is_pinned() -> None:
    for name in (*FILES, bootstrap.DEV):
        for line in (ROOT / name).read_text().splitlines():
            assert not line or line.startswith("#") or "==" in line, f"{name}: {line}"


def test_torch_is_pinned_without_a_build() -> None:
    assert "torch==2.13.0\n" in (ROOT / bootstrap.PRODUCT).read_text()


@pytest.mark.parametrize(
    ("words", "parallel"),
    [
        ([], True),
        (["-q", "--durations=30"], True),
        (["tests/lib"], False),
        (["-k", "login"], False),
        (["--long"], False),
    ],
)
def test_the_whole_suite_runs_in_two_processes_a_part_in_one(
    words: list[str], parallel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr(bootstrap.os, "cpu_count", lambda: 2)
    assert bool(bootstrap.side_by_side(words)) is parallel
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    assert bootstrap.side_by_side([]) == []


def test_a_file_stays_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file starts for its tests (servers, a demo, workers) is started once."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr(bootstrap.os, "cpu_count", lambda: 2)
    tests = "".join(
        f"def test_{number}(worker_id):\n    print(f'{{__name__}} in {{worker_id}}')\n"
        for number in range(6)
    )
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / name).write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        *bootstrap.side_by_side([]),
        "-rP",
        "-p",
        "no:django",
    ]
    env = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    said = Counter(re.findall(r"^(test_\w+) in (gw\d)$", done.stdout, re.MULTILINE))
    # which of the two takes which file is chance, and a quick one may take both
    assert sorted((name, n) for (name, _), n in said.items()) == [("test_one", 6), ("test_two", 6)]
