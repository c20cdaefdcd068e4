"""What several fault tests look at."""

import re

import psutil

from tests.faults.stand import Stand

EPOCHS = 5


def unkilled(stand: Stand) -> str:
    job = stand.order("drill-quick", "reference", seed=11, epochs=EPOCHS, seconds=0.1)
    stand.until(job, "done")
    return stand.digests(job)[0]


def begun(stand: Stand, job: int) -> list[int]:
    """Epochs in the order in which they were begun, over all attempts."""
    return [int(number) for number in re.findall(r"^\S+ epoch (\d+)$", stand.log(job), re.M)]


def alive(pid: int) -> bool:
    """A zombie has no memory any more; it only waits for somebody to read its number."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
