"""Fifty annotators at one queue: claim and answer, at full speed and with a second to think.

    python benchmarks/bench_label.py [samples]     bar: p95 150 ms with 1 s to think, 0 doubles

Real Postgres that syncs to disk, one connection a person; the product's own claim and answer. The
speed without thinking is printed beside the 2,448 pairs/s of a bare-SQL trial, for information.
"""

import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

SAMPLES, PEOPLE, BAR_MS, TRIAL = 5000, 50, 150.0, 2448
THINK, TURNS = 1.0, 12


def main(samples: int) -> int:
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
        return measure(samples)
    finally:
        from django.db import connections

        connections.close_all()
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(samples: int) -> int:
    from recweb.datasets.models import Dataset
    from recweb.people.models import User
    from tests.labeling import crowd
    from tests.labeling.conftest import make_queue

    owner = User.objects.create_superuser("bench")
    dataset = Dataset.objects.create(slug="bench", name="bench", owner=owner)
    people = [User.objects.create_user(f"n{n}") for n in range(PEOPLE)]
    fast = make_queue(dataset, owner, size=samples)
    start = time.perf_counter()
    seen = crowd.work(fast, people)
    rate = len(seen.seconds) / (time.perf_counter() - start)
    whole = crowd.counted(fast) == samples
    calm = make_queue(dataset, owner, size=PEOPLE * TURNS)
    thought = crowd.work(calm, people, think=THINK, most=TURNS)
    double = crowd.doubles(fast) + crowd.doubles(calm)
    p95 = thought.p95 * 1000
    print(f"next + answer, {PEOPLE} people, {THINK:g} s to think: p95 {p95:.0f} ms", end="   ")
    print(f"bar {BAR_MS:.0f} ms")
    print(f"double assignments in {samples + PEOPLE * TURNS:,}: {double}   bar 0")
    print(f"without thinking: {rate:,.0f} pairs/s, p95 {seen.p95 * 1000:.0f} ms ({TRIAL:,} in SQL)")
    refused = seen.refused + thought.refused
    return 0 if p95 <= BAR_MS and double == 0 and whole and refused == 0 else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES))
