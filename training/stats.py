"""Intervals and tests over users: the user, not the interaction, is what was sampled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
FLIPS = 9999
EXACT_UP_TO = 20_000  # users; beyond that the sign-flip test is the normal one to three digits


@dataclass(frozen=True)
class Interval:
    """A mean over n users and its 95 % bootstrap interval; lo and hi are NaN below two users."""

    mean: float
    lo: float
    hi: float
    n: int


@dataclass(frozen=True)
class Paired:
    """Mean of a - b over the n users that have both, 95 % interval, two-sided p, the p's test."""

    difference: float
    lo: float
    hi: float
    p: float
    n: int
    test: str


def bootstrap_mean(values: npt.ArrayLike, rng: np.random.Generator, n: int = RESAMPLES) -> Interval:
    """Mean with percentile interval (Efron 1979) of (m,) values; NaN = user left out."""
    column = np.asarray(values, np.float64)
    if column.ndim != 1:
        raise ValueError(f"values must be 1-D, got {column.shape}")
    return bootstrap_frontier(column[:, None], rng, n)[0]


def bootstrap_table(
    per_user: Mapping[str, npt.ArrayLike], rng: np.random.Generator, n: int = RESAMPLES
) -> dict[str, Interval]:
    """Intervals of many measures from the same resamples. {"ndcg@10": (m,)} -> intervals."""
    if not per_user:
        return {}
    columns = np.column_stack([np.asarray(v, np.float64) for v in per_user.values()])
    return dict(zip(per_user, bootstrap_frontier(columns, rng, n), strict=True))


