"""How well lists hit what the user took later: one number a user, from hits alone.

The work goes with the number of hits, not with users x list length: lists are mostly misses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int_]

NAMES = ("recall", "recall_capped", "precision", "f1", "hr", "ndcg", "mrr", "map")


def hits(lists: npt.NDArray[np.int32], truth: Any) -> npt.NDArray[np.bool_]:
    """Which listed items are held out. lists: (m, K), -1 padded; truth: csr (m, n_items) -> (m, K).

    Raises ValueError when the rows do not match.
    """
    m, width = lists.shape
    if truth.shape[0] != m:
        raise ValueError(f"truth must have a row a list: {m}, got {truth.shape[0]}")
    n_items = truth.shape[1]
    out = np.zeros((m, width), np.bool_)
    rows = max(1, min(m, 4_000_000 // (n_items + 1)))  # 4 MB of marks stay in cache
    # one column more: -1 lands there and is never marked
    marks = np.zeros(rows * (n_items + 1), np.bool_)
    for start in range(0, m, rows):
        stop = min(start + rows, m)
        first, last = truth.indptr[start], truth.indptr[stop]
        lengths = np.diff(truth.indptr[start : stop + 1])
        base = np.arange(stop - start, dtype=np.int64) * (n_items + 1)
        mine = np.repeat(base, lengths) + truth.indices[first:last]
        marks[mine] = True
        flat = lists[start:stop] + base[:, None]
        flat[lists[start:stop] < 0] += n_items + 1
        np.take(marks, flat, out=out[start:stop], mode="clip")
        marks[mine] = False
    return out


def discounts(width: int) -> Floats:
    """1 / log2(rank + 1) for ranks 1..width (Järvelin & Kekäläinen 2002)."""
    return 1.0 / np.log2(np.arange(2, width + 2))


def accuracy(
    hit: npt.NDArray[np.bool_],
    n_truth: npt.NDArray[np.int_],
    ks: Sequence[int],
    names: Sequence[str] = NAMES,
) -> dict[str, Floats]:
    """Every measure of NAMES at every k. hit: (m, K), n_truth: (m,) -> {"ndcg@10": (m,), ...}.

    Definitions of api.md: recall over |T|, recall_capped and map over min(k, |T|), precision over
    k however short the list, binary gain, ideal cut at k, f1 per user. All lie in 0..1, higher is
    better, NaN for users without held-out items. Raises ValueError when k exceeds the lists.
    """
    m, width = hit.shape
    if max(ks) > width:
        raise ValueError(f"k must be at most the list length {width}, got {max(ks)}")
    user, rank = np.divmod(np.flatnonzero(hit), width)  # rank from 0
    counts = np.bincount(user, minlength=m)
    nth = np.arange(len(user)) - np.repeat(np.cumsum(counts) - counts, counts)  # hit number from 0
    sums = _Sums(user, rank, nth, m, discounts(width))
    known = np.where(n_truth > 0, n_truth, np.nan).astype(np.float64)
    out: dict[str, Floats] = {}
    for k in ks:
        for name, values in _at(sums, known, k, names).items():
            out[f"{name}@{k}"] = values
    return out


class _Sums:
    """Sums over the hits of each user down to rank k."""

    def __init__(
        self,
        user: npt.NDArray[Any],
        rank: npt.NDArray[Any],
        nth: npt.NDArray[Any],
        m: int,
        d: Floats,
    ) -> None:
        self.user, self.rank, self.nth, self.m, self.disc = user, rank, nth, m, d

    def of(self, k: int, weights: npt.NDArray[Any] | None = None) -> Floats:
        near = self.rank < k
        values = None if weights is None else weights[near]
        return np.bincount(self.user[near], values, self.m).astype(np.float64)

    def first(self, k: int) -> Floats:
        return self.of(k, np.where(self.nth == 0, 1.0 / (self.rank + 1), 0.0))


def _at(sums: _Sums, known: Floats, k: int, names: Sequence[str]) -> dict[str, Floats]:
    found = sums.of(k)
    capped = np.minimum(known, k)
    precision = np.where(np.isnan(known), np.nan, found / k)
    out: dict[str, Floats] = {}
    for name in names:
        match name:
            case "recall":
                out[name] = found / known
            case "recall_capped":
                out[name] = found / capped
            case "precision":
                out[name] = precision
            case "f1":  # 2PR / (P + R) with P = h/k, R = h/|T|
                out[name] = 2 * found / (k + known)
            case "hr":
                out[name] = np.where(np.isnan(known), np.nan, found > 0)
            case "ndcg":
                ideal = np.cumsum(sums.disc[:k])
                best = ideal[np.nan_to_num(capped, nan=1.0).astype(np.int64) - 1]
                gained = sums.of(k, sums.disc[sums.rank])
                out[name] = np.where(np.isnan(known), np.nan, gained / best)
            case "mrr":
                out[name] = np.where(np.isnan(known), np.nan, sums.first(k))
            case "map":
                out[name] = sums.of(k, (sums.nth + 1) / (sums.rank + 1)) / capped
            case _:
                raise ValueError(f"no accuracy measure is called {name!r}; known: {NAMES}")
    return out
