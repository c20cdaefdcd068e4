"""Import of 100,004 ratings as a job: stored, hashed, checked, loaded, profiled and exported.

    python benchmarks/bench_import.py [rows]     bar: 100,004 rows in 5 s; exit 1 above it

The job runs in a process of its own, as a worker starts it, on a Postgres that syncs to disk.
For more rows the bar is the one of performance.md: four times a raw COPY of the same rows.
"""

import io
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS, BAR = 100_004, 5.0


def ratings(rows: int) -> bytes:
    """A file of the shape of MovieLens latest-small: 671 users, 9,066 items, long tail."""
    rng = np.random.default_rng(7)
    users = rng.integers(1, max(672, rows // 150), rows)
    items = np.minimum((rng.pareto(0.9, rows) * 40).astype(np.int64), 9_065) + 1
    values = rng.integers(1, 11, rows) / 2
    at = rng.integers(789_652_009, 1_476_640_644, rows)
    out = io.StringIO()
    out.write("userId,movieId,rating,timestamp\n")
    for row in zip(users.tolist(), items.tolist(), values.tolist(), at.tolist(), strict=True):
        out.write(",".join(map(str, row)) + "\n")
    return out.getvalue().encode()


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
    from recweb.datasets import imports
    from recweb.datasets.models import Dataset, Import
    from recweb.jobs import child, fence, logfile
    from recweb.people.models import User

    owner = User.objects.create_superuser("bench")
    dataset = Dataset.objects.create(slug="bench", name="bench", owner=owner)
    data = ratings(rows)
    start = time.perf_counter()
    batch, _ = imports.start_import(dataset, "interactions", io.BytesIO(data), "r.csv", owner)
    job = fence.claim("import", "bench:1")
    assert job is not None
    child.run(job)
    seconds = time.perf_counter() - start
    batch = Import.objects.get(pk=batch.pk)
    job.refresh_from_db()
    if batch.state != "loaded":
        print(job.error, job.trace, logfile.path(job.pk).read_text(), sep="\n")
        return 1
    whole = batch.accepted + batch.duplicates + batch.quarantined == batch.rows_in == rows
    inside = batch.facts["seconds"]
    copied = raw_copy(batch)
    bar = BAR if rows <= ROWS else 4 * copied
    print(f"import of {rows:,} rows   {seconds:.2f} s   bar {bar:.2f} s   ({inside:.2f} s of it")
    print(f"inside the process, {rows / seconds:,.0f} rows/s; raw COPY alone {copied:.2f} s)")
    return 0 if seconds <= bar and whole else 1


def raw_copy(batch: object) -> float:
    """Seconds for psycopg2's COPY of the same rows as CSV into a table without keys."""
    from django.db import connection

    out = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY (SELECT user_code, item_code, value, at FROM datasets_interaction "
            f"WHERE import_id = {batch.pk}) TO STDOUT (FORMAT csv)",  # type: ignore[attr-defined]
            out,
        )
        cursor.execute("CREATE TABLE raw (u int, i int, v float8, at bigint)")
        out.seek(0)
        start = time.perf_counter()
        cursor.copy_expert("COPY raw FROM STDIN (FORMAT csv)", out)
        return time.perf_counter() - start


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
