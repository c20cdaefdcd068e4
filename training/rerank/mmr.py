"""Maximal marginal relevance (Carbonell & Goldstein 1998), for many users and many weights at once.

Relevance and similarity are read as whole multiples of 2**-20 and the weight as whole thousandths,
so that every gain is an exact integer: a tie is a true tie, whatever the batch, the order of the
sums or the machine, and `path.py` finds the very lists that the grid finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
T = TypeVar("T", bound=np.generic)

ONE = 1 << 20  # a relevance or a similarity of 1
STEPS = 1000  # a weight of 1
# below every gain (-STEPS * ONE), and far enough from the end of int32 to lose another STEPS * ONE
TAKEN = -1_090_000_000


def scaled(scores: npt.ArrayLike) -> Floats:
    """Relevance in 0..1: min-max of each user's candidates (api.md, Re-ranking).

    scores: (m, N) or (N,), NaN or -inf where a row has no candidate -> same shape, NaN there.
    A row whose scores are all equal gets 1 throughout. Raises ValueError on +inf.
    """
    values = np.asarray(scores, np.float64)
    if np.isposinf(values).any():
        raise ValueError("scores must be finite, got +inf")
    there = np.isfinite(values)
    low = np.where(there, values, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    high = np.where(there, values, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
    span = high - low
    flat = ~(span > 0)
    with np.errstate(invalid="ignore"):
        out = np.where(flat, 1.0, (values - low) / np.where(flat, 1.0, span))
    return np.where(there, out, np.nan)


def similarity(vectors: npt.NDArray[np.float32]) -> Ints:
    """Cosine of unit rows, clipped to 0..1, in multiples of 2**-20.

    vectors: (..., N, d) -> (..., N, N) int32. The distance is ONE minus this.
    """
    return _whole(np.matmul(vectors, np.swapaxes(vectors, -1, -2)))


def thousandths(diversity: float) -> int:
    """The knob in whole thousandths. Raises ValueError outside 0..1."""
    if not 0.0 <= diversity <= 1.0:
        raise ValueError(f"diversity must lie in 0..1, got {diversity}")
    return round(float(diversity) * STEPS)


def mmr(
    relevance: npt.ArrayLike,
    vectors: npt.NDArray[np.float32] | None,
    k: int,
    diversity: float,
    *,
    sim: Ints | None = None,
) -> Ints:
    """Positions of k of N candidates per user; diversity 0: by relevance alone, 1: by unlikeness.

    Step gain (1 - diversity) * relevance - diversity * max similarity to what is picked.
    relevance: (m, N) in 0..1, NaN = no candidate (see `scaled`); candidates in the order that
    settles ties (item code); vectors: (m, N, d) unit rows, or sim: (m, N, N) from `similarity`
    -> (m, k) int32, -1 where the candidates ran out. Ties: by relevance, then by position; so 1
    is the limit from the left, and the first pick is always the most relevant one.
    Raises ValueError on shapes that do not fit, relevance or diversity outside 0..1.
    """
    weight = thousandths(diversity)
    whole, order = _sorted(relevance)
    if sim is not None:
        _check(sim.shape, (*whole.shape, whole.shape[1]), "sim")
        return _restore(_picks(whole, _reorder(sim, order, 2), k, [weight])[0], order)
    if vectors is None or vectors.shape[:2] != whole.shape:
        got = None if vectors is None else vectors.shape
        raise ValueError(f"vectors must be {(*whole.shape, 'd')}, got {got}")
    return _restore(_stepwise(whole, _reorder(vectors, order, 1), k, weight), order)


def grid(relevance: npt.ArrayLike, sim: Ints, k: int, weights: Sequence[float] | Floats) -> Ints:
    """`mmr` for many weights at once: relevance (m, N), sim (m, N, N) -> (len(weights), m, k)."""
    whole, order = _sorted(relevance)
    _check(sim.shape, (*whole.shape, whole.shape[1]), "sim")
    steps = [thousandths(w) for w in weights]
    return _restore(_picks(whole, _reorder(sim, order, 2), k, steps), order)


def integers(relevance: npt.ArrayLike) -> Ints:
    """Relevance (m, N) in multiples of 2**-20, -1 where there is no candidate."""
    values = np.asarray(relevance, np.float64)
    if values.ndim != 2:
        raise ValueError(f"relevance must be 2-D, got {values.shape}")
    with np.errstate(invalid="ignore"):
        wrong = (values < 0) | (values > 1)
    if wrong.any():
        raise ValueError(f"relevance must lie in 0..1, got {values[wrong][0]}; scale it first")
    return np.where(np.isnan(values), -1, np.rint(values * ONE)).astype(np.int32)


def _check(got: tuple[int, ...], wanted: tuple[int, ...], name: str) -> None:
    if got != wanted:
        raise ValueError(f"{name} must be {wanted}, got {got}")


def _whole(cosines: npt.NDArray[np.float32]) -> Ints:
    np.clip(cosines, 0.0, 1.0, out=cosines)
    np.multiply(cosines, ONE, out=cosines)
    np.rint(cosines, out=cosines)
    return cosines.astype(np.int32)


def _sorted(relevance: npt.ArrayLike) -> tuple[Ints, npt.NDArray[np.intp] | None]:
    """Most relevant first, so that the first of equal gains is the right one."""
    values = np.asarray(relevance, np.float64)
    whole = integers(values)
    keys = np.where(np.isnan(values), -1.0, values)
    if keys.shape[1] < 2 or (keys[:, 1:] <= keys[:, :-1]).all():
        return whole, None
    order = np.argsort(-keys, axis=1, kind="stable")
    return np.take_along_axis(whole, order, 1), order


def _reorder(rows: npt.NDArray[T], order: npt.NDArray[np.intp] | None, axes: int) -> npt.NDArray[T]:
    if order is None:
        return rows
    rows = np.take_along_axis(rows, order[:, :, None], 1)
    return np.take_along_axis(rows, order[:, None, :], 2) if axes == 2 else rows


def _restore(picks: Ints, order: npt.NDArray[np.intp] | None) -> Ints:
    if order is None:
        return picks
    rows = np.arange(order.shape[0])[:, None]
    return np.where(picks < 0, -1, order[rows, picks]).astype(np.int32)


def _picks(whole: Ints, sim: Ints, k: int, steps: Sequence[int]) -> Ints:
    """Greedy picks of every (weight, user). whole: (m, N), sim: (m, N, N) -> (w, m, k)."""
    m, n = whole.shape
    p = np.asarray(steps, np.int32)[:, None, None]
    left = np.where(whole < 0, np.int32(TAKEN), (STEPS - p) * whole)  # (w, m, N)
    worst = np.zeros_like(left)
    gain = np.empty_like(left)
    out = np.full((len(steps), m, k), -1, np.int32)
    each, user = np.arange(len(steps))[:, None], np.arange(m)[None, :]
    for step in range(min(k, n)):
        np.subtract(left, worst, out=gain)
        best = gain.argmax(axis=2)  # (w, m)
        out[:, :, step] = np.where(left[each, user, best] == TAKEN, -1, best)
        left[each, user, best] = TAKEN
        alike = sim[user, best]  # (w, m, N)
        alike *= p
        np.maximum(worst, alike, out=worst)
    return out


def _stepwise(whole: Ints, vectors: npt.NDArray[np.float32], k: int, weight: int) -> Ints:
    """One weight: k matrix-vector products instead of the N x N matrix. -> (m, k)."""
    m, n = whole.shape
    out = np.full((m, k), -1, np.int32)
    for start in range(0, m, 64):  # 64 users of 200 x 64 stay in cache
        part = slice(start, start + 64)
        rows, mine = np.arange(len(whole[part])), vectors[part]
        left = np.where(whole[part] < 0, np.int32(TAKEN), (STEPS - weight) * whole[part])
        worst, gain = np.zeros_like(left), np.empty_like(left)
        for step in range(min(k, n)):
            np.subtract(left, worst, out=gain)
            best = gain.argmax(axis=1)
            out[part, step] = np.where(left[rows, best] == TAKEN, -1, best)
            left[rows, best] = TAKEN
            # times a power of two: no rounding, and one pass fewer than scaling the products
            close = np.matmul(mine, (mine[rows, best] * np.float32(ONE))[:, :, None])[:, :, 0]
            alike = np.rint(np.clip(close, 0, ONE, out=close), out=close).astype(np.int32)
            alike *= weight
            np.maximum(worst, alike, out=worst)
    return out
