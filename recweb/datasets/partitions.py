"""The tables below the log: one per dataset, below it one per import.

A file is filled into a table of its own that nobody can see, then attached; it leaves by detach
and drop. Names are made of our own numbers only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.utils import OperationalError

LOG = "datasets_interaction"
LOCK_SPACE = 7301  # of pg_advisory_lock: our imports, one dataset at a time


def of_dataset(dataset_id: int) -> str:
    return f"{LOG}_d{int(dataset_id)}"


def of_import(dataset_id: int, import_id: int) -> str:
    return f"{LOG}_d{int(dataset_id)}_i{int(import_id)}"


def staging(import_id: int, attempt: int) -> str:
    return f"datasets_staging_i{int(import_id)}_a{int(attempt)}"


def run(sql: str, *args: str | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(args) or None)


def value(sql: str, *args: str | int) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(args) or None)
        row = cursor.fetchone()
    return None if row is None else row[0]


def exists(table: str) -> bool:
    return value("SELECT to_regclass(%s)", table) is not None


def create_staging(table: str, dataset_id: int, import_id: int) -> None:
    """An empty table like the log's; its two constant columns are defaults, not copied."""
    run(f"DROP TABLE IF EXISTS {table}")
    bounds = f"dataset_id = {int(dataset_id)} AND import_id = {int(import_id)}"
    run(
        f"CREATE TABLE {table} (LIKE {LOG} INCLUDING CONSTRAINTS, "
        # says what the partition bounds say, so ATTACH need not read the rows
        f"CONSTRAINT bounds CHECK ({bounds}))"
    )
    run(
        f"ALTER TABLE {table} ALTER dataset_id SET DEFAULT {int(dataset_id)}, "
        f"ALTER import_id SET DEFAULT {int(import_id)}"
    )


def index(table: str) -> None:
    """The same indexes as the log's, built after the rows: then ATTACH takes them as they are."""
    run("SET LOCAL maintenance_work_mem = '128MB'")  # of the server, while a million rows sort
    run(f"ALTER TABLE {table} ADD PRIMARY KEY (dataset_id, import_id, line)")
    run(f"CREATE INDEX ON {table} (user_code)")
    run(f"CREATE INDEX ON {table} (item_code)")
    run(f"ANALYZE {table}")


def attach(table: str, dataset_id: int, import_id: int) -> None:
    """Make the filled table part of the log. Inside the caller's transaction."""
    _ensure_dataset(dataset_id)
    name = of_import(dataset_id, import_id)
    run(f"ALTER TABLE {table} RENAME TO {name}")
    run(
        f"ALTER TABLE {of_dataset(dataset_id)} ATTACH PARTITION {name} "
        f"FOR VALUES IN ({int(import_id)})"
    )
    run(f"ALTER TABLE {name} DROP CONSTRAINT bounds")


def _ensure_dataset(dataset_id: int) -> None:
    table = of_dataset(dataset_id)
    if exists(table):
        return
    # LIKE and ATTACH, not PARTITION OF: that would shut out every reader of the whole log
    run(f"CREATE TABLE {table} (LIKE {LOG} INCLUDING CONSTRAINTS) PARTITION BY LIST (import_id)")
    run(f"ALTER TABLE {LOG} ATTACH PARTITION {table} FOR VALUES IN ({int(dataset_id)})")


def drop_dataset(dataset_id: int, *, wait_ms: int = 2000) -> bool:
    """Detach and drop all events of a dataset; False when readers held it too long."""
    table = of_dataset(dataset_id)
    if not exists(table):
        return True
    try:
        with transaction.atomic():
            run(f"SET LOCAL lock_timeout = {int(wait_ms)}")
            run(f"ALTER TABLE {LOG} DETACH PARTITION {table}")
            run(f"DROP TABLE {table}")
    except OperationalError:
        return False
    return True


def drop_staging(import_id: int, *, wait_ms: int = 1000) -> None:
    """Drop what attempts at this import left. One that is still held stays for the sweeper."""
    for table in _staging_tables(f"datasets\\_staging\\_i{int(import_id)}\\_a%"):
        try:
            with transaction.atomic():
                run(f"SET LOCAL lock_timeout = {int(wait_ms)}")
                run(f"DROP TABLE IF EXISTS {table}")
        except OperationalError:
            continue


def staged_imports() -> set[int]:
    """Ids of the imports that have a staging table."""
    return {int(name.split("_i")[1].split("_a")[0]) for name in _staging_tables()}


def _staging_tables(pattern: str = "datasets\\_staging\\_i%") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE %s "
            "AND pg_table_is_visible(oid) ORDER BY 1",
            [pattern],
        )
        return [str(name) for (name,) in cursor.fetchall()]


@contextmanager
def one_at_a_time(dataset_id: int, wait: "Iterator[None]") -> Iterator[None]:
    """Only one import of a dataset gives out codes at a time.

    The lock belongs to the connection, so it goes with a process that dies. `wait` is stepped
    between tries: it sleeps, and may raise to give up.
    """
    while not value("SELECT pg_try_advisory_lock(%s, %s)", LOCK_SPACE, dataset_id):
        next(wait)
    try:
        yield
    finally:
        if connection.is_usable():
            value("SELECT pg_advisory_unlock(%s, %s)", LOCK_SPACE, dataset_id)
