"""Area under the ROC curve of each user over everything unseen; its mean is GAUC."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def auc(
    scores: Floats,
    n_masked: npt.NDArray[np.int_],
    indptr: npt.NDArray[np.int_],
    indices: npt.NDArray[np.int_],
) -> Floats:
    """Share of (held-out, other unseen) pairs in the right order, ties half (Mann & Whitney 1947).

    scores: (m, n_items), -inf where masked; n_masked: (m,) how many those are; indptr (m + 1,) and
    indices: the held-out items of each row, none of them masked -> (m,), 0..1, higher is better,
    .5 = chance, NaN without a held-out or without another item.
    """
    m, n_items = scores.shape
    out = np.full(m, np.nan)
    for u in range(m):
        mine = scores[u, indices[indptr[u] : indptr[u + 1]]]
        others = n_items - int(n_masked[u]) - len(mine)
        if not len(mine) or not others:
            continue
        below, upto = _counts(scores[u], mine)
        # the masked ones are n_masked of the smallest
        wins = 0.5 * (np.maximum(below - n_masked[u], 0) + upto - n_masked[u]).sum()
        # pairs among the held-out themselves (each with itself as half) are no pairs of interest
        out[u] = (wins - 0.5 * len(mine) ** 2) / (len(mine) * others)
    return out


def _counts(row: Floats, mine: Floats) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """How many of the row are below each of mine, and how many at most as high.

    A few passes cost less than a sort: on a row of 20,000 one pass takes a forty-sixth of it, on
    2,000 a tenth.
    """
    if len(mine) <= min(100, 8 + len(row) // 1_000):
        below = [np.count_nonzero(row < score) for score in mine]
        return np.array(below), np.array([np.count_nonzero(row <= score) for score in mine])
    ordered = np.sort(row)
    return np.searchsorted(ordered, mine, "left"), np.searchsorted(ordered, mine, "right")
