"""Which place of a queue is drawn at random and which by a strategy, without a visible pattern."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FIRST, BLOCK = 200, 10
HALF, TENTH = 5, 1  # random places in a block of ten: at first, and afterwards


def arms(size: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Where the sample is a random one: bool (size,), True there.

    Half of the first 200, then a tenth; shuffled within blocks of ten, so that whoever stops early
    has both arms and nobody can tell the next one. Raises ValueError when size < 0.
    """
    if size < 0:
        raise ValueError(f"size must be >= 0, got {size}")
    blocks = []
    for start in range(0, size, BLOCK):
        block = np.arange(BLOCK) < (HALF if start < FIRST else TENTH)
        blocks.append(rng.permutation(block))
    return np.concatenate([np.empty(0, bool), *blocks])[:size]