def bootstrap_frontier(
    matrix: npt.ArrayLike, rng: np.random.Generator, n: int = RESAMPLES
) -> list[Interval]:
    """One interval per column of (m, w), all from the same n resamples of users; NaN left out."""
    columns = np.asarray(matrix, np.float64)
    if columns.ndim != 2:
        raise ValueError(f"matrix must be 2-D, got {columns.shape}")
    counts = (~np.isnan(columns)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        means = np.nansum(columns, axis=0) / np.where(counts > 0, counts, np.nan)
    if len(columns) < 2:
        return [
            Interval(float(x), math.nan, math.nan, int(c))
            for x, c in zip(means, counts, strict=True)
        ]
    lo, hi = np.nanpercentile(resampled(columns, rng, n), [2.5, 97.5], axis=0)
    few = counts < 2
    lo[few], hi[few] = np.nan, np.nan
    rows = zip(means, lo, hi, counts, strict=True)
    return [Interval(float(x), float(a), float(b), int(c)) for x, a, b, c in rows]


def resampled(columns: Floats, rng: np.random.Generator, n: int = RESAMPLES) -> Floats:
    """Means of n resamples of the rows. columns: (m, w), NaN = left out -> (n, w)."""
    gone = np.isnan(columns)
    filled = np.where(gone, 0.0, columns)
    there = (~gone).astype(np.float64) if gone.any() else None
    out = np.empty((n, columns.shape[1]))
    for part, draws in _draws(len(columns), rng, n):
        total = draws @ filled
        size = float(len(columns)) if there is None else draws @ there
        with np.errstate(invalid="ignore", divide="ignore"):
            out[part] = total / size
    return out


def paired(
    a: npt.ArrayLike, b: npt.ArrayLike, rng: np.random.Generator, n: int = RESAMPLES
) -> Paired:
    """Does a differ from the baseline b on the same users? a, b: (m,), row by row the same user.

    Interval by bootstrap of the differences; p by 9,999 random sign flips, two-sided (Fisher 1935;
    Smucker et al. 2007), above 20,000 users by the normal test of the mean. Raises ValueError when
    the lengths differ.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"a and b must be 1-D and equally long, got {first.shape}, {second.shape}")
    moved = first - second
    moved = moved[~np.isnan(moved)]
    interval = bootstrap_mean(moved, rng, n)
    if len(moved) < 2:
        p, test = math.nan, "none"
    elif len(moved) > EXACT_UP_TO:
        p, test = _normal(moved), "normal"
    else:
        p, test = _flipped(moved, rng), "sign-flip"
    return Paired(interval.mean, interval.lo, interval.hi, p, interval.n, test)


def paired_table(a: npt.ArrayLike, b: npt.ArrayLike, rng: np.random.Generator) -> list[Paired]:
    """`paired` for many measures at once, from the same resamples and sign flips.

    a, b: (m, w), row by row the same user and column by column the same measure; NaN = left out.
    Above 20,000 users the p of each is the normal one. Raises ValueError when the shapes differ.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(f"a and b must be 2-D and alike, got {first.shape}, {second.shape}")
    moved = first - second
    intervals = bootstrap_frontier(moved, rng)
    flips = len(moved) <= EXACT_UP_TO
    # a user who has no difference adds nothing, whatever the sign
    shares = _flipped_table(np.nan_to_num(moved), rng) if flips and len(moved) > 1 else None
    out = []
    for at, cell in enumerate(intervals):
        if cell.n < 2:
            p, test = math.nan, "none"
        elif shares is None:
            column = moved[:, at]
            p, test = _normal(column[~np.isnan(column)]), "normal"
        else:
            p, test = float(shares[at]), "sign-flip"
        out.append(Paired(cell.mean, cell.lo, cell.hi, p, cell.n, test))
    return out


def holm(ps: Sequence[float]) -> Floats:
    """Holm's step-down adjustment (1979): the family-wise error stays below 5 %. NaN stays NaN."""
    given = np.asarray(ps, np.float64)
    out = np.full(given.shape, np.nan)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    steps = given[order] * (len(order) - np.arange(len(order)))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def verdict(
    pair: Paired, baseline_mean: float, *, direction: str = "up", minimum: float = 0.0
) -> str:
    """Code "better", "worse" or "noise" of a paired difference against the baseline.

    "noise" when p is .05 or more, the interval holds 0, or the change is less than `minimum` of
    baseline_mean. direction: "up" when higher is better, "down" when lower is. Raises ValueError
    on another direction. Adjust p by `holm` first when several are compared.
    """
    if direction not in ("up", "down"):
        raise ValueError(f"direction must be 'up' or 'down', got {direction!r}")
    sure = pair.p < 0.05 and (pair.lo > 0.0 or pair.hi < 0.0)
    if not sure or abs(pair.difference) < minimum * abs(baseline_mean):
        return "noise"
    return "better" if (pair.difference > 0) == (direction == "up") else "worse"


def _draws(m: int, rng: np.random.Generator, n: int) -> Iterator[tuple[slice, Floats]]:
    """How often each of m users is drawn, in chunks of resamples: (slice, (c, m))."""
    step = max(1, min(n, 2_000_000 // m))
    for start in range(0, n, step):
        c = min(step, n - start)
        drawn = rng.integers(0, m, (c, m)) + np.arange(c)[:, None] * m
        counts = np.bincount(drawn.ravel(), minlength=c * m).reshape(c, m)
        yield slice(start, start + c), counts.astype(np.float64)


def _flipped(moved: Floats, rng: np.random.Generator) -> float:
    """Share of sign patterns at least as far from 0 as the observed one, itself included."""
    return float(_flipped_table(moved[:, None], rng)[0])


def _flipped_table(moved: Floats, rng: np.random.Generator) -> Floats:
    """That share for each column of (m, w), all columns under the same patterns."""
    total = moved.sum(axis=0)
    # a sum of flipped signs that is equal on paper may differ in its last bits
    seen = abs(total) * (1 - 1e-12) - 1e-300
    further = np.zeros(moved.shape[1])
    step = max(1, 4_000_000 // len(moved))
    for start in range(0, FLIPS, step):
        c = min(step, FLIPS - start)
        width = -(-len(moved) // 8)
        bits = np.frombuffer(rng.bytes(c * width), np.uint8).reshape(c, width)
        signs = np.unpackbits(bits, axis=1, count=len(moved)).astype(np.float64)
        further += (np.abs(2.0 * (signs @ moved) - total) >= seen).sum(axis=0)
    return (further + 1) / (FLIPS + 1)


def _normal(moved: Floats) -> float:
    deviation = moved.std(ddof=1)
    if deviation == 0.0:
        return 1.0 if moved[0] == 0.0 else 0.0
    return math.erfc(abs(moved.mean()) / (deviation / math.sqrt(len(moved))) / math.sqrt(2.0))
