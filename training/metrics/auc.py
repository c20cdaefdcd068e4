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
    # -inf sorts to the front: the masked ones are n_masked of the smallest
    rows = np.sort(scores, axis=1)
    out = np.full(m, np.nan)
    for u in range(m):
        mine = scores[u, indices[indptr[u] : indptr[u + 1]]]
        others = n_items - int(n_masked[u]) - len(mine)
        if not len(mine) or not others:
            continue
        below = np.searchsorted(rows[u], mine, "left") - n_masked[u]
        upto = np.searchsorted(rows[u], mine, "right") - n_masked[u]
        wins = 0.5 * (np.maximum(below, 0) + upto).sum()
        # pairs among the held-out themselves (each with itself as half) are no pairs of interest
        out[u] = (wins - 0.5 * len(mine) ** 2) / (len(mine) * others)
    return out
