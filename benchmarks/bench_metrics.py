"""Cost of the measures beside their bars (performance.md). Exits 1 when one is missed.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_metrics.py
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
from training.evaluate import evaluate  # noqa: E402
from training.metrics.accuracy import accuracy, hits  # noqa: E402
from training.metrics.catalogue import Catalogue, coverage, exposure, gini  # noqa: E402
from training.metrics.novelty import novelty  # noqa: E402
from training.metrics.variety import ild  # noqa: E402

FIVE = ("recall", "precision", "ndcg", "mrr", "map")
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
    print(f"{'ok  ' if ok else 'MISS'} {name}: {value:.2f} {unit} (bar {bar:g})")
    if not ok:
        missed.append(name)


def accuracy_of_lists(rng: np.random.Generator) -> None:
    m, width, n_items = 10_000, 100, 20_000
    lists = rng.integers(0, n_items, (m, width)).astype(np.int32)
    held = sparse.csr_matrix(
        (
            np.ones(m * 10, np.float32),
            (np.repeat(np.arange(m), 10), rng.integers(0, n_items, m * 10)),
        ),
        shape=(m, n_items),
    )
    for user in range(0, m, 2):  # half of the users with hits
        lists[user, user % 50] = held[user].indices[0]
    size = np.diff(held.indptr)
    spent = core(lambda: accuracy(hits(lists, held), size, (width,), FIVE))
    report("five accuracy metrics, 10k users, top-100", spent * 1e3, 10, "core-ms")


def beyond_accuracy(rng: np.random.Generator) -> None:
    m, n_items, k = 10_000, 20_000, 10
    lists = np.argpartition(rng.random((m, 200)), k, axis=1)[:, :k].astype(np.int32)
    lists = (lists * 97 + rng.integers(0, n_items, (m, 1))).astype(np.int32) % n_items
    vectors = rng.standard_normal((n_items, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    distance = Distance("text", vectors)
    train = sparse.random(m, n_items, 0.001, "csr", rng=rng)
    catalogue = Catalogue.of(train)
    none = np.zeros(lists.shape, np.bool_)

    def work() -> None:
        ild(distance.pairs(lists), lists >= 0, (k,))
        novelty(lists, none, catalogue, (k,))
        counts = exposure(lists, n_items)
        coverage(counts)
        gini(counts)

    report("ILD + novelty + coverage + Gini, 10k users, 64-d", core(work) * 1e3, 20, "core-ms")


def whole(rng: np.random.Generator) -> None:
    users, n_items = 671, 9066
    parts = [sparse.random(users, n_items, d, "csr", rng=rng) for d in (0.013, 0.0016, 0.0016)]
    train, validation, test = parts
    topics = sparse.csr_matrix(rng.random((n_items, 20)) < 0.1, dtype=np.float32)
    split = SimpleNamespace(
        train=train,
        validation=validation,
        test=test,
        items=SimpleNamespace(topics=topics),
        masked=lambda part: train + validation,
    )
    dense = np.asarray(topics.todense())
    vectors = dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1)
    scores = rng.standard_normal((users, n_items))
    distance = Distance("categories", vectors)
    spent = core(lambda: evaluate(lambda u: scores[u], split, "test", distance=distance), 3)
    report("evaluate 671 users x 9,066 items, all measures", spent, 2, "core-s")


if __name__ == "__main__":
    generator = np.random.default_rng(0)
    accuracy_of_lists(generator)
    beyond_accuracy(generator)
    whole(generator)
    sys.exit(bool(missed))
