"""One user's lists at many weights: items, relevance, variety, moves and reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recweb.tuning.shelf import Shelf, Taste
from training.serve import drops, lists_for, why

Reasons = dict[int, list[tuple[int, float, str]]]


@dataclass(frozen=True)
class Lists:
    """weights (w,); items: w lists of codes, best first; relevance: the same shape, 0..1 over the
    user's candidates; means (w,) of that; ild (w,): mean distance of the list's pairs, or None."""

    weights: list[float]
    items: list[list[int]]
    relevance: dict[int, float]
    means: list[float]
    ild: list[float | None]

    def at(self, weight: float) -> list[int]:
        return self.items[self.weights.index(weight)]

    @property
    def codes(self) -> set[int]:
        return {code for listed in self.items for code in listed}


def lists(shelf: Shelf, taste: Taste, weights: Sequence[float], k: int = 10) -> Lists:
    """By the kernel of the frontier and of the API, from the same candidates."""
    vectors = shelf.vectors
    picks = lists_for(taste.candidates, taste.scores, vectors, weights, k)
    shown = [row[row >= 0] for row in picks]
    alike = _alike(vectors[taste.candidates]) if len(taste.candidates) else np.ones((0, 0))
    worth = scaled(taste.scores)
    return Lists(
        [float(weight) for weight in weights],
        [taste.candidates[row].tolist() for row in shown],
        dict(zip(taste.candidates.tolist(), worth.tolist(), strict=True)),
        [float(worth[row].mean()) if len(row) else 0.0 for row in shown],
        [_ild(alike, row) for row in shown],
    )


def scaled(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Min-max over the user's candidates, 1 throughout when all are equal (api.md, Re-ranking)."""
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    return np.ones(len(scores)) if high <= low else (scores - low) / (high - low)


def _alike(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.clip(vectors @ vectors.T, 0.0, 1.0))


def _ild(alike: npt.NDArray[np.floating[Any]], row: npt.NDArray[np.int32]) -> float | None:
    if len(row) < 2:
        return None
    pairs = np.triu_indices(len(row), 1)
    return float(1.0 - alike[np.ix_(row, row)][pairs].mean())


def moves(first: Sequence[int], listed: Sequence[int]) -> list[int | None]:
    """Places won (+) or lost (-) against the list at weight 0; None: it was not in there."""
    was = {code: place for place, code in enumerate(first)}
    return [was[code] - place if code in was else None for place, code in enumerate(listed)]


def reasons(shelf: Shelf, taste: Taste, codes: Iterable[int]) -> Reasons:
    """History items behind each item: (code, share or likeness, kind)."""
    listed = sorted(codes)
    if taste.fallback or not listed:
        return {}
    found = why(shelf.bundle, np.array(listed), taste.history)
    return {
        code: [(reason.item, round(reason.weight, 4), reason.kind) for reason in behind]
        for code, behind in zip(listed, found, strict=True)
        if behind
    }


def without(shelf: Shelf, taste: Taste, first: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """For items of the list at weight 0: the one or two history items without which it would not
    hold them. Nothing where the model cannot be asked just as it was for this list."""
    if taste.fallback or taste.confidences is None:
        return {}
    return drops(shelf.bundle, np.array(first), taste.history, taste.seen, taste.confidences)
