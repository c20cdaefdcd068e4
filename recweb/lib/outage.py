"""Is the database away, or was the question wrong? The first passes, the second is a bug."""

from django.db import DatabaseError, InterfaceError, OperationalError

DISK_FULL = "53100"  # Postgres' own code for it


def code(error: BaseException) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""


def away(error: BaseException) -> bool:
    if isinstance(error, InterfaceError):
        return True
    if isinstance(error, OperationalError):
        return code(error) != DISK_FULL
    # a server that crashes in mid-sentence: psycopg2 knows no better class for it
    return type(error) is DatabaseError and not code(error)
