"""SEC-01: nobody starts with a missing, short or known signing key."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT

KNOWN = "django-insecure-" + "k" * 60


def start(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "RECWEB_HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", "from recweb import settings; print(settings.SECRET_KEY)"],
        cwd=ROOT,
        env={**base, **env},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("key", [None, "", "short", KNOWN])
def test_sec_01_a_production_start_refuses_a_bad_key_and_names_it(
    tmp_path: Path, key: str | None
) -> None:
    given = {} if key is None else {"SECRET_KEY": key}
    done = start(tmp_path / "var", DATABASE_URL="postgres://x@localhost/x", **given)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_sec_01_a_production_start_takes_a_long_random_key(tmp_path: Path) -> None:
    done = start(tmp_path / "var", DATABASE_URL="postgres://x@localhost/x", SECRET_KEY="r4" * 30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "r4" * 30


def test_sec_01_two_installations_make_different_keys_and_keep_them(tmp_path: Path) -> None:
    first, second = (start(tmp_path / name).stdout.strip() for name in ("one", "two"))
    assert len(first) >= 50 and len(second) >= 50 and first != second
    assert start(tmp_path / "one").stdout.strip() == first


def test_sec_01_a_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    start(tmp_path / "var")
    key = tmp_path / "var" / "secrets" / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700


def test_sec_01_twenty_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    code = "from recweb.runtime import home; print(home.secret('secret_key'))"
    env = {**os.environ, "RECWEB_HOME": str(tmp_path / "var")}
    command = [sys.executable, "-S", "-c", code]
    racers = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE) for _ in range(20)
    ]
    keys = {racer.communicate()[0] for racer in racers}
    assert len(keys) == 1 and len(keys.pop().strip()) >= 50
