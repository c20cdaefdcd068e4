"""Confidences of the log as the weights that models learn from."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.split import Split


def relative(train: sparse.csr_matrix) -> tuple[sparse.csr_matrix, float]:
    """(train / mean, mean): float64 csr whose stored values average 1.

    Stars, plays and seconds then ask for the same regularisation; a log of ones stays ones.
    """
    mean = float(train.data.mean(dtype=np.float64)) if train.nnz else 1.0
    weights = sparse.csr_matrix(
        (train.data / np.float64(mean), train.indices, train.indptr), shape=train.shape
    )
    return weights, mean


def recent(history: sparse.csr_matrix, split: Split, recency: float) -> sparse.csr_matrix:
    """History with each value multiplied by recency ** (events of that user that are newer).

    recency in (0, 1]: 1 weighs all alike, towards 0 only the newest counts. Equal times share a
    weight, so the order of the file decides nothing. Raises ValueError when the log has no time.
    """
    if recency == 1.0:
        return history
    if split.train_at is None:
        raise ValueError(f"recency {recency} needs times, and this log has none; use recency 1")
    at = split.train_at.data
    rows = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))
    order = np.lexsort((-at, rows))  # newest first within each user
    place = np.arange(len(order)) - history.indptr[rows[order]]
    # a tie takes the place of its first member
    first = np.r_[True, (np.diff(rows[order]) != 0) | (np.diff(at[order]) != 0)]
    newer = place[np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))]
    weights = np.empty(len(order))
    weights[order] = recency**newer
    return sparse.csr_matrix(
        (history.data * weights, history.indices, history.indptr), shape=history.shape
    )
