"""How unlike each other the items of a list are: ILD and EILD, from pairwise distances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.metrics.accuracy import discounts

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def ild(distances: npt.NDArray[np.floating], valid: Bools, ks: Sequence[int]) -> dict[str, Floats]:
    """Mean distance of the pairs of a list (Smyth & McClave 2001; Ziegler 2005).

    distances: (m, K, K) in 0..1, 0 on padding; valid: (m, K), False = padding ->
    {"ild@10": (m,)}, 0 = all alike, 1 = all orthogonal; NaN (not 0) for fewer than two items.
    """
    m, width = valid.shape
    rank = np.arange(width)
    later = np.maximum(rank[:, None], rank[None, :])  # a pair is in every list that reaches it
    inside = [(rank[:, None] < rank[None, :]) & (later < k) for k in ks]
    masks = np.stack(inside, axis=-1).reshape(-1, len(ks)).astype(distances.dtype)
    sums = (distances.reshape(m, width * width) @ masks).astype(np.float64)
    out = {}
    for column, k in enumerate(ks):
        n = valid[:, :k].sum(axis=1)
        pairs = np.where(n > 1, n * (n - 1) / 2, np.nan)
        out[f"ild@{k}"] = sums[:, column] / pairs
    return out


def eild(
    distances: npt.NDArray[np.floating], valid: Bools, hit: Bools, ks: Sequence[int]
) -> dict[str, Floats]:
    """Rank- and relevance-aware ILD (Vargas & Castells 2011, eq. 8), relevance = hit.

    distances: (m, K, K), valid and hit: (m, K) -> {"eild@10": (m,)}, 0..1, higher is more varied;
    0 with fewer than two hits, NaN for lists of fewer than two items.
    """
    out = {}
    for k in ks:
        n = valid[:, :k].sum(axis=1)
        values = np.where(n > 1, 0.0, np.nan)
        some = np.flatnonzero((hit & valid)[:, :k].sum(axis=1) > 1)
        if len(some):
            values[some] = _eild(distances[some, :k, :k], valid[some, :k], hit[some, :k])
        out[f"eild@{k}"] = values
    return out


def _eild(distances: npt.NDArray[np.floating], valid: Bools, relevance: npt.NDArray) -> Floats:  # type: ignore[type-arg]
    width = valid.shape[1]
    disc = discounts(width)
    gap = np.arange(width)[None, :] - np.arange(width)[:, None]  # l - k
    near = np.where(gap == 0, 0.0, disc[np.maximum(gap, 1) - 1])
    seen = near[None] * relevance[:, None, :]  # (m, k, l)
    weight = seen.sum(axis=2)
    unlike = (seen * distances).sum(axis=2) / np.where(weight > 0, weight, 1.0)
    first = (disc * relevance * unlike).sum(axis=1)
    return np.asarray(first / (disc * valid).sum(axis=1))
