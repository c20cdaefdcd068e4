"""At most two password hashes at a time on the whole installation (ABU-01)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SLOTS = 2
_ROOM = 7_301_998  # any number of ours: the first key of the advisory locks


class Busy(Exception):
    """Both slots are taken: answer 429, hash nothing."""


@contextmanager
def slot() -> Iterator[None]:
    """One hash costs a quarter second of a core; without a limit a flood of logins stops all."""
    with connection.cursor() as cursor:
        for number in range(SLOTS):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_ROOM, number])
            if cursor.fetchone()[0]:
                break
        else:
            raise Busy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_ROOM, number])
