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
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from recweb.datasets.arrays import Rows
    from recweb.datasets.catalogue import Facts

ROWS, BAR = 10_000_000, 60.0


def main(rows: int) -> int:
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@/nothing")  # never connected to
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ["RECWEB_HOME"] = tempfile.mkdtemp(prefix="recweb-bench-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "recweb.settings"
    import django

    django.setup()
    n_users, n_items = max(100, rows // 100), max(100, rows // 200)
    table, facts = planted(rows, n_users, n_items)
    profiled, splits = imported(table, facts, n_users)
    seconds = examined(table, facts, n_users)
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


def planted(rows: int, n_users: int, n_items: int) -> "tuple[Rows, Facts]":
    from recweb.datasets.arrays import Rows
    from recweb.datasets.catalogue import Facts

    rng = np.random.default_rng(0)
    users = (n_users * rng.random(rows) ** 1.5).astype(np.int32)
    items = np.minimum((rng.pareto(0.9, rows) * n_items / 200).astype(np.int64), n_items - 1)
    at = np.sort(rng.integers(1_600_000_000, 1_663_000_000, rows))
    values = (rng.integers(1, 11, rows) / 2).astype(np.float32)
    titles = tuple(f"Title number {code} of {code % 97}" for code in range(n_items))
    facts = Facts(
        ids=titles,
        titles=titles,
        topics=tuple((("even", "odd")[code % 2],) for code in range(n_items)),
        years=np.full(n_items, 2000, np.float32),
        texts=("",) * n_items,
        attributes=({},) * n_items,
        listed=np.ones(n_items, dtype=bool),
    )
    return Rows(users, items.astype(np.int32), np.zeros(rows, np.int16), values, at), facts


def imported(table: "Rows", facts: "Facts", n_users: int) -> tuple[float, float]:
    """CPU seconds of the profile and of the split sizes, which an import works out."""
    from recweb.datasets import profile, tasks

    begun = time.process_time()
    profile.figures(table, ("rating",), facts, n_users)
    profiled = time.process_time()
    rules = [{"event": "rating", "minimum": 2.5, "confidence": "one", "weight": 1.0}]
    tasks.split_sizes(table, ("rating",), n_users, len(facts), rules)
    return profiled - begun, time.process_time() - profiled


def examined(table: "Rows", facts: "Facts", n_users: int) -> dict[str, float]:
    """CPU seconds of each check of the health report."""
    from training import health
    from training.health.data import Data
    from training.log import Items, Log

    n_items = len(facts)
    columns = (table.users, table.items, table.events, table.values, table.at)
    log = Log(*columns, ("rating",), n_users, n_items)
    hot = sparse.csr_matrix(
        (np.ones(n_items, np.float32), np.arange(n_items) % 2, np.arange(n_items + 1)),
        shape=(n_items, 2),
    )
    listed = Items(facts.titles, facts.titles, ("even", "odd"), hot, facts.years)
    return health.timed(Data(log, listed, facts.listed))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
