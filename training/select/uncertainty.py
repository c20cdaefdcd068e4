"""Uncertain pairs: those whose answer decides what enters a person's list of K.

Uncertainty sampling (Lewis and Gale 1994) with the edge of the list as the decision boundary.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def uncertainty(scores: npt.ArrayLike, unseen: npt.ArrayLike, k: int = 10) -> Floats:
    """Closeness of each pair's score to the user's K-th score, in [-1, 0]; 0 = the K-th itself.

    scores: (m, n), any unit; each user's are scaled to 0..1 over the unseen ones, so that no user
    counts more for having larger numbers. unseen: bool (m, n); where it is False, or the score is
    not finite, the answer is -inf. A user with fewer than k unseen items is measured from the
    last of them. k >= 1: a larger k asks further down the list.

    Raises ValueError when the shapes differ or k < 1.
    """
    values, mask = np.asarray(scores, np.float64), np.asarray(unseen, bool)
    if values.ndim != 2 or values.shape != mask.shape:
        raise ValueError(f"scores {values.shape} and unseen {mask.shape} must be one 2-D shape")
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    usable = mask & np.isfinite(values)
    out = np.full(values.shape, -np.inf)
    rows = np.flatnonzero(usable.any(axis=1))
    if not len(rows):
        return out
    mine, kept = values[rows], usable[rows]  # (r, n)
    low = np.where(kept, mine, np.inf).min(axis=1, keepdims=True)
    high = np.where(kept, mine, -np.inf).max(axis=1, keepdims=True)
    wide = np.where(high > low, high - low, 1.0)
    scaled = np.where(kept, (mine - low) / wide, -np.inf)
    place = np.minimum(k, kept.sum(axis=1)) - 1
    edge = np.take_along_axis(-np.sort(-scaled, axis=1), place[:, None], axis=1)  # (r, 1)
    out[rows] = np.where(kept, -np.abs(scaled - edge), -np.inf)
    return out


def spread(
    values: npt.ArrayLike, size: int, rng: np.random.Generator, per_row: int = 3
) -> tuple[Ints, Ints]:
    """The best cells of a table as (rows, columns), at most per_row from a row while others have.

    values: (m, n), larger = sooner; -inf = never. Rows take turns: each one's best cell, then
    each one's second best ..., and within a turn by value; ties are drawn by rng. Only when all
    rows gave per_row and `size` is not reached do rows give more. Fewer cells than size: all.

    Raises ValueError when values is not 2-D, or size or per_row is below 0 or 1.
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2:
        raise ValueError(f"values must be 2-D, got {table.shape}")
    if size < 0 or per_row < 1:
        raise ValueError(f"size must be >= 0 and per_row >= 1, got {size} and {per_row}")
    lots = rng.random(table.shape)
    order = np.lexsort((lots, -table), axis=1)  # (m, n): each row's cells, best first
    ranked = np.take_along_axis(table, order, axis=1)
    rows, ranks = np.nonzero(np.isfinite(ranked))
    worth = ranked[rows, ranks]
    turn = np.maximum(ranks - per_row + 1, 0)  # up to per_row cells of a row are one turn's
    luck = rng.permutation(len(rows))
    best = np.lexsort((luck, -worth, turn))[:size]
    return rows[best].astype(np.int64), order[rows[best], ranks[best]].astype(np.int64)
