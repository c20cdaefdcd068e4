"""Profile and health report of a log, in memory as the jobs have it.

    python benchmarks/bench_health.py [rows]     bar: 10,000,000 rows in 60 s; exit 1 above it

The log has a popularity law, users of unequal activity, ratings and times of two years. Figures
are CPU seconds of one thread (the wall clock of an idle machine); making the log is not counted.
"""

import os
import resource
import secrets
import sys
import tempfile
import time

import numpy as np
from scipy import sparse

ROWS, BAR = 10_000_000, 60.0


def main(rows: int) -> int:
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@/nothing")  # never connected to
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ["RECWEB_HOME"] = tempfile.mkdtemp(prefix="recweb-bench-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "recweb.settings"
    import django

    django.setup()
    from recweb.datasets import arrays, catalogue, profile, tasks
    from training import health
    from training.health.data import Data
    from training.log import Items, Log

    rng = np.random.default_rng(0)
    n_users, n_items = max(100, rows // 100), max(100, rows // 200)
    users = (n_users * rng.random(rows) ** 1.5).astype(np.int32)
    items = np.minimum((rng.pareto(0.9, rows) * n_items / 200).astype(np.int64), n_items - 1)
    at = np.sort(rng.integers(1_600_000_000, 1_663_000_000, rows))
    values = (rng.integers(1, 11, rows) / 2).astype(np.float32)
    events = np.zeros(rows, np.int16)
    titles = tuple(f"Title number {code} of {code % 97}" for code in range(n_items))
    table = arrays.Rows(users, items.astype(np.int32), events, values, at)
    facts = catalogue.Facts(
        ids=titles,
        titles=titles,
        topics=tuple((("even", "odd")[code % 2],) for code in range(n_items)),
        years=np.full(n_items, 2000, np.float32),
        texts=("",) * n_items,
        attributes=({},) * n_items,
        listed=np.ones(n_items, dtype=bool),
    )
    begun = time.process_time()
    profile.figures(table, ("rating",), facts, n_users)
    profiled = time.process_time() - begun
    rules = [{"event": "rating", "minimum": 2.5, "confidence": "one", "weight": 1.0}]
    splits = time.process_time()
    tasks.split_sizes(table, ("rating",), n_users, n_items, rules)
    splits = time.process_time() - splits
    log = Log(users, table.items, events, values, at, ("rating",), n_users, n_items)
    hot = sparse.csr_matrix(
        (np.ones(n_items, np.float32), np.arange(n_items) % 2, np.arange(n_items + 1)),
        shape=(n_items, 2),
    )
    listed = Items(titles, titles, ("even", "odd"), hot, facts.years)
    seconds = health.timed(Data(log, listed, facts.listed))
    whole = profiled + sum(seconds.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for code, each in {"profile": profiled, **seconds}.items():
        print(f"  {code:22} {each:7.2f} s")  # noqa: T201
    verdict = "ok" if whole <= BAR or rows > ROWS else "ABOVE THE BAR"
    print(  # noqa: T201
        f"profile and health of {rows:,} rows: {whole:.1f} s (bar {BAR:.0f} s at {ROWS:,}), split "
        f"sizes at import {splits:.1f} s, peak {peak:.0f} MB: {verdict}"
    )
    return int(verdict != "ok")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
