"""Answer from a published bundle: score, leave out, re-rank, say why.

numpy only: the one part of training that the web process may import, with the registry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.bundle import Bundle
from training.counterfactual import drops
from training.distance import Distance
from training.metrics.variety import ild
from training.recommend import top_rows
from training.rerank.mmr import grid, scaled, similarity

Floats = npt.NDArray[np.float64]
Items = npt.NDArray[np.integer]

N_REASONS = 3

__all__ = [
    "Bundle",
    "Measures",
    "Pick",
    "Reason",
    "Served",
    "alike",
    "drops",
    "lists_for",
    "lists_of",
    "measures",
    "recommend",
    "why",
]


class Reason(NamedTuple):
    """A history item behind a pick. kind "contributed": weight = its share of the pick's score;
    "similar": weight = cosine to the pick.
    """

    item: int
    weight: float
    kind: str


class Pick(NamedTuple):
    """One recommended item. relevance: score scaled to 0..1 over the user's candidates; filled:
    from the popular list, because the model had too few items (its score is 0).
    """

    item: int
    score: float
    relevance: float
    reasons: tuple[Reason, ...]
    filled: bool = False


class Measures(NamedTuple):
    """Of one list: ild in 0..1, None below two items; novelty = msi in bits; None = not known."""

    ild: float | None
    novelty: float | None


class Served(NamedTuple):
    """picks, best first; fallback: True when nothing was known of the user."""

    picks: list[Pick]
    fallback: bool


def recommend(
    bundle: Bundle,
    user: int | None,
    history: Items,
    exclude: Items,
    k: int,
    diversity: float,
    n_candidates: int = 100,
    confidences: npt.ArrayLike | None = None,
) -> Served:
    """Best k picks for one user. diversity 0: by relevance alone, 1: by diversity alone.

    exclude: item codes left out (the seen ones, unless repeats are wanted). Fewer than k only when
    model and popular list have no more. Raises ValueError on k < 1, diversity outside 0..1, or
    above 0 where the bundle has no distance vectors.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    gone = bundle.known_items(exclude)
    scores = bundle.scores(user, history, confidences)
    scores[gone] = -np.inf
    items, worth = top_rows(scores[None], max(n_candidates, k))
    kept = items[0] >= 0
    candidates, values = items[0][kept], worth[0][kept]
    if diversity > 0.0 and "vectors" not in bundle.arrays:
        raise ValueError("this bundle has no distance vectors, so diversity must be 0")
    vectors = bundle.arrays.get("vectors")
    if vectors is None:
        vectors = np.ones((bundle.n_items, 1), np.float32)
    order = lists_for(candidates, values, vectors, [diversity], k)[0]
    order = order[order >= 0]
    chosen, relevance = candidates[order], scaled(values)[order]
    fallback = not bundle.knows(user, history)
    # a popular list has no reason in the history
    none: list[tuple[Reason, ...]] = [() for _ in chosen]
    reasons = none if fallback else why(bundle, chosen, history, confidences)
    rows = zip(chosen.tolist(), values[order].tolist(), relevance.tolist(), reasons, strict=True)
    picks = [Pick(*row) for row in rows]
    picks += _fill(bundle, chosen, gone, k - len(picks))
    return Served(picks, fallback)


def lists_for(
    candidates: Items,
    scores: npt.ArrayLike,
    vectors: npt.NDArray[np.float32],
    weights: Sequence[float] | Floats,
    k: int,
) -> npt.NDArray[np.int32]:
    """Positions among one user's candidates at many weights, by the kernel of the frontier.

    candidates: (N,) item codes, best first, -1 = padding; scores: (N,); vectors: (n_items, d)
    unit rows of all items -> int32 (len(weights), k), padded -1.
    """
    codes = np.asarray(candidates, np.int64)
    if codes.shape != np.shape(scores) or codes.ndim != 1:
        raise ValueError(
            f"candidates and scores must be (N,), got {codes.shape}, {np.shape(scores)}"
        )
    if not len(codes):
        return np.full((len(weights), k), -1, np.int32)
    return lists_of(codes[None], np.asarray(scores)[None], vectors, weights, k)[:, 0]


def lists_of(
    candidates: Items,
    scores: npt.ArrayLike,
    vectors: npt.NDArray[np.float32],
    weights: Sequence[float] | Floats,
    k: int,
) -> npt.NDArray[np.int32]:
    """`lists_for` of many users: candidates and scores (m, N) -> int32 (len(weights), m, k)."""
    codes = np.asarray(candidates, np.int64)
    relevance = scaled(np.where(codes < 0, np.nan, np.asarray(scores, np.float64)))
    return grid(relevance, similarity(vectors[codes]), k, weights)


