"""Every list that one user can get, for all weights between 0 and 1, exactly.

With the same picks so far, a step's gain is a line in the weight: r + weight (-max sim - r). The
winner over all weights is the upper envelope of those lines; recursion into its pieces ends in
all distinct lists. The numbers are the integers of `mmr.py`: a breakpoint is a quotient of whole
numbers below 2**22, two different ones lie 5e-14 apart, so float64 never confuses them, and the
path and the grid cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.rerank.mmr import STEPS, Ints, integers, similarity, thousandths

Floats = npt.NDArray[np.float64]
Ratio = tuple[int, int]


@dataclass(frozen=True)
class Path:
    """All lists of one user. Segment s holds for weights in (ends[s - 1], ends[s]].

    ends: float64 (s,), rising, the last one is 1; positions: int32 (s, k), padded -1. A first end
    of 0 is a list of weight 0 alone: equally relevant candidates that any diversity re-orders.
    """

    ends: Floats
    positions: Ints

    def at(self, diversity: float) -> Ints:
        """The list (k,) at this weight, read in thousandths. Raises ValueError outside 0..1."""
        weight = thousandths(diversity) / STEPS
        return np.asarray(self.positions[int(np.searchsorted(self.ends, weight, "left"))])


def path(
    relevance: npt.ArrayLike,
    vectors: npt.NDArray[np.float32] | None,
    k: int,
    *,
    sim: Ints | None = None,
) -> Path:
    """The exact MMR path of one user.

    relevance: (N,) in 0..1, most relevant first, NaN = no candidate; vectors: (N, d) unit rows, or
    sim: (N, N) of `mmr.similarity`. Raises ValueError on shapes that do not fit or wrong order.
    """
    whole = integers(np.atleast_2d(np.asarray(relevance, np.float64)))[0]
    if sim is None:
        if vectors is None or len(vectors) != len(whole):
            raise ValueError(f"vectors must be ({len(whole)}, d)")
        # as a batch of one: the same product, bit by bit, as the grid's
        sim = similarity(vectors[None])[0]
    if sim.shape != (len(whole), len(whole)):
        raise ValueError(f"sim must be {(len(whole), len(whole))}, got {sim.shape}")
    if (whole[1:] > whole[:-1]).any():
        raise ValueError("relevance must come most relevant first")
    n = int((whole >= 0).sum())
    length = min(k, n)
    worth, alike = whole[:n].astype(np.float64), sim[:n, :n].astype(np.float64)
    leaves = list(_walk(worth, alike, [], np.zeros(n), (0, 1), (1, 1), length))
    start = list(range(length))
    if leaves[0][1] != start:  # at 0 only relevance counts; next to 0 variety settles its ties
        leaves.insert(0, (0.0, start))
    positions = np.full((len(leaves), k), -1, np.int32)
    for row, (_, picks) in enumerate(leaves):
        positions[row, :length] = picks
    return Path(np.array([end for end, _ in leaves]), positions)


def _walk(
    worth: Floats,
    alike: Floats,
    picks: list[int],
    worst: Floats,
    low: Ratio,
    high: Ratio,
    k: int,
) -> Iterator[tuple[float, list[int]]]:
    """(end, picks) of every list for weights in (low, high], rising."""
    if len(picks) == k:
        yield high[0] / high[1], picks
        return
    for start, end, best in reversed(list(_envelope(worth, worst, picks, low, high))):
        nearest = np.maximum(worst, alike[best])
        yield from _walk(worth, alike, [*picks, best], nearest, start, end, k)


def _envelope(
    worth: Floats, worst: Floats, picks: list[int], low: Ratio, high: Ratio
) -> Iterator[tuple[Ratio, Ratio, int]]:
    """Pieces (start, end, winner) of the upper envelope on (low, high], from right to left.

    On a tie the more relevant line wins: it is the one that lies above on the left.
    """
    slope = -worst - worth
    value = worth * high[1] + slope * high[0]  # whole numbers below 2**43: exact
    value[picks] = -np.inf
    best = int(value.argmax())  # the first of equals is the more relevant one
    end = low[0] / low[1]
    while True:
        gap = slope[best] - slope
        gap[picks] = 0.0
        cross = np.full(len(worth), -np.inf)
        np.divide(worth - worth[best], gap, out=cross, where=gap > 0)
        nearest = float(cross.max())
        if nearest <= end:
            yield low, high, best
            return
        # the first of the lines through that point is the most relevant: above on its left
        following = int(cross.argmax())
        meeting = (int(worth[following] - worth[best]), int(gap[following]))
        yield meeting, high, best
        best, high = following, meeting
