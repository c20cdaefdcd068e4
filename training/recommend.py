"""Scores to lists: the best unseen items of each user, the same ones every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Users = npt.NDArray[np.integer]
Scores = Callable[[Users], npt.NDArray[np.floating]]

SAMPLE, WIDE = 2048, 50  # columns that are sampled; columns for each one wanted: wide from here


def top(
    scores: Scores | npt.NDArray[np.floating], users: Users, mask: Any, k: int, chunk: int = 512
) -> tuple[npt.NDArray[np.int32], Floats]:
    """Best k unmasked items of each user. Ties: lower item code.

    scores: function of user codes (c,) -> (c, n_items), or an array (n_users, n_items);
    mask: csr (n_users, n_items), every stored pair is left out -> items int32 (m, k) padded -1,
    scores float64 (m, k) padded -inf. An item scored -inf is not recommended.
    Raises ValueError on scores of the wrong shape or NaN.
    """
    ask = scores if callable(scores) else lambda part: scores[part]
    items = np.full((len(users), k), -1, np.int32)
    best = np.full((len(users), k), -np.inf)
    for part, rows in masked(ask, users, mask, chunk):
        items[part], best[part] = top_rows(rows, k)
    return items, best


def masked(
    ask: Scores, users: Users, mask: Any, chunk: int = 512
) -> Iterator[tuple[slice, Floats]]:
    """Scores of the users in float64 with -inf where masked, chunk by chunk: (slice, (c, n))."""
    n_items = mask.shape[1]
    chunk = max(1, min(chunk, 8_000_000 // max(n_items, 1)))  # 64 MB of float64
    for start in range(0, len(users), chunk):
        mine = users[start : start + chunk]
        rows = _checked(ask(mine), (len(mine), n_items))
        left_out = mask[mine]
        at = np.repeat(np.arange(len(mine)), np.diff(left_out.indptr))
        rows[at, left_out.indices] = -np.inf
        yield slice(start, start + len(mine)), rows


def top_rows(rows: Floats, k: int) -> tuple[npt.NDArray[np.int32], Floats]:
    """Best k of each row, ties by lower column. (m, n), -inf = out -> items (m, k), scores (m, k).

    Of a wide row only what stands above a sampled threshold is sorted; a narrow one is partitioned,
    and where its k-th score is tied across the cut sorted in full.
    """
    m, n = rows.shape
    items = np.full((m, k), -1, np.int32)
    best = np.full((m, k), -np.inf)
    width = min(k, n)
    if not width or not m:
        return items, best
    if n >= WIDE * width:
        for place, row in enumerate(rows):
            found = _above(row, width)
            order = np.argsort(-row[found], kind="stable")[:width]
            items[place, :width], best[place, :width] = found[order], row[found[order]]
        items[best == -np.inf] = -1
        return items, best
    if width < n:
        picked = np.argpartition(rows, n - width, axis=1)[:, n - width :]
    else:
        picked = np.tile(np.arange(n), (m, 1))
    picked.sort(axis=1)  # lower codes first, then a stable sort by score
    worth = np.take_along_axis(rows, picked, 1)
    _mend(rows, picked, worth)
    order = np.argsort(-worth, axis=1, kind="stable")
    best[:, :width] = np.take_along_axis(worth, order, 1)
    items[:, :width] = np.take_along_axis(picked, order, 1)
    items[best == -np.inf] = -1
    return items, best


def _above(row: Floats, k: int) -> npt.NDArray[np.intp]:
    """Columns of a row that hold its best k and all that tie with them, lower ones first.

    A sample says where to cut so that some hundreds are left; should they be fewer than k, which
    the margin makes rare, the whole row comes back.
    """
    step = max(1, len(row) // SAMPLE)
    sample = row[::step]
    share = k / step
    place = len(sample) - 1 - min(len(sample) - 1, int(share + 4.0 * share**0.5 + 4.0))
    found = np.flatnonzero(row >= np.partition(sample, place)[place])
    return found if len(found) >= k else np.arange(len(row))


def _mend(rows: Floats, picked: npt.NDArray[np.intp], worth: Floats) -> None:
    """Give rows with a tie at the cut their lowest codes; the partition takes any of the tied."""
    cut = worth.min(axis=1, keepdims=True)
    several = (rows >= cut).sum(axis=1) > picked.shape[1]
    for row in np.flatnonzero(several & np.isfinite(cut[:, 0])):
        above = np.flatnonzero(rows[row] > cut[row])
        tied = np.flatnonzero(rows[row] == cut[row])[: picked.shape[1] - len(above)]
        picked[row] = np.sort(np.concatenate([above, tied]))
        worth[row] = rows[row, picked[row]]


def _checked(values: npt.NDArray[np.floating], shape: tuple[int, int]) -> Floats:
    rows = np.array(values, np.float64)  # a copy: the mask is written into it
    if rows.shape != shape:
        raise ValueError(f"scores must be {shape}, got {rows.shape}")
    if np.isnan(rows).any():
        bad = int(np.isnan(rows).any(axis=1).sum())
        raise ValueError(f"scores hold NaN for {bad} of {shape[0]} users; the model has diverged")
    return rows
