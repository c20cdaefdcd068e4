"""Import of ratings as a job: stored, hashed, checked, loaded, profiled and exported.

    python benchmarks/bench_import.py [rows]            exit 1 above a bar
    python benchmarks/bench_import.py rows --sessions   the same with a column of sittings of six
    python benchmarks/bench_import.py rows --cancel     how soon it stops when it is cancelled, in
                                                        ten places; --cancel=0.1,0.86,25 in
                                                        these (25 s into the last long step);
                                                        --whole measures the import before that

The job runs in a process of its own, as a worker starts it, on a Postgres that syncs to disk.
Bars (performance.md): 100,004 rows in 5 s; for more rows four times psycopg2's text COPY of the
same rows into the same indexed partition, measured in the same run (from 20 million on it is left
out: it takes an hour); resident memory 600 MB, file pages included, whatever the rows; the bar
moves every 2 s, and a cancel takes 2 s. A file may be as large as import_log takes it.
"""

import io
import os
import re
import resource
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROWS, BAR = 100_004, 5.0
MEMORY = 600  # MB
STEP = 2.0  # seconds
PIECE = 1_000_000
COMPARED = 20_000_000  # rows up to which COPY is measured, too
LAST = 0.88  # from here on the profile, the fingerprint and the arrays are made
PLACES = (0.1, 0.4, 0.52, 0.6, 0.72, 0.76, 0.8, 0.86, 0.9, 0.95)  # shares of the work


