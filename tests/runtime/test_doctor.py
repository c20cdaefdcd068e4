"""The doctor names every problem at once, each with its mend."""

import os
import subprocess
import sys
from pathlib import Path

from recweb.runtime import doctor
from tests.stack import ROOT


def ask(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "RECWEB_HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "manage.py", *(words or ("doctor",))],
        cwd=ROOT,
        env={**base, **env},
        capture_output=True,
        text=True,
    )


def test_a_fresh_checkout_is_well(tmp_path: Path) -> None:
    done = ask(tmp_path / "var")
    assert done.returncode == 0, done.stdout
    assert "No problem found." in done.stdout


def test_demo_check_is_the_same_question(tmp_path: Path) -> None:
    done = ask(tmp_path / "var", "demo", "--check")
    assert done.returncode == 0, done.stdout
    assert "No problem found." in done.stdout


def test_every_problem_of_a_broken_installation_is_told_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    ask(folder)
    (folder / "secrets" / "secret_key").write_text("x" * 60)
    (folder / "secrets" / "secret_key").chmod(0o644)
    nowhere = tmp_path / "nowhere"
    done = ask(
        folder,
        DATABASE_URL=f"postgres://x@/x?host={nowhere}",
        BROKER_URL=f"redis+socket://:x@{nowhere}/v.sock",
        SECRET_KEY="r4" * 30,
    )
    assert done.returncode == 1
    for part in ("Permissions", "Database", "Migrations", "Broker", "Workers", "Reconciler"):
        assert f"problem  {part}:" in done.stdout, done.stdout
    assert done.stdout.count("mend:") == done.stdout.count("problem  ")


def test_bad_settings_do_not_silence_the_rest(tmp_path: Path) -> None:
    done = ask(tmp_path / "var", DATABASE_URL="postgres://x@/x", SECRET_KEY="short")
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stdout
    assert "ok       Disk:" in done.stdout


def test_it_speaks_where_no_package_is_installed(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from recweb.runtime import doctor; sys.exit(doctor.main())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT)],
        env={"RECWEB_HOME": str(tmp_path / "var")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "Django is missing" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_packages_are_compared_with_their_pins() -> None:
    assert list(doctor.differing("pytest==0.0.1\n")) != []
    assert list(doctor.differing("no-such-thing==1\n")) == ["no-such-thing is missing"]
    assert list(doctor.differing('no-such-thing==1; python_version < "3"\n')) == []
