"""Every measure of a set of lists, one number a user: what evaluate.py and the frontier share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.metrics.accuracy import accuracy
from training.metrics.catalogue import Catalogue
from training.metrics.novelty import novelty
from training.metrics.topics import topics
from training.metrics.variety import eild, ild

Floats = npt.NDArray[np.float64]


def per_user(
    lists: npt.NDArray[np.int32],
    hit: npt.NDArray[np.bool_],
    n_truth: npt.NDArray[np.int_],
    catalogue: Catalogue,
    ks: Sequence[int],
    *,
    distances: npt.NDArray[np.floating] | None = None,
    profiles: Floats | None = None,
) -> dict[str, npt.NDArray[np.float32]]:
    """All measures that the data allows. lists and hit: (m, K); n_truth: (m,).

    distances: (m, K, K) of the listed items, or None: no ild and eild; profiles: (m, n_topics),
    or None: no topic measures -> {"ndcg@10": float32 (m,), ...}, NaN where undefined.
    """
    found = accuracy(hit, n_truth, ks)
    found |= novelty(lists, hit, catalogue, ks)
    if distances is not None:
        valid = lists >= 0
        found |= ild(distances, valid, ks) | eild(distances, valid, hit, ks)
    if profiles is not None and catalogue.shares is not None:
        found |= topics(lists, profiles, catalogue, ks)
    return {name: values.astype(np.float32) for name, values in found.items()}
