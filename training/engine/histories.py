"""The training events by user: an example is one user with everything that they took.

The scores of a user against the catalogue are the same for each of the user's events, so a batch
of users costs a fraction of a batch of as many events.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


class Events(NamedTuple):
    """Events of a batch of users, each (p,): row in the batch and item int64, weight float32."""

    rows: Tensor
    items: Tensor
    weights: Tensor


class Histories:
    """users int64 (m,): those with events, rising; mean: events of one of them on average."""

    def __init__(self, train: sparse.csr_matrix, device: torch.device) -> None:
        counts = np.diff(train.indptr).astype(np.int64)
        self.users = torch.from_numpy(np.flatnonzero(counts))
        self.mean = train.nnz / max(len(self.users), 1)
        self.n_items = int(train.shape[1])
        self._counts = torch.from_numpy(counts).to(device)
        self._starts = torch.from_numpy(train.indptr[:-1].astype(np.int64)).to(device)
        self._items = torch.from_numpy(train.indices.astype(np.int64)).to(device)
        mean = float(train.data.mean()) if train.nnz else 1.0
        self._weights = torch.from_numpy((train.data / mean).astype(np.float32)).to(device)

    def __len__(self) -> int:
        return len(self.users)

    def batch(self, events: int) -> int:
        """How many users have about so many events."""
        return max(1, round(events / max(self.mean, 1.0)))

    def of(self, users: Tensor) -> Events:
        """Events of the users (b,); weights are confidences over their mean in the whole log."""
        counts = self._counts[users]
        rows = torch.repeat_interleave(torch.arange(len(users), device=users.device), counts)
        first = torch.cumsum(counts, 0) - counts
        places = (
            torch.arange(len(rows), device=users.device) - first[rows] + self._starts[users[rows]]
        )
        return Events(rows, self._items[places], self._weights[places])

    def taken(self, users: Tensor) -> Tensor:
        """Whether each user took each item, bool (b, n_items)."""
        rows, items, _ = self.of(users)
        out = torch.zeros((len(users), self.n_items), dtype=torch.bool, device=users.device)
        out[rows, items] = True
        return out
