"""Topics of a list: how many, how even, how close to the user's own mix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.metrics.catalogue import Catalogue

Floats = npt.NDArray[np.float64]
BLEND = 0.01  # Steck's a: keeps C_KL finite


def topics(
    lists: npt.NDArray[np.int32], profiles: Floats, catalogue: Catalogue, ks: Sequence[int]
) -> dict[str, Floats]:
    """topics@k, entropy@k and calibration@k. lists: (m, K), -1 padded; profiles: (m, n_topics).

    topics@k: subtopic recall, share of the topics that any item of the catalogue carries (0..1).
    entropy@k: -sum p ln p of the list's topic mix in nats (e^H = effective topics); NaN when no
    item of the list has a topic. calibration@k: C_KL of Steck 2018, 0 = the user's own mix,
    ln(1/.01) = 4.605 = nothing in common, lower is better; NaN for users without topics in train.
    """
    m = len(lists)
    names = ("topics", "entropy", "calibration")
    out = {f"{name}@{k}": np.full(m, np.nan) for k in ks for name in names}
    step = max(16, 4_000_000 // max(catalogue.shares.shape[1], 1))
    for start in range(0, m, step):
        part = slice(start, start + step)
        for k in ks:
            mix = _mix(lists[part, :k], catalogue.shares)
            out[f"topics@{k}"][part] = (mix > 0).sum(axis=1) / catalogue.n_topics
            out[f"entropy@{k}"][part] = _entropy(mix)
            out[f"calibration@{k}"][part] = miscalibration(profiles[part], mix)
    return out


def miscalibration(profile: Floats, mix: Floats) -> Floats:
    """C_KL(p, q) = sum p ln(p / ((1 - a) q + a p)) per row. (m, n_topics) twice -> (m,)."""
    blended = (1.0 - BLEND) * mix + BLEND * profile
    there = profile > 0
    ratio = np.divide(profile, blended, out=np.ones(profile.shape), where=there)
    divergence = (profile * np.log(ratio)).sum(axis=1)
    return np.where(there.any(axis=1), divergence, np.nan)


def _mix(lists: npt.NDArray[np.int32], shares: Any) -> Floats:
    """Mean p(topic | item) over the items that have topics; zeros when none has."""
    from scipy.sparse import csr_matrix

    there = lists >= 0
    indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    picked = lists[there]
    rows = csr_matrix((np.ones(len(picked)), picked, indptr), shape=(len(lists), shares.shape[0]))
    sums = (rows @ shares).toarray()
    total = sums.sum(axis=1, keepdims=True)
    return np.asarray(sums / np.where(total > 0, total, 1.0))


def _entropy(mix: Floats) -> Floats:
    there = mix > 0
    logs = np.log(mix, out=np.zeros_like(mix), where=there)
    return np.where(there.any(axis=1), -(mix * logs).sum(axis=1) + 0.0, np.nan)
