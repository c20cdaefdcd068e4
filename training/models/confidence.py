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


LEAST, MOST, SPARSE = 3.0, 1000.0, 25.0  # of `balance`
RIDGE, ROOTS = 30.0, 10.0  # of `hold`


def balance(train: sparse.csr_matrix) -> float:
    """The alpha of iALS that a log calls for, where nobody gave one: 3 to 1,000.

    All events together, each alpha above an untouched pair, weigh at least a SPARSE-th of the
    untouched pairs, however few they are: else a sparse log is fitted to what nobody took. The
    constants, and those of `hold`, were chosen on the validation parts of six logs of 50,000 to
    7 million events (benchmarks/quality_ials_defaults.py).
    """
    cells = float(train.shape[0]) * float(train.shape[1])
    return min(MOST, max(LEAST, (cells - train.nnz) / max(train.nnz, 1) / SPARSE))


def hold(train: sparse.csr_matrix) -> float:
    """The mean ridge of iALS that a log calls for, where nobody gave one: 30 or more.

    It grows with the root of the events: so do the sums of confidences that it stands against.
    """
    return max(RIDGE, float(np.sqrt(train.nnz)) / ROOTS)


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