def ratings(path: Path, rows: int, sessions: bool = False) -> Path:
    """A file of the shape of MovieLens latest-small: 671 users, 9,066 items, long tail."""
    rng = np.random.default_rng(7)
    with path.open("w") as out:
        out.write("userId,movieId,rating,timestamp" + ",session_id" * sessions + "\n")
        for first in range(0, rows, PIECE):
            n = min(PIECE, rows - first)
            users = rng.integers(1, max(672, rows // 150), n)
            items = np.minimum((rng.pareto(0.9, n) * 40).astype(np.int64), 9_065) + 1
            values = rng.integers(1, 11, n) / 2
            at = rng.integers(789_652_009, 1_476_640_644, n)
            columns = (users.tolist(), items.tolist(), values.tolist(), at.tolist())
            lines = (f"{u},{i},{v},{t}" for u, i, v, t in zip(*columns, strict=True))
            if sessions:
                named = rng.integers(1, max(10, rows // 6), n).tolist()
                lines = (f"{line},s{name}" for line, name in zip(lines, named, strict=True))
            out.writelines(f"{line}\n" for line in lines)
    return path


def main(
    rows: int, cancel: Sequence[float] = (), *, sessions: bool = False, whole: bool = True
) -> int:
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
        file = ratings(folder / "ratings.csv", rows, sessions)
        print(
            f"{rows:,} rows, {file.stat().st_size / 2**20:,.0f} MB; load {os.getloadavg()[0]:.1f}"
        )
        failed = measure(file, rows) if whole else 0
        return failed + (cancelled(file, cancel) if cancel else 0)
    finally:
        from django.db import connections

        connections.close_all()
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


def order(file: Path) -> tuple[object, object]:
    """(import, job) of the file, in a dataset of its own."""
    from django.conf import settings

    from recweb.datasets import imports
    from recweb.datasets.models import Dataset
    from recweb.jobs import fence
    from recweb.people.models import User

    owner, _ = User.objects.get_or_create(username="bench", is_superuser=True)
    slug = f"bench-{Dataset.objects.count()}"
    dataset = Dataset.objects.create(slug=slug, name=slug, owner=owner)
    batch, _ = imports.start_import(
        dataset, "interactions", file, "r.csv", owner, limit=settings.SERVER_FILE_LIMIT
    )
    job = fence.claim("import", "bench:1")
    assert job is not None
    return batch, job


def measure(file: Path, rows: int) -> int:
    from recweb.datasets.models import Import
    from recweb.jobs import child, logfile

    start = time.perf_counter()
    batch, job = order(file)
    stored = time.perf_counter() - start
    moves, held = Moves(job.pk), Held(job.pk)  # type: ignore[attr-defined]
    child.run(job)  # type: ignore[arg-type]
    seconds = time.perf_counter() - start
    gap, steps = moves.end(), held.end()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    batch = Import.objects.get(pk=batch.pk)  # type: ignore[attr-defined]
    if batch.state != "loaded":
        job.refresh_from_db()  # type: ignore[attr-defined]
        print(job.error, job.trace, logfile.path(job.pk).read_text(), sep="\n")  # type: ignore[attr-defined]
        return 1
    whole = batch.accepted + batch.duplicates + batch.quarantined == batch.rows_in == rows
    print(f"import of {rows:,} rows   {seconds:.2f} s ({stored:.2f} s to store the file)", end="")
    bar = BAR if rows <= ROWS else float("inf")
    print(f"   {rows / seconds:,.0f} rows/s; {batch.facts['seconds']:.2f} s inside the process")
    if rows <= COMPARED:
        bare, indexed = raw_copy(batch)
        bar = BAR if rows <= ROWS else 4 * indexed
        print(f"  psycopg2's COPY as text: {indexed:.2f} s into the indexed partition", end="")
        print(f" (ratio {seconds / indexed:.2f}, bar 4), {bare:.2f} s without index")
    print(f"  peak of the process {memory:.0f} MB   bar {MEMORY} MB; by step, database beside it:")
    for step, (begun, ours, theirs) in steps.items():
        print(f"    from {begun:6.1f} s {step:40.40s} {ours:5.0f} MB, {theirs:5.0f} MB")
    print(f"  longest time without a move of the bar {gap:.1f} s   bar {STEP:.0f} s", end="")
    print(f" (at: {moves.where})   load {os.getloadavg()[0]:.1f}")
    return 0 if seconds <= bar and whole and memory < MEMORY and gap <= STEP else 1


class Moves(threading.Thread):
    """Watches what the page would show, ten times a second; the longest stand-still."""

    def __init__(self, job_id: int) -> None:
        super().__init__(daemon=True)
        self.job_id, self.over, self.longest, self.where = job_id, threading.Event(), 0.0, ""
        self.start()

    def run(self) -> None:
        from django.db import connection

        from recweb.jobs.models import Job

        shown, since = None, 0.0
        while not self.over.wait(0.1):
            row = Job.objects.values_list("done", "step", "state").get(pk=self.job_id)
            if row[2] == "running" and row[1] and row != shown:
                if shown is not None:  # from the first figure on: a process needs time to start
                    if (gap := time.monotonic() - since) > self.longest:
                        self.longest, self.where = gap, shown[1]
                shown, since = row, time.monotonic()
        connection.close()

    def end(self) -> float:
        self.over.set()
        self.join()
        return self.longest


class Held(threading.Thread):
    """Resident memory while the job runs: of its process, and of the database behind it without
    the memory that its processes share; the peak of each step."""

    def __init__(self, job_id: int) -> None:
        super().__init__(daemon=True)
        self.job_id, self.over, self.begun = job_id, threading.Event(), time.monotonic()
        self.steps: dict[str, tuple[float, float, float]] = {}
        self.start()

    def run(self) -> None:
        from django.db import connection

        from recweb.jobs.models import Job

        while not self.over.wait(0.2):
            step = Job.objects.values_list("step", flat=True).get(pk=self.job_id)
            name = re.sub(r"[0-9]+.*| \(.*", "", step or "starting").strip()
            since, *peak = self.steps.get(name, (time.monotonic() - self.begun, 0.0, 0.0))
            ours, theirs = resident()
            self.steps[name] = (since, max(peak[0], ours), max(peak[1], theirs))
        connection.close()

    def end(self) -> dict[str, tuple[float, float, float]]:
        self.over.set()
        self.join()
        return self.steps


def resident() -> tuple[float, float]:
    """MB of the largest process that this one started, and of all of its database's."""
    home = Path(os.environ["RECWEB_HOME"])
    servers = {int(each.read_text().split()[0]) for each in home.rglob("postmaster.pid")}
    ours = theirs = 0.0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            lines = (place / "status").read_text().splitlines()
        except OSError:
            continue  # it has ended meanwhile
        said = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
        if int(said["PPid"][0]) == os.getpid():
            ours = max(ours, int(said.get("VmRSS", ["0"])[0]) / 1024)
        elif int(said["PPid"][0]) in servers:
            theirs += int(said.get("RssAnon", ["0"])[0]) / 1024
    return ours, theirs


def cancelled(file: Path, places: Sequence[float]) -> int:
    """Cancel the import in every stage of it: how soon the job is cancelled, and how soon the
    worker has thrown away what it had written (gigabytes of a hidden table take a while)."""
    from recweb.datasets import partitions
    from recweb.jobs import child, orders
    from recweb.jobs.models import Job

    worst, stopped = 0.0, 0
    for share in places:
        batch, job = order(file)
        watcher = threading.Thread(target=child.run, args=(job,))
        watcher.start()
        stage = wait(job.pk, share)  # type: ignore[attr-defined]
        start = time.monotonic()
        orders.cancel(job)  # type: ignore[arg-type]
        while Job.objects.get(pk=job.pk).is_live:  # type: ignore[attr-defined]
            time.sleep(0.02)
        seconds = time.monotonic() - start
        watcher.join()
        gone = time.monotonic() - start
        job.refresh_from_db()  # type: ignore[attr-defined]
        left = partitions.exists(partitions.of_import(batch.dataset_id, batch.pk))  # type: ignore[attr-defined]
        state = job.state  # type: ignore[attr-defined]
        print(f"  {stage:50.50s} {state} after {seconds:.2f} s", end="")
        print(f", all gone after {gone:.2f} s", flush=True)
        if job.state == "cancelled":  # type: ignore[attr-defined]
            assert not left
            stopped += 1
            worst = max(worst, seconds)
    print(f"longest of {stopped} cancels {worst:.2f} s   bar {STEP:.0f} s")
    return 0 if worst <= STEP and stopped else 1


def wait(job_id: int, share: float) -> str:
    """Until the job has done that share of its work; what it is doing then. Above 1: seconds."""
    from recweb.jobs.models import Job

    share, late = (LAST, share) if share > 1 else (share, 0.0)
    while True:
        row = Job.objects.get(pk=job_id)
        if late and row.total and row.done / row.total >= share:
            time.sleep(late)
            return f"{share:.2f} and {late:.0f} s: {Job.objects.get(pk=job_id).step}"
        if row.state not in ("queued", "running") or (row.total and row.done / row.total >= share):
            return f"{share:.2f} {row.step}"
        time.sleep(0.02)


def raw_copy(batch: object) -> tuple[float, float]:
    """Seconds of psycopg2's COPY of the same rows as text: without, and with the log's indexes."""
    from django.db import connection

    from recweb.datasets import partitions

    out = io.BytesIO()
    seconds = []
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT * FROM datasets_interaction WHERE import_id = {batch.pk}) TO STDOUT",  # type: ignore[attr-defined]
            out,
        )
        for table, indexed in (("raw_bare", False), ("raw_indexed", True)):
            partitions.create_staging(table, batch.dataset_id, batch.pk)  # type: ignore[attr-defined]
            if indexed:
                partitions.index(table)
            out.seek(0)
            start = time.perf_counter()
            cursor.copy_expert(f"COPY {table} FROM STDIN", out)
            seconds.append(time.perf_counter() - start)
    return seconds[0], seconds[1]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    given = [word for word in sys.argv[1:] if not word.startswith("-")]
    rows = int(given[0]) if given else ROWS
    where = [word for word in sys.argv[1:] if word.startswith("--cancel")]
    places = [float(part) for word in where for part in word.partition("=")[2].split(",") if part]
    raise SystemExit(
        main(
            rows,
            places or PLACES * len(where),
            sessions="--sessions" in sys.argv,
            whole=not where or "--whole" in sys.argv,
        )
    )
