"""Relevance against variety at every weight: the same users, all measures, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.distance import Distance
from training.metrics.accuracy import hits
from training.metrics.catalogue import Catalogue, coverage, exposure, gini
from training.metrics.per_user import per_user
from training.rerank.mmr import ONE, grid, scaled, similarity
from training.stats import RESAMPLES, bootstrap_frontier

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

WEIGHTS = np.linspace(0.0, 1.0, 21)
KEPT = 10_000  # users whose own numbers are kept; the means stand on all of them
CHUNK = 64  # users whose similarities stay in cache
OF_ALL = ("coverage", "gini")  # measures of all lists together: no number of one user


@dataclass(frozen=True)
class Frontier:
    """Measures at each weight. weights (w,), 0 = by relevance alone, 1 = by diversity alone.

    means: measure -> (w,), per-user ones and coverage@k, gini@k; intervals: measure -> (w, 2),
    95 % over users, per-user ones only; per_user: measure -> float32 (kept, w), NaN where
    undefined; rows int32 (kept,): the input rows kept (all of them up to 10,000, then a sample
    spread over history lengths); lists int32 (w, kept, k): item codes, -1 padded.
    """

    weights: Floats
    means: dict[str, Floats]
    intervals: dict[str, Floats]
    per_user: dict[str, npt.NDArray[np.float32]]
    lists: Ints
    rows: Ints
    n: int
    k: int
    reranker: str
    source: str


def frontier(
    candidates: Ints,
    scores: Floats,
    distance: Distance,
    truth: Any,
    split: Any,
    *,
    weights: Sequence[float] | Floats = WEIGHTS,
    k: int = 10,
    reranker: str = "mmr",
    users: npt.NDArray[np.integer] | None = None,
    rng: np.random.Generator | None = None,
    keep: int = KEPT,
    resamples: int = RESAMPLES,
) -> Frontier:
    """Re-rank and measure every user at every weight.

    candidates int32 (m, N) padded -1, scores (m, N): of `evaluate`, best first; truth: csr of the
    held-out pairs, a row a user code (then users (m,) says which) or a row a candidate row;
    split: for popularity, topics and histories; rng: for the intervals, seed 0 unless given.
    Raises ValueError on wrong shapes, no users, a weight outside 0..1, an unknown re-ranker.
    """
    if reranker != "mmr":
        raise ValueError(f"reranker must be 'mmr', got {reranker!r}")
    _check(candidates, scores, truth, users, split)
    who = np.arange(len(candidates)) if users is None else np.asarray(users)
    mine = truth[who]
    sizes = np.diff(split.train.indptr)[who]
    rows = spread(sizes, keep)
    catalogue = Catalogue.of(split.train, getattr(split.items, "topics", None))
    chosen = np.asarray(weights, np.float64)
    sums = _Sums(len(chosen), len(candidates), catalogue.n_items, rows, k)
    for part in _parts(len(candidates)):
        lists, unlike = rerank(candidates[part], scores[part], distance, chosen, k)
        found = _measure(lists, unlike, mine[part], split.train[who[part]], catalogue)
        sums.add(part, lists, found)
    means, intervals = sums.result(k, rng or np.random.default_rng(0), resamples)
    return Frontier(
        weights=chosen,
        means=means,
        intervals=intervals,
        per_user=sums.kept,
        lists=sums.lists,
        rows=rows,
        n=len(candidates),
        k=k,
        reranker=reranker,
        source=distance.source,
    )


def rerank(
    candidates: Ints, scores: Floats, distance: Distance, weights: Floats, k: int
) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Lists at every weight and their pairwise distances.

    candidates and scores: (m, N) -> items int32 (w, m, k), distances float32 (w, m, k, k).
    """
    sim = similarity(distance.vectors[candidates])
    picks = grid(scaled(np.where(candidates < 0, np.nan, scores)), sim, k, weights)
    user = np.arange(len(candidates))[None, :, None]
    lists = np.where(picks < 0, -1, candidates[user, picks]).astype(np.int32)
    alike = sim[user[..., None], picks[..., :, None], picks[..., None, :]]
    unlike = (1.0 - alike / np.float32(ONE)).astype(np.float32)
    gone = picks < 0
    unlike[gone[..., :, None] | gone[..., None, :]] = 0.0
    return lists, unlike


def spread(sizes: npt.NDArray[np.integer], keep: int) -> Ints:
    """At most `keep` rows, evenly over history lengths. sizes: (m,) -> sorted rows int32."""
    if len(sizes) <= keep:
        return np.arange(len(sizes), dtype=np.int32)
    order = np.argsort(sizes, kind="stable")
    every = (np.arange(keep) * len(sizes)) // keep
    return np.sort(order[every]).astype(np.int32)


