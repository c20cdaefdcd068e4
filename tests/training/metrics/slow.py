"""The definitions of capabilities.md, one user at a time, as plainly as they can be written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Distance = Callable[[int, int], float]


def disc(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def ndcg(items: Sequence[int], truth: set[int], k: int) -> float:
    gained = sum(disc(r) for r, i in enumerate(items[:k], 1) if i in truth)
    return gained / sum(disc(r) for r in range(1, min(k, len(truth)) + 1))


def average_precision(items: Sequence[int], truth: set[int], k: int) -> float:
    total, found = 0.0, 0
    for r, i in enumerate(items[:k], 1):
        if i in truth:
            found += 1
            total += found / r
    return total / min(k, len(truth))


def reciprocal(items: Sequence[int], truth: set[int], k: int) -> float:
    return next((1 / r for r, i in enumerate(items[:k], 1) if i in truth), 0.0)


def ild(items: Sequence[int], d: Distance) -> float:
    n = len(items)
    total = sum(d(items[a], items[b]) for a in range(n) for b in range(a + 1, n))
    return 2 * total / (n * (n - 1))


def eild(
    items: Sequence[int],
    relevance: Sequence[float],
    d: Distance,
    discount: Callable[[int], float] = disc,
) -> float:
    n = len(items)
    whole = 1 / sum(discount(k) for k in range(1, n + 1))
    total = 0.0
    for k in range(1, n + 1):
        others = [j for j in range(1, n + 1) if j != k]
        weights = [discount(max(1, j - k)) * relevance[j - 1] for j in others]
        if sum(weights) == 0:
            continue
        unlike = [d(items[k - 1], items[j - 1]) for j in others]
        inner = sum(w * x for w, x in zip(weights, unlike, strict=True)) / sum(weights)
        total += whole * discount(k) * relevance[k - 1] * inner
    return total


def epc(items: Sequence[int], hit: Sequence[bool], known: Sequence[float]) -> float:
    whole = 1 / sum(disc(r) for r in range(1, len(items) + 1))
    return whole * sum(
        disc(r) * h * (1 - known[i]) for r, (i, h) in enumerate(zip(items, hit, strict=True), 1)
    )


def mix(topics: Sequence[Sequence[int]], weights: Sequence[float], n_topics: int) -> list[float]:
    """Weighted mean of p(g | i) over items that have topics."""
    out, total = [0.0] * n_topics, 0.0
    for mine, weight in zip(topics, weights, strict=True):
        for g in mine:
            out[g] += weight / len(mine)
        total += weight if mine else 0.0
    return [x / total for x in out] if total else out


def divergence(p: Sequence[float], q: Sequence[float], a: float = 0.01) -> float:
    return sum(x * math.log(x / ((1 - a) * y + a * x)) for x, y in zip(p, q, strict=True) if x > 0)
