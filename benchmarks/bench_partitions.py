"""What a large log costs in Postgres: sizes, indexes, one user's history, one user's erasure.

    python benchmarks/bench_partitions.py [rows]     default 10,000,000; prints, holds no bar

Rows are filled as an import fills them (binary COPY into a hidden table, then the indexes).
"""

import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS = 10_000_000


def main(rows: int) -> int:
    from recweb.runtime import home
    from recweb.runtime.services import Services

    folder = Path(tempfile.mkdtemp(prefix="recweb-bench-"))
    os.environ.update(RECWEB_HOME=str(folder), DJANGO_SETTINGS_MODULE="recweb.settings")
    home.prepare(folder)
    services = Services(folder)
    services.start()
    os.environ["DATABASE_URL"] = home.database_url()
    os.environ["BROKER_URL"] = home.broker_url()
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        return measure(rows)
    finally:
        from django.db import connections

        connections.close_all()
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(rows: int) -> int:
    from django.db import connection, transaction

    from recweb.datasets import partitions

    table, n_users, n_items = "datasets_staging_i1_a1", max(100, rows // 100), max(100, rows // 200)
    rng = np.random.default_rng(0)
    copied, indexed = fill(table, rows, n_users, n_items, rng)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO datasets_eventname VALUES (1, 0, 'rating')")
        partitions.attach(table, 1, 1)
    name = partitions.of_import(1, 1)
    sizes = {
        what: int(str(partitions.value(f"SELECT {function}('{name}')"))) / 2**20
        for what, function in (("rows", "pg_relation_size"), ("indexes", "pg_indexes_size"))
    }
    print(  # noqa: T201
        f"{rows:,} rows: COPY {copied:.0f} s, indexes {indexed:.0f} s, table "
        f"{sizes['rows']:.0f} MB, indexes {sizes['indexes']:.0f} MB"
    )
    read(rng.integers(0, n_users, 100).tolist(), rng.integers(0, n_items, 50).tolist())
    erase(0)
    return 0


def fill(
    table: str, rows: int, n_users: int, n_items: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Seconds of COPY and of the indexes."""
    from django.db import transaction

    from recweb.datasets import copying, partitions

    names = ("line", "user_code", "item_code", "event", "value", "at")
    begun = time.perf_counter()
    with transaction.atomic():
        partitions.create_staging(table, 1, 1)
        for first in range(0, rows, 1_000_000):
            n = min(1_000_000, rows - first)
            users = (n_users * rng.random(n) ** 1.5).astype(np.int32)
            items = np.minimum((rng.pareto(0.9, n) * n_items / 200).astype(np.int64), n_items - 1)
            columns = (
                np.arange(first, first + n, dtype=np.int64), users, items.astype(np.int32),
                np.zeros(n, np.int16), rng.integers(1, 11, n) / 2.0,
                np.sort(rng.integers(1_600_000_000, 1_663_000_000, n)),
            )  # fmt: skip
            copying.copy_binary(table, names, [(column, None) for column in columns])
        filled = time.perf_counter()
        partitions.index(table)
    return filled - begun, time.perf_counter() - filled


def read(users: list[int], items: list[int]) -> None:
    """What the explorers ask for, about each of these codes."""
    from recweb.datasets import rows as readers

    for what, codes, ask in (
        ("history of a user", users, lambda code: readers.history(1, code, 200)),
        ("months of an item", items, lambda code: readers.months(1, code, "item")),
        ("months of the busiest item", [0] * 5, lambda code: readers.months(1, code, "item")),
        ("neighbours of an item", items, lambda code: readers.neighbours(1, code)),
    ):
        seconds = []
        for code in codes:
            start = time.perf_counter()
            ask(code)
            seconds.append(time.perf_counter() - start)
        middle, late = np.percentile(seconds, [50, 95]) * 1000
        print(f"  {what:28} median {middle:7.1f} ms, p95 {late:7.1f} ms")  # noqa: T201


def erase(user: int) -> None:
    from django.db import connection

    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM datasets_interaction WHERE dataset_id = 1 AND user_code = %s", [user]
        )
        n = cursor.rowcount
    seconds = time.perf_counter() - start
    print(f"  events of the busiest user ({n:,}) deleted in {seconds:.2f} s")  # noqa: T201


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
