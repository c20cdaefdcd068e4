"""The forward pass of a self-attentive sequence model in numpy: how a session is served.

Kang, McAuley: Self-attentive sequential recommendation (ICDM 2018), §III, layers normalised first.
The web process scores a live session by this; training/models/sasrec_task.py says the same in
torch, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[np.floating]]

EPSILON = 1e-5  # of the normalisation, as torch has it


def states(weights: Arrays, items: npt.NDArray[np.integer], lengths: npt.ArrayLike) -> Floats:
    """What a session stands for after its newest item, float32 (m, d); score = state @ item.

    items: (m, w) codes, oldest first, padded behind their end; lengths: (m,), 1..w each.
    weights: item_factors (n_items, d), positions (longest, d), per block b0, b1 ...: "b0_qkv"
    (3 d, d), "b0_out", "b0_up", "b0_down" with their "_bias", "b0_first", "b0_second" and at the
    end "last": normalisations (2, d), scale above shift; heads: (h,), one entry a head.
    Raises ValueError when w is above `longest`.
    """
    table, positions = weights["item_factors"], weights["positions"]
    if items.shape[1] > len(positions):
        raise ValueError(f"at most {len(positions)} items are read, got {items.shape[1]}")
    heads = len(weights["heads"])
    x = table[items] * np.float32(np.sqrt(table.shape[1])) + positions[: items.shape[1]]
    for block in range(blocks(weights)):
        x = x + _attended(weights, f"b{block}", _normal(x, weights[f"b{block}_first"]), heads)
        hidden = _linear(_normal(x, weights[f"b{block}_second"]), weights, f"b{block}_up")
        x = x + _linear(np.maximum(hidden, 0.0), weights, f"b{block}_down")
    newest = x[np.arange(len(x)), np.asarray(lengths) - 1]  # (m, d)
    return _normal(newest, weights["last"]).astype(np.float32)


def blocks(weights: Arrays) -> int:
    """How many blocks the weights hold."""
    return sum(name.endswith("_qkv") for name in weights)


def _attended(weights: Arrays, block: str, x: Floats, heads: int) -> Floats:
    """Each place looks at itself and what came before, (m, w, d)."""
    m, width, d = x.shape
    both = _linear(x, weights, f"{block}_qkv").reshape(m, width, 3, heads, d // heads)
    query, key, value = both.transpose(2, 0, 3, 1, 4)  # each (m, heads, w, d / heads)
    scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(d // heads))
    later = np.triu(np.ones((width, width), np.bool_), 1)
    scores = np.where(later, np.float32(-np.inf), scores)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    mixed = (shares @ value).transpose(0, 2, 1, 3).reshape(m, width, d)
    return _linear(mixed, weights, f"{block}_out")


def _linear(x: Floats, weights: Arrays, name: str) -> Floats:
    return np.asarray(x @ weights[name].T + weights[f"{name}_bias"], dtype=np.float32)


def _normal(x: Floats, scale: npt.NDArray[np.floating]) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return np.asarray(centred / spread * scale[0] + scale[1], dtype=np.float32)
