"""Forget one user of a log, everywhere (ABU-10).

    python benchmarks/bench_erase.py [rows]     bar: 10 minutes at 1,000,000 rows; exit 1 above it

The log is imported as a file, so that there are a raw upload, a version and its arrays to redact.
"""

import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROWS, BAR = 1_000_000, 600.0


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
        return measure(rows, folder)
    finally:
        from django.db import connections

        connections.close_all()
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(rows: int, folder: Path) -> int:
    from benchmarks.bench_import import ratings
    from recweb.datasets import erasure, imports, privacy
    from recweb.datasets.models import Dataset, Erased, Interaction
    from recweb.people.models import User

    owner = User.objects.create_superuser("ann")
    dataset = Dataset.objects.create(slug="big", name="Big", owner=owner)
    path = ratings(folder / "ratings.csv", rows)
    imports.start_import(dataset, "interactions", path, "ratings.csv", owner)
    path.unlink()
    begun = time.perf_counter()
    work("import")
    imported = time.perf_counter() - begun
    begun, busy = time.perf_counter(), time.process_time()
    erasure.order(dataset, 0, privacy.mac(dataset.pk, outside(dataset.pk)), owner)
    work("quick")
    seconds, busy = time.perf_counter() - begun, time.process_time() - busy
    counts = Erased.objects.get().counts
    left = Interaction.objects.filter(dataset_id=dataset.pk, user_code=0).count()
    verdict = "ok" if seconds <= BAR and not left and not counts["traces_kept"] else "NOT DONE"
    print(  # noqa: T201
        f"import of {rows:,} rows {imported:.1f} s; erasure of a user with {counts['events']} "
        f"events {seconds:.1f} s (own CPU {busy:.1f} s, bar {BAR:.0f} s): {verdict}"
    )
    return int(verdict != "ok")


def outside(dataset_id: int) -> str:
    from recweb.datasets.models import Person

    return Person.objects.get(dataset_id=dataset_id, code=0).outside_id


def work(queue: str) -> None:
    from recweb.jobs import ends, fence, kinds
    from recweb.jobs.run import Run

    job = fence.claim(queue, "bench:1")
    if job is None:
        raise RuntimeError(f"no job waits on queue {queue}")
    ends.load(kinds.get(job.kind).run)(Run(job))
    ends.end(job.pk, job.attempt, "done")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
