"""The training events as tensors: an example is one pair of a user and an item taken."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


class Pairs:
    """users, items int64 (n,), weights float32 (n,): confidences over their mean, 1 on average."""

    def __init__(self, train: sparse.csr_matrix) -> None:
        rows = np.repeat(np.arange(train.shape[0], dtype=np.int64), np.diff(train.indptr))
        self.users = torch.from_numpy(rows)
        self.items = torch.from_numpy(train.indices.astype(np.int64))
        mean = float(train.data.mean()) if train.nnz else 1.0
        self.weights = torch.from_numpy((train.data / mean).astype(np.float32))

    def __len__(self) -> int:
        return len(self.users)

    def of(self, rows: Tensor, device: torch.device) -> dict[str, Tensor]:
        """Users, items and weights of some examples, on the device."""
        return {
            "users": self.users[rows].to(device),
            "items": self.items[rows].to(device),
            "weights": self.weights[rows].to(device),
        }
