"""Make .venv with the pinned packages. Standard library only: nothing else is there yet."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

BASE = Path(__file__).resolve().parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PRODUCT, DEMO, DEV = "requirements.txt", "requirements-demo.txt", "requirements-dev.txt"
FILES = {"demo": (PRODUCT, DEMO), "test": (PRODUCT, DEMO, DEV)}
FREE_GB = 4


class Problem(Exception):
    """What is wrong with the machine and what to do about it, in words."""


def ensure(words: list[str]) -> None:
    """Return in an interpreter that has the command's packages, or re-start the command in one.

    An environment that already has Django is its owner's: nothing is installed into it. Only our
    own .venv is renewed, when a requirements file changed since it was filled.
    """
    command = words[0] if words else ""
    if find_spec("django") is not None and not (inside(BASE) and command in FILES):
        return
    files = FILES.get(command, (PRODUCT,))
    try:
        changed = fill(BASE, files)
    except Problem as problem:
        sys.exit(str(problem))
    if changed or not inside(BASE):
        restart(BASE)


def enter() -> None:
    """For the doctor: go into .venv when there is one; install nothing."""
    if find_spec("django") is None and not inside(BASE) and works(BASE / ".venv"):
        restart(BASE)


def asks_for_doctor(words: list[str]) -> bool:
    return words[:1] == ["doctor"] or (words[:1] == ["demo"] and "--check" in words)


def inside(base: Path) -> bool:
    return Path(sys.prefix).resolve() == (base / ".venv").resolve()


def restart(base: Path) -> NoReturn:
    python = base / ".venv" / "bin" / "python"
    sys.stdout.flush()
    os.execv(python, [str(python), *sys.argv])


def fill(base: Path, files: tuple[str, ...]) -> bool:
    """Make .venv and install the files that changed since; whether anything was done."""
    venv = base / ".venv"
    lock = os.open(base, os.O_RDONLY)  # one at a time: two pips in one folder break it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if works(venv) and not stale(base, files):
            return False
        check_machine(base)
        if not works(venv):
            make(venv)
        install(base, files)
        remember(base, files)
        return True
    finally:
        os.close(lock)


def digests(base: Path, files: tuple[str, ...]) -> dict[str, str]:
    return {name: hashlib.sha256((base / name).read_bytes()).hexdigest() for name in files}


def stale(base: Path, files: tuple[str, ...]) -> bool:
    """Whether one of the files differs from what .venv was filled with."""
    known = remembered(base)
    return any(known.get(name) != digest for name, digest in digests(base, files).items())


def remembered(base: Path) -> dict[str, str]:
    try:
        known = json.loads((base / ".venv" / "recweb.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(base: Path, files: tuple[str, ...]) -> None:
    known = remembered(base) | digests(base, files)
    draft = base / ".venv" / "recweb.json.new"
    draft.write_text(json.dumps(known, indent=1))
    draft.replace(base / ".venv" / "recweb.json")


def works(venv: Path) -> bool:
    """False also when the Python that it was made with has left the machine."""
    try:
        return (
            subprocess.run(
                [venv / "bin" / "python", "-m", "pip", "--version"], capture_output=True
            ).returncode
            == 0
        )
    except OSError:
        return False


def check_machine(base: Path) -> None:
    problems = []
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        problems.append(
            "Python's module `venv` is missing here. On Debian and Ubuntu: "
            f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        )
    free = shutil.disk_usage(base).free / 2**30
    if free < FREE_GB:
        problems.append(
            f"{free:.1f} GB are free in {base}, the packages need {FREE_GB} GB. Make room, or "
            "move the checkout to a larger disk."
        )
    if not os.access(base, os.W_OK):
        problems.append(f"{base} cannot be written, and .venv belongs there. Change its owner.")
    if problems:
        raise Problem("\n".join(problems))


def make(venv: Path) -> None:
    say(f"Making {venv} ...")
    shutil.rmtree(venv, ignore_errors=True)
    done = run([sys.executable, "-m", "venv", str(venv)])
    if done != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise Problem("The virtual environment could not be made; the reason stands above.")


def install(base: Path, files: tuple[str, ...]) -> None:
    say(f"Installing the packages of {', '.join(files)} (the first time: some minutes) ...")
    command = [str(base / ".venv" / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    for name in files:
        command += ["-r", str(base / name)]
    if run([*command, "--disable-pip-version-check"]) != 0:
        raise Problem(
            "The packages could not be installed; the reason stands above. What was installed is "
            "kept: start the same command again when the cause (network, disk, index) is mended."
        )


def run(command: list[str]) -> int:
    # readable by others: as root, Postgres' programs run as another user
    return subprocess.run(command, umask=0o022).returncode


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def run_tests(words: list[str]) -> NoReturn:
    ensure_browser()
    os.chdir(BASE)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # pyproject names the tests' own
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *side_by_side(words), *words])


def side_by_side(words: list[str]) -> list[str]:
    """The whole suite runs in two processes, each with its own services; a part of it in one."""
    whole = all(word in ("-q", "-v", "-x") or word.startswith("--durations") for word in words)
    if not whole or (os.cpu_count() or 1) < 2 or os.environ.get("DATABASE_URL"):
        return []
    return ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def ensure_browser() -> None:
    """Debian's chromium, when we may install it and there is none."""
    own = Path.home() / ".cache" / "ms-playwright"
    if any(map(shutil.which, BROWSERS)) or list(own.glob("chromium-*")):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say("No Chromium found: install it, or the browser tests will fail (apt install chromium).")
        return
    say("Installing Debian's chromium for the browser tests ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            say(f"apt-get {command[0]} failed: the browser tests will fail.")
            return
