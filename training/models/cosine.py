"""Nearest rows by cosine, in blocks, so that memory never holds all pairs."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.models.contract import Progress
from training.models.strongest import strongest

BLOCK = 512


def nearest(
    rows: sparse.csr_matrix, k: int, *, shrink: float, progress: Progress
) -> sparse.csr_matrix:
    """Csr float64 (n, n): for each row its k most similar other rows, similarity > 0.

    sim(a, b) = <a, b> / (|a| |b| + shrink); a row is not its own neighbour; ties by lower code.
    """
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    columns = rows.T.tocsr()
    kept = []
    for start in range(0, rows.shape[0], BLOCK):
        stop = min(start + BLOCK, rows.shape[0])
        similar = (rows[start:stop] @ columns).toarray()
        scale = np.outer(norms[start:stop], norms) + shrink
        np.divide(similar, scale, out=similar, where=scale > 0)
        similar[np.arange(stop - start), np.arange(start, stop)] = 0.0
        # equal similarities summed in another order differ in the last bit: still a tie
        similar[~strongest(np.round(similar, 12), k)] = 0.0
        kept.append(sparse.csr_matrix(similar))
        progress(stop, rows.shape[0], "similarities")
    return sparse.csr_matrix(sparse.vstack(kept, format="csr"))
