"""Where more variety starts to cost much: the knee of a frontier, and its hypervolume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.rerank.frontier import Frontier
from training.stats import RESAMPLES, resampled

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Knee:
    """A suggested weight with its 95 % bootstrap interval; NaN throughout when there is none."""

    weight: float
    lo: float
    hi: float


def knee(
    found: Frontier,
    rng: np.random.Generator,
    *,
    relevance: str | None = None,
    variety: str | None = None,
    resamples: int = RESAMPLES,
) -> Knee:
    """The weight farthest above the chord from weight 0 to weight 1, over the kept users.

    relevance and variety: measures of found.per_user, ndcg@k and ild@k unless given, higher is
    better for both. No knee (NaN) when one of them does not change along the frontier.
    Raises KeyError on an unknown measure.
    """
    first = found.per_user[relevance or f"ndcg@{found.k}"]
    second = found.per_user[variety or f"ild@{found.k}"]
    both = np.hstack([first, second]).astype(np.float64)
    means = resampled(both, rng, resamples)
    w = len(found.weights)
    here = farthest(_mean(second)[None], _mean(first)[None])[0]
    if here < 0:
        return Knee(float("nan"), float("nan"), float("nan"))
    drawn = farthest(means[:, w:], means[:, :w])
    lo, hi = np.percentile(found.weights[drawn[drawn >= 0]], [2.5, 97.5], method="nearest")
    return Knee(float(found.weights[here]), float(lo), float(hi))


def farthest(x: Floats, y: Floats) -> npt.NDArray[np.intp]:
    """Point farthest above the chord of each curve. x rising, y falling: (n, w) each -> (n,).

    Both axes are scaled to the chord, so the point is the largest x' + y'; ties: the first;
    -1 where an axis does not move in its direction.
    """
    wide = x[:, -1:] - x[:, :1]
    high = y[:, :1] - y[:, -1:]
    moves = ((wide > 0) & (high > 0))[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        above = (x - x[:, :1]) / wide + (y - y[:, -1:]) / high
    best = np.where(moves[:, None], above, 0.0).argmax(axis=1)
    return np.where(moves, best, -1)


def hypervolume(x: Floats, y: Floats, reference: tuple[float, float] = (0.0, 0.0)) -> float:
    """Area that the points (x, y), higher is better for both, dominate above the reference.

    x, y: (n,). Zitzler & Thiele 1999, two objectives by one sweep.
    """
    inside = (x > reference[0]) & (y > reference[1])
    order = np.argsort(-x[inside], kind="stable")
    area, level = 0.0, reference[1]
    for a, b in zip(x[inside][order], y[inside][order], strict=True):
        if b > level:
            area += (a - reference[0]) * (b - level)
            level = float(b)
    return float(area)


def _mean(values: npt.NDArray[np.float32]) -> Floats:
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.asarray(total / known.sum(axis=0))
