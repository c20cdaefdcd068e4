"""What models of ratings share: the mean, how generous each user is and how liked each item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class Baseline:
    """mean, user (n_users,) and item (n_items,) float64: b_ui = mean + user_u + item_i."""

    mean: float
    user: np.ndarray
    item: np.ndarray

    def rows(self, users: np.ndarray) -> np.ndarray:
        """b_ui of whole rows, float64 (len(users), n_items)."""
        return np.asarray(self.mean + self.user[users][:, None] + self.item[None, :])


def ratings(train: sparse.csr_matrix, model: str) -> sparse.csr_matrix:
    """Train as float64 ratings. Raises ValueError when they are all alike: then none was given."""
    if not train.nnz or train.data.min() == train.data.max():
        value = f"all {train.nnz} values are {train.data[0]:g}" if train.nnz else "train is empty"
        raise ValueError(
            f"{model} needs ratings that differ, and {value}; give events a rating as their "
            "confidence (value), or use a model for top-n lists"
        )
    return train.astype(np.float64)


def baseline(
    train: sparse.csr_matrix, *, user_reg: float, item_reg: float, rounds: int
) -> Baseline:
    """Koren: Factor in the neighbors (TKDD 2010), eq. 1, by alternating sums.

    user_reg, item_reg >= 0: ratings of a pretended average kind that each user or item has beside
    its own; higher keeps its deviation closer to 0.
    """
    n_users, n_items = train.shape
    rows = np.repeat(np.arange(n_users), np.diff(train.indptr))
    columns = train.indices
    mean = float(train.data.mean())
    user, item = np.zeros(n_users), np.zeros(n_items)
    per_user = np.maximum(np.bincount(rows, minlength=n_users) + user_reg, 1e-12)
    per_item = np.maximum(np.bincount(columns, minlength=n_items) + item_reg, 1e-12)
    off = train.data - mean
    for _ in range(rounds):
        item = np.bincount(columns, off - user[rows], n_items) / per_item
        user = np.bincount(rows, off - item[columns], n_users) / per_user
    return Baseline(mean, user, item)
