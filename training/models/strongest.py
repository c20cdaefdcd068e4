"""The k strongest entries of each row, with ties decided by the lower code."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np


def strongest(rows: np.ndarray, k: int) -> np.ndarray:
    """Mask (m, n) of the k largest entries of each row, ties by lower column; all when k >= n."""
    if k >= rows.shape[1]:
        return np.ones(rows.shape, dtype=bool)
    limit = -np.partition(-rows, k - 1, axis=1)[:, k - 1 : k]
    above = rows > limit
    tied = rows == limit
    room = k - above.sum(axis=1, keepdims=True)
    return np.asarray(above | (tied & (tied.cumsum(axis=1) <= room)))


def packed(
    blocks: Iterable[tuple[np.ndarray, np.ndarray]],
    n_rows: int,
    width: int,
    strength: Callable[[np.ndarray], np.ndarray] = np.abs,
) -> tuple[np.ndarray, np.ndarray]:
    """(columns int32 (n_rows, width), values float32 (n_rows, width)) out of masked dense blocks.

    blocks: (values (b, n), mask (b, n)) in row order, at most `width` true a row. Rows are sorted
    by falling strength(value), then column; -1 and 0 fill them up.
    """
    columns = np.full((n_rows, width), -1, dtype=np.int32)
    values = np.zeros((n_rows, width), dtype=np.float32)
    start = 0
    for block, mask in blocks:
        rows, cols = np.nonzero(mask)
        kept = block[rows, cols]
        order = np.lexsort((cols, -strength(kept), rows))
        rows, cols, kept = rows[order], cols[order], kept[order]
        counts = mask.sum(axis=1)
        place = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        columns[start + rows, place] = cols
        values[start + rows, place] = kept
        start += len(block)
    return columns, values
