"""What a piece of work cost: seconds on the clock, seconds of all cores, and peak memory."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SELF = Path("/proc/self")
RESET = "5"  # written to clear_refs: the high-water mark starts again from what is resident


@dataclass(frozen=True)
class Cost:
    """seconds: wall clock; cpu_seconds: of all threads; peak_mb: largest resident memory."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


class Meter:
    """A context that measures what runs inside it; `cost` afterwards.

    peak_mb is that of the whole process while the work ran. Where the system cannot start its
    high-water mark again (not Linux) it is the largest since the process began.
    """

    cost: Cost

    def __enter__(self) -> Self:
        _reset_peak()
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        self.cost = Cost(wall, cpu, _peak_mb())


def _reset_peak() -> None:
    try:
        (SELF / "clear_refs").write_text(RESET)
    except OSError:
        pass  # the mark then holds from the start of the process


def _peak_mb() -> float:
    try:
        for line in (SELF / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024
