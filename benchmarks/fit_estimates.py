"""Measures what the estimates before a run stand on, and prints the constants that fit.

Each model is trained on the demo ratings twice, in a process of its own: on all films (`wide`,
671 x 9,066) and on the 1,000 most rated (`narrow`, 671 x 1,000), which holds three quarters of the
events and a ninth of the pairs of a user and an item. What a run takes after its log is read:
the fit, both parts ranked and measured. Two sizes and two drivers:

    seconds = a x events / 100,000 + b x pairs / 10 million        a, b >= 0

With --log, the planted log of ../shared/tools/planted_log.py (1M: 20,000 x 10,000) is a third
size, for models that need nothing but events. Seconds are the processor's, on one thread: on a
busy machine the wall says nothing.

Run: python benchmarks/fit_estimates.py [--models pop,ials,head_tail] [--cache FOLDER] [--log FILE]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import quality_shelf as shelf  # noqa: E402
from quality_demo import demo_log  # noqa: E402
from scipy.optimize import nnls  # noqa: E402

from training import registry  # noqa: E402
from training.distance import choose  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.features import Rule, positives  # noqa: E402
from training.log import Items, Log  # noqa: E402
from training.models.contract import quiet  # noqa: E402
from training.ratings import rated  # noqa: E402
from training.split import Split, split  # noqa: E402

NARROW = 1000
SHAPES = ("wide", "narrow")


def narrowed(log: Log, items: Items) -> tuple[Log, Items]:
    """The log and the catalogue on the most rated films alone."""
    counts = np.bincount(log.items, minlength=log.n_items)
    kept = np.sort(np.argsort(-counts, kind="stable")[:NARROW])
    code = np.full(log.n_items, -1, np.int32)
    code[kept] = np.arange(NARROW)
    rows = code[log.items] >= 0
    assert items.vectors is not None  # noqa: S101  read before
    less = replace(
        items,
        titles=tuple(items.titles[at] for at in kept),
        texts=tuple(items.texts[at] for at in kept),
        topics=items.topics[kept],
        years=items.years[kept],
        vectors=items.vectors[kept],
    )
    log = replace(
        log,
        users=log.users[rows],
        items=code[log.items[rows]],
        events=log.events[rows],
        values=log.values[rows],
        at=None if log.at is None else log.at[rows],
        n_items=NARROW,
    )
    return log, less


def large(file: Path) -> Log:
    """A planted log, every event alike."""
    with np.load(file, allow_pickle=False) as found:
        users, items, at = found["user"], found["item"], found["time"]
    n = len(users)
    sizes = {"n_users": int(users.max()) + 1, "n_items": int(items.max()) + 1}
    values = np.ones(n, np.float32)
    return Log(users, items, np.zeros(n, np.int16), values, at, ("rating",), **sizes)


def material(shape: str, kind: str, cache: Path) -> tuple[Split, int]:
    """(the split that a model of this kind learns from, events of the log)."""
    if shape not in SHAPES:
        log = large(Path(shape))
        return split(positives(log, [Rule("rating")]), "user-temporal"), len(log)
    log, items = demo_log(), shelf.read(shelf.catalogue(), cache)
    if shape == "narrow":
        log, items = narrowed(log, items)
    made = rated(log) if kind == "rating" else positives(log, [Rule("rating", confidence="value")])
    return split(made, "user-temporal", items=items), len(log)


def once(model: str, shape: str, cache: Path) -> tuple[float, float, float]:
    """(events, pairs, processor's seconds) of one training with its ranking and measuring."""
    parts, events = material(shape, registry.model_spec(model)["kind"], cache)
    distance = choose(parts.items, parts.train) if shape in SHAPES else None
    started = time.process_time()
    made = registry.load_model(model)()
    made.fit(parts, rng=np.random.default_rng(0), progress=quiet)
    for part in ("validation", "test"):
        evaluate(made.scores, parts, part, distance=distance)
    spent = time.process_time() - started
    return events / 1e5, parts.n_users * parts.n_items / 1e7, spent


def main() -> int:
    ask = argparse.ArgumentParser()
    ask.add_argument("--models", default=",".join(shelf.trainable()))
    ask.add_argument("--cache", type=Path, help="where the vectors of the titles are kept")
    ask.add_argument("--log", help="a planted log, for a third size")
    ask.add_argument("--one", nargs=2, metavar=("MODEL", "SHAPE"), help="print one run's numbers")
    given = ask.parse_args()
    cache = given.cache or Path(tempfile.mkdtemp())
    if given.one:
        print(*once(*given.one, cache))
        return 0
    shapes = (*SHAPES, given.log) if given.log else SHAPES
    print(f"{'model':15s} seconds of {', '.join(shapes)}; a (100,000 events); b (10 million pairs)")
    for model in given.models.split(","):
        rows = [_child(model, shape, cache) for shape in shapes]
        drivers, seconds = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
        (a, b), _ = nnls(drivers / seconds[:, None], np.ones(len(rows)))  # relative errors
        told = " ".join(f"{one:8.1f}" for one in seconds)
        print(f"{model:15s} {told}   {a:8.2f}  {b:8.2f}", flush=True)
    return 0


def _child(model: str, shape: str, cache: Path) -> list[float]:
    words = [sys.executable, __file__, "--cache", str(cache), "--one", model, shape]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


if __name__ == "__main__":
    sys.exit(main())
