"""Full ranking of the whole catalogue for every user with held-out items; never sampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.distance import Distance
from training.metrics.accuracy import hits
from training.metrics.auc import auc
from training.metrics.catalogue import Catalogue, coverage, exposure, gini
from training.metrics.per_user import per_user
from training.recommend import Scores, masked, top_rows

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int, str], None]
PARTS = ("validation", "test")


@dataclass(frozen=True)
class Evaluation:
    """What the model's lists are worth, user by user.

    users int32 (m,): those with held-out items; n_without: how many have none; per_user: metric
    name -> float32 (m,), NaN where undefined; overall: measures of all lists together;
    candidates int32 (m, N) and candidate_scores float64 (m, N): the top N unseen, padded -1, -inf;
    source: the distance behind ild and eild, None without.
    """

    users: npt.NDArray[np.int32]
    n_without: int
    per_user: dict[str, npt.NDArray[np.float32]]
    overall: dict[str, float]
    candidates: npt.NDArray[np.int32]
    candidate_scores: Floats
    ks: tuple[int, ...]
    source: str | None


def evaluate(
    scores: Scores,
    split: Any,
    part: str,
    *,
    distance: Distance | None,
    ks: Sequence[int] = (5, 10, 20),
    n_candidates: int = 100,
    progress: Progress | None = None,
    users: npt.NDArray[np.integer] | None = None,
    exclude: Any = None,
    chunk: int = 512,
) -> Evaluation:
    """Every measure on one part of a split.

    scores: function of user codes (c,) -> (c, n_items), higher is better; split: training.split.
    Split; part: "validation" (train is masked) or "test" (train and validation are); users: only
    these; exclude: csr of pairs that leave candidates and truth alike (labelled pairs).
    Raises ValueError on an unknown part, ks out of range, scores of the wrong shape or NaN.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {PARTS}, got {part!r}")
    if not ks or min(ks) < 1 or n_candidates < 1:
        raise ValueError(f"ks and n_candidates must be at least 1, got {ks} and {n_candidates}")
    mask = _pattern(split.masked(part), exclude)
    held = held_out(getattr(split, part), mask)
    asked = np.arange(held.shape[0]) if users is None else np.asarray(users)
    some = np.diff(held.indptr)[asked] > 0
    mine = asked[some].astype(np.int32)
    truth = held[mine]
    found = _rank(scores, mine, mask, truth, max(n_candidates, *ks), chunk, progress)
    candidates, worth, area = found
    measured = _measure(candidates[:, : max(ks)], truth, split, mine, distance, ks)
    measured["auc"] = area.astype(np.float32)
    return Evaluation(
        users=mine,
        n_without=int(len(asked) - len(mine)),
        per_user=measured,
        overall=overall(candidates, worth, split.train.shape[1], ks),
        candidates=candidates[:, :n_candidates],
        candidate_scores=worth[:, :n_candidates],
        ks=tuple(ks),
        source=None if distance is None else distance.source,
    )


def _measure(
    lists: npt.NDArray[np.int32],
    truth: Any,
    split: Any,
    users: npt.NDArray[np.int32],
    distance: Distance | None,
    ks: Sequence[int],
) -> dict[str, npt.NDArray[np.float32]]:
    catalogue = Catalogue.of(split.train, getattr(split.items, "topics", None))
    return per_user(
        lists,
        hits(lists, truth),
        np.diff(truth.indptr),
        catalogue,
        ks,
        distances=None if distance is None else distance.pairs(lists),
        profiles=None if catalogue.shares is None else catalogue.profiles(split.train[users]),
    )


def overall(
    candidates: npt.NDArray[np.int32], worth: Floats, n_items: int, ks: Sequence[int]
) -> dict[str, float]:
    """coverage@k, gini@k and ties@k (share of users whose k-th and next score are equal)."""
    out: dict[str, float] = {}
    for k in ks:
        counts = exposure(candidates[:, :k], n_items)
        out[f"coverage@{k}"] = coverage(counts)
        out[f"gini@{k}"] = gini(counts)
        if len(worth) and worth.shape[1] > k:
            tied = (worth[:, k - 1] == worth[:, k]) & np.isfinite(worth[:, k])
            out[f"ties@{k}"] = float(tied.mean())
    return out


def held_out(part: Any, mask: Any) -> Any:
    """The part without pairs that cannot be ranked. Two csr (n_users, n_items) -> csr."""
    pairs = _pattern(part, None)
    left = (pairs - pairs.multiply(mask)).tocsr()
    left.eliminate_zeros()
    left.sort_indices()
    return left


def _pattern(first: Any, second: Any) -> Any:
    """Union of the stored positive pairs as 0/1 csr."""
    both = (first > 0).astype(np.int8)
    if second is not None:
        both = ((both + (second > 0).astype(np.int8)) > 0).astype(np.int8)
    return both.tocsr()


def _rank(
    scores: Scores,
    users: npt.NDArray[np.int32],
    mask: Any,
    truth: Any,
    width: int,
    chunk: int,
    progress: Progress | None,
) -> tuple[npt.NDArray[np.int32], Floats, Floats]:
    """Top lists, their scores and each user's area under the curve, in one pass over the scores."""
    candidates = np.full((len(users), width), -1, np.int32)
    worth, area = np.full((len(users), width), -np.inf), np.full(len(users), np.nan)
    n_masked = np.diff(mask.indptr)
    for part, rows in masked(scores, users, mask, chunk):
        candidates[part], worth[part] = top_rows(rows, width)
        mine = truth[part]
        area[part] = auc(rows, n_masked[users[part]], mine.indptr, mine.indices)
        if progress is not None:
            progress(part.stop, len(users), "rank")
    return candidates, worth, area
