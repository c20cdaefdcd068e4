"""How much memory a process may take, set where the system itself refuses more."""

import resource

MAPPED = 16 * 2**30  # bytes of columns on disk that a job may address besides its own memory


def hold(allowed: int) -> None:
    """Limit this process to so many bytes of its own.

    What it maps from files lies on disk and does not count, but has an end, too.
    """
    _at_most(resource.RLIMIT_DATA, allowed)
    _at_most(resource.RLIMIT_AS, allowed + MAPPED)


def _at_most(kind: int, size: int) -> None:
    """A lower limit that somebody set before stays: it may not be raised, and the job can run."""
    _soft, hard = resource.getrlimit(kind)
    size = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(kind, (size, size))
