"""Make the database give up what was deleted: dead rows, statistics, its log of changes."""

import logging

import psycopg2
from django.db import connection

log = logging.getLogger(__name__)
# tables in which an outside id stood as text
TABLES = (
    "datasets_person",
    "datasets_quarantined",
    "datasets_import",
    "datasets_erased",
    "people_idempotency",
    "jobs_job",
)
ROUNDS = 3  # a server that had not read its settings yet may have renamed some in the first
AHEAD = """
    SELECT count(*) FROM pg_ls_waldir()
    WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_walfile_name(pg_current_wal_insert_lsn())
"""


def traces(dataset_id: int) -> list[str]:
    """Rewrite the tables, then the statistics and the log; what could not be done, and why.

    Inside a transaction nothing of this is possible. Statistics and log are the superuser's: on
    our own server we are it, elsewhere the log goes at the server's own pace (docs/operations.md).
    """
    if connection.in_atomic_block:
        return ["inside a transaction"]
    with connection.cursor() as cursor:
        for table in (*TABLES, *_worded(dataset_id)):
            cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")
    try:
        _as_superuser()
    except psycopg2.Error as error:
        log.warning("the write-ahead log keeps deleted rows for a while: %s", error)
        return ["write-ahead log"]
    return []


def _worded(dataset_id: int) -> list[str]:
    """The dataset's partitions that hold text (sessions, queries): elsewhere users are numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE %s",
            [f"datasets\\_interaction\\_d{int(dataset_id)}\\_i%"],
        )
        tables = [str(name) for (name,) in cursor.fetchall()]
        worded = []
        for table in tables:
            cursor.execute(
                f"SELECT 1 FROM {table} WHERE session IS NOT NULL OR context IS NOT NULL LIMIT 1"
            )
            if cursor.fetchone() is not None:
                worded.append(table)
    return worded


def _write_over(cursor: psycopg2.extensions.cursor) -> None:
    """Go through the segments of the log that were renamed before now, old bytes and all, to be
    used later on: each is filled with zeros, and gone with the next checkpoint."""
    for _ in range(ROUNDS):
        cursor.execute(AHEAD)
        ahead = cursor.fetchone() or (0,)
        for _segment in range(int(ahead[0]) + 1):
            cursor.execute("SELECT pg_current_xact_id()")  # in an empty one there is no switch
            cursor.execute("SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")


def _as_superuser() -> None:
    given = connection.get_connection_params()
    line = psycopg2.connect(
        host=given.get("host"), dbname=given["dbname"], user="postgres", connect_timeout=3
    )
    line.autocommit = True  # VACUUM and ALTER SYSTEM run outside transactions
    try:
        with line.cursor() as cursor:
            cursor.execute("VACUUM FULL pg_catalog.pg_statistic")
            # old segments are removed, not renamed and used again with their bytes
            cursor.execute("ALTER SYSTEM SET wal_recycle = off")
            cursor.execute("SELECT pg_reload_conf()")
            try:
                _write_over(cursor)
            finally:
                cursor.execute("ALTER SYSTEM RESET wal_recycle")
                cursor.execute("SELECT pg_reload_conf()")
    finally:
        line.close()
