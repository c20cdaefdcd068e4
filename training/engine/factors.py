"""How learnt vectors leave the engine for the serving form "factors"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


def served(
    vectors: Callable[[], tuple[Tensor, Tensor]], train: sparse.csr_matrix
) -> tuple[np.ndarray, np.ndarray]:
    """(user_factors (n_users, f), item_factors (n_items, f)) float32 of the weights of now.

    A user without training events has a row of zeros: nothing was learnt of them, and whoever
    serves them falls back to the popular items.
    """
    with torch.no_grad():
        users, items = (side.detach().cpu().float().numpy().copy() for side in vectors())
    users[np.diff(train.indptr) == 0] = 0.0
    return users, items