def _check(
    candidates: Ints, scores: Floats, truth: Any, users: npt.NDArray[Any] | None, split: Any
) -> None:
    if candidates.ndim != 2 or scores.shape != candidates.shape:
        raise ValueError(
            f"candidates and scores must be (m, N), got {candidates.shape} and {scores.shape}"
        )
    if not len(candidates):
        raise ValueError("there is no user to re-rank: nobody has held-out items in this part")
    if users is None and truth.shape[0] != len(candidates):
        raise ValueError(
            f"truth has {truth.shape[0]} rows for {len(candidates)} candidate rows; pass users"
        )
    if users is not None and len(users) != len(candidates):
        raise ValueError(f"users must be ({len(candidates)},), got {users.shape}")
    if truth.shape[1] != split.train.shape[1]:
        raise ValueError(f"truth has {truth.shape[1]} items, the split {split.train.shape[1]}")


def _parts(m: int) -> Iterator[slice]:
    for start in range(0, m, CHUNK):
        yield slice(start, min(start + CHUNK, m))


def _measure(
    lists: Ints, unlike: npt.NDArray[np.float32], truth: Any, history: Any, catalogue: Catalogue
) -> dict[str, npt.NDArray[np.float32]]:
    """Every measure of (w, c, k) lists -> {"ndcg@10": (w, c)}: all weights as one batch."""
    w, c, k = lists.shape
    flat = lists.reshape(w * c, k)
    hit = np.concatenate([hits(lists[i], truth) for i in range(w)])
    profiles = None
    if catalogue.shares is not None:
        profiles = np.tile(catalogue.profiles(history), (w, 1))
    found = per_user(
        flat,
        hit,
        np.tile(np.diff(truth.indptr), w),
        catalogue,
        (k,),
        distances=unlike.reshape(w * c, k, k),
        profiles=profiles,
    )
    return {name: values.reshape(w, c) for name, values in found.items()}


class _Sums:
    """Running sums over all users, and the numbers of those that are kept."""

    def __init__(self, w: int, m: int, n_items: int, rows: Ints, k: int) -> None:
        self.w, self.m, self.rows = w, m, rows
        self.slot = np.full(m, -1)
        self.slot[rows] = np.arange(len(rows))
        self.lists = np.full((w, len(rows), k), -1, np.int32)
        self.kept: dict[str, npt.NDArray[np.float32]] = {}
        self.moments: dict[str, Floats] = {}  # count, sum, sum of squares: (3, w)
        self.shown = np.zeros((w, n_items), np.int64)

    def add(self, part: slice, lists: Ints, found: dict[str, npt.NDArray[np.float32]]) -> None:
        inside = self.slot[part] >= 0
        at = self.slot[part][inside]
        self.lists[:, at] = lists[:, inside]
        for i in range(self.w):
            self.shown[i] += exposure(lists[i], self.shown.shape[1])
        for name, values in found.items():
            own = self.kept.setdefault(name, np.full((len(self.rows), self.w), np.nan, np.float32))
            own[at] = values[:, inside].T
            there = ~np.isnan(values)
            filled = np.where(there, values, 0.0).astype(np.float64)
            new = np.stack([there.sum(axis=1), filled.sum(axis=1), (filled**2).sum(axis=1)])
            self.moments[name] = self.moments.get(name, np.zeros((3, self.w))) + new

    def result(
        self, k: int, rng: np.random.Generator, resamples: int
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        means, intervals = {}, {}
        for name, (count, total, _) in self.moments.items():
            means[name] = total / np.where(count > 0, count, np.nan)
        if len(self.rows) == self.m:
            intervals = bands(self.kept, rng, resamples)
        else:
            intervals = {name: _normal(moments) for name, moments in self.moments.items()}
        means[f"coverage@{k}"] = np.array([coverage(shown) for shown in self.shown])
        means[f"gini@{k}"] = np.array([gini(shown) for shown in self.shown])
        return means, intervals


def bands(
    per_user: dict[str, npt.NDArray[np.float32]],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> dict[str, Floats]:
    """95 % bootstrap intervals of every measure at every weight, from the same resamples.

    per_user: measure -> (m, w) -> measure -> (w, 2).
    """
    if not per_user:
        return {}
    found = bootstrap_frontier(np.hstack(list(per_user.values())), rng, resamples)
    edges = np.array([(x.lo, x.hi) for x in found]).reshape(len(per_user), -1, 2)
    return dict(zip(per_user, edges, strict=True))


def _normal(moments: Floats) -> Floats:
    """Normal 95 % interval from running sums: (3, w) -> (w, 2). For more users than are kept."""
    count, total, squares = moments
    n = np.where(count > 1, count, np.nan)
    mean = total / n
    error = np.sqrt(np.maximum(squares / n - mean**2, 0.0) / (n - 1))
    return np.column_stack([mean - 1.96 * error, mean + 1.96 * error])
