"""Cost of re-ranking, frontier and serving beside their bars (performance.md). Exits 1 on a miss.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_frontier.py
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from training.distance import Distance  # noqa: E402
from training.rerank.frontier import CHUNK, WEIGHTS, bands, frontier, rerank  # noqa: E402
from training.rerank.mmr import mmr, scaled  # noqa: E402
from training.rerank.path import path  # noqa: E402
from training.serve import Bundle, recommend  # noqa: E402

missed = []


def core(work: Callable[[], object], runs: int = 9) -> float:
    """Median CPU seconds, warm."""
    work()
    spent = []
    for _ in range(runs):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return sorted(spent)[runs // 2]


def report(name: str, value: float, bar: float, unit: str) -> None:
    ok = value <= bar
    print(f"{'ok  ' if ok else 'MISS'} {name}: {value:.3g} {unit} (bar {bar:g})")
    if not ok:
        missed.append(name)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def one_weight(rng: np.random.Generator) -> None:
    m = 1000
    vectors = unit(rng.standard_normal((m, 200, 64)))
    relevance = -np.sort(-rng.random((m, 200)), axis=1)
    ours = core(lambda: mmr(relevance, vectors, 20, 0.5)) / m * 1e6
    report("MMR 200 -> 20, 64-d, per user", ours, 40, "core-us")
    try:
        import pyversity
    except ImportError:
        return
    floats = relevance.astype(np.float32)
    theirs = core(lambda: [pyversity.mmr(vectors[u], floats[u], 20, 0.5) for u in range(100)])
    ratio = ours / (theirs / 100 * 1e6)
    report("  the same against pyversity, share of its time", ratio, 0.5, "x")


def all_weights(rng: np.random.Generator) -> None:
    m, n_items, n = 943, 1682, 100
    topics = rng.random((n_items, 19)) < 0.12
    topics[:, 0] |= ~topics.any(axis=1)
    distance = Distance("categories", unit(topics))
    candidates = np.argsort(rng.random((m, n_items)), axis=1)[:, :n].astype(np.int32)
    scores = -np.sort(-rng.random((m, n)), axis=1)
    train, held = (sparse.random(m, n_items, d, "csr", rng=rng) for d in (0.06, 0.006))
    items = SimpleNamespace(topics=sparse.csr_matrix(topics, dtype=np.float32))
    split = SimpleNamespace(train=train, items=items)

    def lists() -> None:
        for start in range(0, m, CHUNK):
            part = slice(start, start + CHUNK)
            rerank(candidates[part], scores[part], distance, WEIGHTS, 10)

    report("re-rank 943 users x 21 weights, N=100, K=10", core(lists), 0.2, "core-s")
    run = lambda: frontier(candidates, scores, distance, held, split, resamples=2)  # noqa: E731
    # not in performance.md: re-ranking and 14 measures of every list
    report("the same with all measures", core(run), 0.6, "core-s")
    found = frontier(candidates, scores, distance, held, split)
    spent = core(lambda: bands(found.per_user, np.random.default_rng(0)), 3)
    name = f"bootstrap of all weights and {len(found.per_user)} measures, 2,000 resamples"
    report(name, spent, 0.5, "core-s")
    relevance, vectors = scaled(scores[0]), distance.vectors[candidates[0]]
    report("exact path of one user", core(lambda: path(relevance, vectors, 10)) * 1e3, 9, "core-ms")


def serving(rng: np.random.Generator) -> None:
    n_items = 9066
    factors = rng.standard_normal((n_items, 64)).astype(np.float32)
    arrays = {
        "user_factors": rng.standard_normal((671, 64)).astype(np.float32),
        "item_factors": factors,
        "gram": factors.T @ factors,
        "vectors": unit(rng.standard_normal((n_items, 64))),
        "fallback": np.arange(500, dtype=np.int32),
        "fallback_scores": np.ones(500, np.float32),
    }
    meta = {"form": "factors", "fold_in": "ials", "reg": 30.0, "alpha": 3.0}
    folded = Bundle("factors", arrays, meta)
    sparse_arrays = arrays | {
        "neighbours": rng.integers(0, n_items, (n_items, 200)).astype(np.int32),
        "weights": rng.random((n_items, 200)).astype(np.float32),
    }
    neighbours = Bundle("item-item", sparse_arrays, {"form": "item-item"})
    for name, bundle, user in (
        ("factors, known user", folded, 5),
        ("factors, fold-in", folded, None),
        ("item-item", neighbours, None),
    ):
        spent = []
        for _ in range(200):
            history = rng.integers(0, n_items, 150)
            start = time.perf_counter()
            recommend(bundle, user, history, history, 10, 0.3)
            spent.append(time.perf_counter() - start)
        report(f"serve 9k items, {name}, p95", sorted(spent)[190] * 1e3, 9, "ms")


if __name__ == "__main__":
    generator = np.random.default_rng(0)
    one_weight(generator)
    all_weights(generator)
    serving(generator)
    sys.exit(bool(missed))
