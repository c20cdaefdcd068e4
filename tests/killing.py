"""kill -9 of several processes, as a power cut would."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Each of them, though the death of one may take another along before its turn."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
