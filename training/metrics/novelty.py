"""How little known the listed items are; popularity always from train."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.metrics.accuracy import discounts
from training.metrics.catalogue import Catalogue

Floats = npt.NDArray[np.float64]


def novelty(
    lists: npt.NDArray[np.int32],
    hit: npt.NDArray[np.bool_],
    catalogue: Catalogue,
    ks: Sequence[int],
) -> dict[str, Floats]:
    """msi@k, tail@k and epc@k. lists and hit: (m, K), lists -1 padded -> {"msi@10": (m,), ...}.

    msi: mean self-information in bits (Zhou 2010), an item that half of the users took = 1 bit.
    tail: share of the list from outside the head (the head holds 80 % of the training pairs).
    epc: C sum disc(r) hit (1 - |U_i| / |U|), C = 1 / sum disc (Vargas & Castells 2011), 0..1.
    Higher is less known. NaN for empty lists.
    """
    valid = lists >= 0
    counts = np.cumsum(valid, axis=1)
    bits = np.cumsum(np.where(valid, catalogue.surprise[lists], 0.0), axis=1)
    tails = np.cumsum(valid & catalogue.tail[lists], axis=1)
    disc = discounts(lists.shape[1])
    gained = np.zeros(lists.shape)
    where = np.nonzero(hit)  # few: only these need the look-up
    gained[where] = disc[where[1]] * catalogue.rarity[lists[where]]
    gains = np.cumsum(gained, axis=1)
    most = np.cumsum(np.where(valid, disc, 0.0), axis=1)
    out: dict[str, Floats] = {}
    for k in ks:
        n = np.where(counts[:, k - 1] > 0, counts[:, k - 1], np.nan)
        out[f"msi@{k}"] = bits[:, k - 1] / n
        out[f"tail@{k}"] = tails[:, k - 1] / n
        out[f"epc@{k}"] = gains[:, k - 1] / np.where(np.isnan(n), np.nan, most[:, k - 1])
    return out
