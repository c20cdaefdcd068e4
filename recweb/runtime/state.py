"""Who runs this installation now: var/run/stack.json, believed only while its processes live."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from recweb.runtime import spawn

Stack = dict[str, Any]  # JSON: pid, started, host, port, url, ready, children


def path(folder: Path) -> Path:
    return folder / "run" / "stack.json"


def write(folder: Path, stack: Stack) -> None:
    write_private(path(folder), json.dumps(stack, indent=1))


def read(folder: Path) -> Stack:
    try:
        known = json.loads(path(folder).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def clear(folder: Path) -> None:
    path(folder).unlink(missing_ok=True)


def living(folder: Path) -> Stack:
    """The stack whose supervisor is alive, else nothing."""
    stack = read(folder)
    return stack if stack and same(stack.get("pid"), stack.get("started")) else {}


def started(pid: int) -> int:
    """The process's start in clock ticks since boot; with the pid it names one process for good.
    0 when there is none (a dead one that nobody waited for counts as none)."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if words[0] in "ZX" else int(words[19])


def same(pid: object, start: object) -> bool:
    return isinstance(pid, int) and isinstance(start, int) and start != 0 and started(pid) == start


def end_leftovers(folder: Path, seconds: float = 10.0) -> int:
    """End what a killed supervisor left: its children were signalled by the kernel, so first wait.
    Returns how many had to be killed."""
    children = read(folder).get("children", {})
    left = {name: c for name, c in children.items() if same(c.get("pid"), c.get("started"))}
    until = time.monotonic() + seconds
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left = {name: c for name, c in left.items() if same(c["pid"], c["started"])}
    for child in left.values():
        os.kill(child["pid"], signal.SIGKILL)
        spawn.end_group(child["pid"])
    return len(left)


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and nobody else's to read."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)