def measures(bundle: Bundle, picks: Sequence[Pick]) -> Measures:
    """Diversity and novelty of one answer, as the evaluation defines them."""
    items = np.array([pick.item for pick in picks], np.int32)
    bits = spread = None
    if len(items) and "surprise" in bundle.arrays:
        bits = float(bundle.arrays["surprise"][items].mean())
    if len(items) > 1 and "vectors" in bundle.arrays:
        unlike = Distance("", bundle.arrays["vectors"]).pairs(items[None])
        spread = float(
            ild(unlike, np.ones((1, len(items)), np.bool_), (len(items),)).popitem()[1][0]
        )
    return Measures(spread, bits)


def why(
    bundle: Bundle, picks: Items, history: Items, confidences: npt.ArrayLike | None = None
) -> list[tuple[Reason, ...]]:
    """Up to three history items behind each pick, strongest first; () where there is none.

    item-item: those that added most to its score (exact); other forms: the nearest by distance.
    """
    mine, weights = bundle.weighted(history, confidences)
    if not len(mine) or not len(picks):
        return [() for _ in picks]
    if bundle.form == "item-item":
        return _contributed(bundle, picks, mine, weights)
    if "vectors" not in bundle.arrays:
        return [() for _ in picks]
    vectors = bundle.arrays["vectors"]
    return [
        _strongest(mine, row, "similar") for row in np.clip(vectors[picks] @ vectors[mine].T, 0, 1)
    ]


def alike(bundle: Bundle, item: int, n: int = 10) -> list[tuple[int, float]]:
    """The n items (code, likeness) that the model itself holds nearest to one, nearest first.

    item-item: the weight by which the item speaks for them; factors: cosine of the factors; other
    forms compare no items: []. Only likeness above 0. Raises IndexError on an item it never saw.
    """
    if not 0 <= item < bundle.n_items:
        raise IndexError(f"item must lie in 0..{bundle.n_items - 1}, got {item}")
    if bundle.form == "item-item":
        codes = np.asarray(bundle.arrays["neighbours"][item], np.int64)
        values = np.where(codes < 0, -np.inf, bundle.arrays["weights"][item])
    elif bundle.form == "factors":
        factors = bundle.arrays["item_factors"]
        lengths = np.linalg.norm(factors, axis=1) * np.linalg.norm(factors[item])
        values = (factors @ factors[item]) / np.where(lengths > 0, lengths, np.inf)
        codes = np.arange(len(values))
    else:
        return []
    values = np.where(codes == item, -np.inf, values)
    order = np.argsort(-values, kind="stable")[:n]
    return [(int(codes[at]), float(values[at])) for at in order if values[at] > 0]


def _contributed(
    bundle: Bundle, picks: Items, mine: npt.NDArray[np.int64], weights: Floats
) -> list[tuple[Reason, ...]]:
    slot = np.full(bundle.n_items + 1, -1, np.int32)  # one more: -1 padding lands there
    slot[picks] = np.arange(len(picks))
    targets = slot[bundle.arrays["neighbours"][mine]]  # (h, 200)
    row, column = np.nonzero(targets >= 0)
    parts = np.zeros((len(picks), len(mine)))
    parts[targets[row, column], row] = bundle.arrays["weights"][mine[row], column] * weights[row]
    positive = np.maximum(parts, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    shares = positive / np.where(total > 0, total, 1.0)
    return [_strongest(mine, row, "contributed") for row in shares]


def _strongest(
    mine: npt.NDArray[np.int64], weights: npt.NDArray[np.floating], kind: str
) -> tuple[Reason, ...]:
    order = np.argsort(-weights, kind="stable")[:N_REASONS]
    return tuple(Reason(int(mine[i]), float(weights[i]), kind) for i in order if weights[i] > 0)


def _fill(bundle: Bundle, chosen: Items, gone: Items, lacking: int) -> list[Pick]:
    """Popular items for the places that the model left empty."""
    if lacking <= 0:
        return []
    popular = np.asarray(bundle.arrays["fallback"])
    popular = popular[(popular >= 0) & ~np.isin(popular, np.concatenate([chosen, gone]))]
    return [Pick(int(item), 0.0, 0.0, (), True) for item in popular[:lacking]]
