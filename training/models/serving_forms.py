"""How a trained model leaves for serving: sparse item-item weights or stored lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy import sparse

from training.models.strongest import packed, strongest

NEIGHBOURS = 200  # per item: what design.md §6 stores
LISTED = 500  # per user
BLOCK = 256


def item_item(weights: Iterable[np.ndarray], n_items: int) -> dict[str, np.ndarray]:
    """Arrays of the form item-item: for each item the NEIGHBOURS items that it speaks for most.

    weights: dense blocks (b, n_items) of rows j of the weight matrix B in order, B[j, t] = what
    having j says about t. Largest |weight| first: a strong "no" moves a list as a "yes" does.
    """
    masked = ((rows, strongest(np.abs(rows), NEIGHBOURS) & (rows != 0)) for rows in weights)
    neighbours, values = packed(masked, n_items, NEIGHBOURS)
    return {"neighbours": neighbours, "weights": values}


def lists(
    scores: Callable[[np.ndarray], np.ndarray],
    train: sparse.csr_matrix,
    *,
    above: float = -np.inf,
) -> dict[str, np.ndarray]:
    """Arrays of the form lists: each user's LISTED best items that are not in train.

    above: only scores higher than this are listed. A user without any event in train has an empty
    list: nothing is known of them, and whoever serves it falls back to the popular items.
    """

    def blocks() -> Iterable[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, train.shape[0], BLOCK):
            users = np.arange(start, min(start + BLOCK, train.shape[0]))
            rows = np.array(scores(users), dtype=np.float64)
            rows[train[users].nonzero()] = -np.inf
            rows[np.diff(train[users].indptr) == 0] = -np.inf
            yield rows, strongest(rows, LISTED) & (rows > above)

    items, values = packed(blocks(), train.shape[0], LISTED, strength=np.asarray)
    return {"items": items, "scores": values}
