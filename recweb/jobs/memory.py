"""How much memory a process may take, set where the system itself refuses more."""

import resource

MAPPED = 16 * 2**30  # bytes of columns on disk that a job may address besides its own memory


def hold(allowed: int) -> None:
    """Limit this process to so many bytes of its own.

    What it maps from files lies on disk and does not count, but has an end, too.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_AS, (allowed + MAPPED, allowed + MAPPED))
