"""The job's own log file: whatever the task and the libraries below it say."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

TAIL_LINES = 500
CHUNK = 256 * 1024  # bytes that one answer may carry


@dataclass(frozen=True)
class Tail:
    lines: list[str]
    after: int  # where to go on reading
    cut: bool  # older lines were left out


def path(job_id: int) -> Path:
    return Path(settings.JOB_LOGS) / f"{job_id}.log"


def write(job_id: int, text: str) -> None:
    """One append: lines of two processes never mix."""
    now = datetime.now(UTC).strftime("%H:%M:%S")
    line = "".join(f"{now} {part}\n" for part in text.splitlines() or [""])
    handle = os.open(path(job_id), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        os.write(handle, line.encode("utf-8", "replace"))
    finally:
        os.close(handle)


def read(job_id: int, after: int = 0, limit: int = TAIL_LINES) -> Tail:
    """The last lines behind the byte `after`; an unfinished line waits for its end."""
    try:
        with open(path(job_id), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(min(after, size), size - CHUNK)
            file.seek(start)
            raw = file.read(size - start)
    except FileNotFoundError:
        return Tail([], 0, False)
    end = raw.rfind(b"\n") + 1
    if end == 0 and len(raw) >= CHUNK:  # one endless line
        end = len(raw)
    lines = raw[:end].decode("utf-8", "replace").splitlines()
    if start > after and lines:
        lines = lines[1:]  # begun before the chunk
    cut = start > after or len(lines) > limit
    return Tail(lines[-limit:], start + end, cut)
