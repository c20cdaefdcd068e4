"""How unlike two items are, from unit rows: d(i, j) = 1 - clip(cosine, 0, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SOURCES = ("categories", "text", "collaborative")


@dataclass(frozen=True)
class Distance:
    """A distance and where it comes from. vectors: float32 (n_items, d), unit rows."""

    source: str
    vectors: npt.NDArray[np.float32]

    def __call__(self, i: int, j: int) -> float:
        """0 = alike, 1 = nothing in common."""
        cosine = float(self.vectors[i].astype(np.float64) @ self.vectors[j].astype(np.float64))
        return 1.0 - min(max(cosine, 0.0), 1.0)

    def pairs(self, lists: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """All pairs of each list: (m, K), -1 padded -> (m, K, K), 0 on the diagonal and padding."""
        m, width = lists.shape
        out = np.empty((m, width, width), np.float32)
        step = max(1, 100_000 // max(1, width * self.vectors.shape[1]))  # rows that stay in cache
        buffer = np.empty((min(step, m), width, self.vectors.shape[1]), np.float32)
        for start in range(0, m, step):
            mine = lists[start : start + step]
            rows = buffer[: len(mine)]
            # clipped: padding reads item 0 and is wiped below
            np.take(self.vectors, mine, axis=0, out=rows, mode="clip")
            np.matmul(rows, rows.transpose(0, 2, 1), out=out[start : start + step])
        np.clip(out, 0.0, 1.0, out=out)
        np.subtract(1.0, out, out=out)
        out[:, np.arange(width), np.arange(width)] = 0.0
        gone = lists < 0
        if gone.any():
            out[gone[:, :, None] | gone[:, None, :]] = 0.0
        return out


def from_topics(topics: Any) -> Distance:
    """Cosine of multi-hot rows. topics: csr (n_items, n_topics).

    Items without topics share one column of their own: missing data must not look like diversity.
    """
    rows = np.asarray(topics.todense() if hasattr(topics, "todense") else topics, np.float32)
    return Distance("categories", _unit((rows > 0).astype(np.float32)))


def from_text(vectors: npt.NDArray[np.floating]) -> Distance:
    """Cosine of text vectors (n_items, d); items without text (zero rows) are alike."""
    return Distance("text", _unit(np.asarray(vectors, np.float32)))


def from_train(train: Any, d: int = 64) -> Distance:
    """Cosine of item factors: the d largest singular vectors of train, users in unit rows.

    train: csr (n_users, n_items) -> vectors (n_items, <= d). Items that nobody took are alike.
    """
    from scipy.sparse import diags
    from scipy.sparse.linalg import svds

    taken = train.astype(np.float64).tocsr(copy=True)
    taken.data[:] = 1.0
    length = np.sqrt(np.maximum(np.diff(taken.indptr), 1))
    scaled = diags(1.0 / length) @ taken
    smaller = min(scaled.shape)
    if smaller <= d + 1:  # svds must leave one out
        _, values, right = np.linalg.svd(scaled.toarray(), full_matrices=False)
    else:
        # a fixed start: the same data give the same vectors
        start = np.random.default_rng(0).standard_normal(smaller)
        _, values, right = svds(scaled, k=d, v0=start)
    factors = right.T * values  # (n_items, d)
    factors[np.bincount(taken.indices, minlength=train.shape[1]) == 0] = 0.0
    return Distance("collaborative", _unit(factors.astype(np.float32)))


def choose(items: Any, train: Any, source: str | None = None) -> Distance:
    """The distance asked for, else the first that the data has: categories, text, collaborative.

    items: training.log.Items or None. Raises ValueError when the data lacks the source asked for.
    """
    if source is not None and source not in SOURCES:
        raise ValueError(f"distance source must be one of {SOURCES}, got {source!r}")
    has_topics = items is not None and items.topics.nnz > 0
    has_text = items is not None and items.vectors is not None
    if source == "categories" and not has_topics:
        raise ValueError("distance source 'categories' needs items with topics; this data has none")
    if source == "text" and not has_text:
        raise ValueError("distance source 'text' needs text vectors; encode the items first")
    if source == "categories" or (source is None and has_topics):
        return from_topics(items.topics)
    if source == "text" or (source is None and has_text):
        return from_text(items.vectors)
    return from_train(train)


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows of length 1; zero rows get one more column, the same for all of them."""
    length = np.linalg.norm(rows.astype(np.float64), axis=1)
    empty = length < 1e-12
    if empty.any():
        rows = np.column_stack([rows, empty.astype(np.float32)])
        length = np.where(empty, 1.0, length)
    return np.asarray(rows / length[:, None], np.float32)
