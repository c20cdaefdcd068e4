"""Vectors brought to mean 0 and covariance I: text vectors all point the same way otherwise.

Su, Cao, Liu, Ou: Whitening sentence representations for better semantics and faster retrieval
(2021), §3: x -> (x - mean) U / sqrt(L), U and L from the covariance, the first k columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Whitening:
    """mean float64 (d,), matrix float64 (d, k)."""

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """White vectors float32 (n, k) of any vectors (n, d) of the same encoder."""
        return np.asarray((vectors - self.mean) @ self.matrix, dtype=np.float32)


def whiten(vectors: np.ndarray, components: int) -> Whitening:
    """The map that makes these vectors (n, d) white, with at most `components` columns.

    Directions in which nothing varies are left out, so k may be smaller. From the (d, d)
    covariance, so that the cost does not grow with the square of n. Raises ValueError on no rows.
    """
    if not len(vectors):
        raise ValueError("there are no vectors to whiten")
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors.astype(np.float64) - mean
    spread, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    keep = np.argsort(-spread, kind="stable")[:components]
    keep = keep[spread[keep] > 1e-9 * max(spread.max(), 1e-12)]
    axes = axes[:, keep]
    # an eigenvector's sign is arbitrary: the largest entry is made positive on every machine
    top = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[top, np.arange(len(keep))])
    return Whitening(mean, axes / np.sqrt(spread[keep]))
