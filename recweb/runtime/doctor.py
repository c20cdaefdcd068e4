"""`manage.py doctor`: every problem at once, each with its mend. Standard library on top: it must
speak on a machine where nothing else works yet."""

import os
import platform
import re
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from recweb.runtime import bootstrap, home, state

DEMO = "python3 manage.py demo"
FREE_MB = 1024


@dataclass(frozen=True)
class Finding:
    part: str
    said: str
    mend: str = ""  # empty: nothing to do

    def __str__(self) -> str:
        head = f"{'problem' if self.mend else 'ok':8} {self.part}: {self.said}"
        return f"{head}\n{'':8} mend: {self.mend}" if self.mend else head


def main() -> int:
    """Print all findings; 1 when there is a problem among them."""
    os.umask(0o077)  # reading the settings makes the data folder
    problems = 0
    for check in CHECKS:
        try:
            findings = list(check())
        except Exception as error:  # a check that breaks is a finding, and the rest still runs
            name = (check.__doc__ or check.__name__).strip(".")
            findings = [Finding(name, f"{type(error).__name__}: {error}", "mend what it names")]
        for finding in findings:
            problems += bool(finding.mend)
            sys.stdout.write(f"{finding}\n")
    words = "No problem found." if not problems else f"{problems} problems found."
    sys.stdout.write(words + "\n")
    return 1 if problems else 0


def python() -> Iterator[Finding]:
    """Python."""
    if sys.version_info < (3, 11):  # noqa: UP036
        yield Finding("Python", platform.python_version(), "install Python 3.11 or newer")
    else:
        yield Finding("Python", f"{platform.python_version()} at {sys.executable}")


def packages() -> Iterator[Finding]:
    """Packages."""
    wrong = list(differing((home.BASE / bootstrap.PRODUCT).read_text()))
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        mend = f"run `{DEMO}`, or pip install -r {bootstrap.PRODUCT} in your own environment"
        yield Finding("Packages", "; ".join(wrong[:5]) + more, mend)
    else:
        yield Finding("Packages", f"all as {bootstrap.PRODUCT} pins them")


def differing(requirements: str) -> Iterator[str]:
    """Each pinned package that is missing or of another version."""
    for name, pinned, marker in re.findall(
        r"^([\w.-]+)==([^\s;]+)\s*(;.*)?$", requirements, re.MULTILINE
    ):
        if marker:  # for older Pythons only
            continue
        try:
            there = version(name).partition("+")[0]  # 2.13.0+cpu is 2.13.0
        except PackageNotFoundError:
            yield f"{name} is missing"
            continue
        if there != pinned:
            yield f"{name} is {there}, pinned {pinned}"


def disk() -> Iterator[Finding]:
    """Disk."""
    where = next(path for path in (home.home(), *home.home().parents) if path.exists())
    free = shutil.disk_usage(where).free / 2**20
    said = f"{free:,.0f} MB free in {where}"
    mend = "make room, or set RECWEB_HOME to a folder on a larger disk"
    yield Finding("Disk", said, mend if free < FREE_MB else "")


def folder() -> Iterator[Finding]:
    """Data folder."""
    base = home.home()
    if not base.exists():
        yield Finding("Data folder", f"{base} will be made by the first start")
        return
    if not base.is_dir():
        yield Finding("Data folder", f"{base} is not a folder", "move it away, or set RECWEB_HOME")
        return
    if not os.access(base, os.W_OK | os.X_OK):
        yield Finding(
            "Data folder", f"{base} cannot be written", f"chown it to user {os.geteuid()}"
        )
    open_ones = [path for path in walk(base) if too_open(path)]
    if open_ones:
        yield Finding(
            "Permissions",
            f"{len(open_ones)} of {base} are open to others, such as {open_ones[0]}",
            f"chmod -R go-w {base}; chmod 700 {base}/secrets; chmod 600 {base}/secrets/* "
            f"{base}/credentials.json",
        )
    else:
        yield Finding("Permissions", f"{base} is closed to others")


def walk(base: Path) -> Iterator[Path]:
    yield base
    for at, folders, files in os.walk(base):
        if Path(at) == base / "postgres":
            folders.clear()  # Postgres refuses to start on a data folder that is open
        yield from (Path(at) / name for name in (*folders, *files))


def too_open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    if stat.S_ISLNK(mode) or stat.S_ISSOCK(mode):
        return False
    private = "secrets" in path.parts[-2:] or path.name == "credentials.json"
    return bool(mode & (0o077 if private else 0o022))


def port() -> Iterator[Finding]:
    """Ports."""
    stack = state.living(home.home())
    if stack:
        yield Finding("Port", f"{stack.get('port')} is served by our process {stack['pid']}")
        return
    busy = []
    for number in range(8000, 8050):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                busy.append(number)
                continue
        said = f"{number} is free" + (
            f" ({busy[0]} is busy: it will be passed over)" if busy else ""
        )
        yield Finding("Port", said)
        return
    yield Finding("Port", "8000 to 8049 are all busy", f"{DEMO} --port 9000, or end a program")


def sockets() -> Iterator[Finding]:
    """Sockets."""
    for service in ("postgres", "valkey"):
        at = home.socket_folder(home.home(), service)
        if not at.is_relative_to(home.home()) and at.parent.exists():
            if at.parent.is_symlink() or at.parent.stat().st_uid != os.geteuid():
                mend = "set RECWEB_HOME to a shorter path, or remove that folder"
                yield Finding("Sockets", f"{at.parent} belongs to somebody else", mend)
                continue
        if at.exists() and stat.S_IMODE(at.stat().st_mode) & 0o077:
            yield Finding("Sockets", f"{at} is open to others", f"chmod 700 {at}")
        else:
            yield Finding("Sockets", f"{at}")


def settings() -> Iterator[Finding]:
    """Settings."""
    if find_spec("django") is None:
        yield Finding("Settings", "cannot be read without the packages", f"run `{DEMO}` first")
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recweb.settings")
    try:
        import django

        django.setup()
    except Exception as error:
        said = str(error).strip() or type(error).__name__
        yield Finding("Settings", said, "correct the environment variable that it names")
        return
    yield Finding("Settings", "read")


def services() -> Iterator[Finding]:
    """Database, migrations, broker, workers: when they should be there, whether they are."""
    from django.apps import apps

    if not apps.ready:
        for part in ("Database", "Migrations", "Broker", "Workers"):
            yield Finding(part, "cannot be asked", "mend the settings first")
        return
    from recweb.runtime import health

    given = "DATABASE_URL" in os.environ
    if not given and not state.living(home.home()):
        yield Finding("Database, broker, workers", f"not running; `{DEMO}` starts them")
        return
    for name, problem in health.report().items():
        if name != "disk":
            mend = MENDS[name][0 if given else 1] if problem else ""
            yield Finding(name.capitalize(), problem or "answers", mend)


_AGAIN = f"stop the running demo with Ctrl+C and start `{DEMO}` again"
# part -> the mend in production, the mend of the demo
MENDS = {
    "database": ("start the server that DATABASE_URL names, or correct the variable", _AGAIN),
    "migrations": ("run `python3 manage.py migrate`", _AGAIN),
    "broker": ("start the server that BROKER_URL names, or correct the variable", _AGAIN),
    "workers": ("start `celery -A recweb worker` for the queues train and quick,import", _AGAIN),
    "reconciler": ("start `celery -A recweb beat`, and a worker for the queue quick", _AGAIN),
}

CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    python,
    packages,
    disk,
    folder,
    port,
    sockets,
    settings,
    services,
)
