"""What the text two-tower learns, for the engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from training import losses
from training.engine.pairs import Pairs
from training.engine.task import Batch, Scorer

START = 0.1  # standard deviation of a fresh user's entries


class Towers(nn.Module):
    """A user is an embedding, an item a two-layer head on its content; both of length 1."""

    def __init__(self, features: Tensor, n_users: int, params: dict[str, Any]) -> None:
        super().__init__()
        d = params["factors"]
        self.register_buffer("features", features, persistent=False)
        self.user = nn.Embedding(n_users, d)
        nn.init.normal_(self.user.weight, std=START)
        self.head = nn.Sequential(
            nn.Linear(features.shape[1], params["hidden"]),
            nn.GELU(),
            nn.Dropout(params["dropout"]),
            nn.Linear(params["hidden"], d),
        )

    def items(self, codes: Tensor | None = None) -> Tensor:
        """Unit vectors (n, d) of some items, or of all."""
        features = self.get_buffer("features")
        found: Tensor = self.head(features if codes is None else features[codes])
        return functional.normalize(found, dim=1)

    def users(self, codes: Tensor | None = None) -> Tensor:
        """Unit vectors (n, d) of some users, or of all."""
        found: Tensor = self.user.weight if codes is None else self.user(codes)
        return functional.normalize(found, dim=1)


class Contrast:
    """Each pair's item against the other items of the batch, corrected by logQ."""

    def __init__(
        self,
        train: sparse.csr_matrix,
        features: np.ndarray,
        params: dict[str, Any],
        device: torch.device,
    ) -> None:
        self.params, self.device = params, device
        self.pairs = Pairs(train)
        self.examples = len(self.pairs)
        self.towers = Towers(torch.from_numpy(features), int(train.shape[0]), params).to(device)
        self.module: nn.Module = self.towers
        taken = np.bincount(train.indices, minlength=train.shape[1])
        self.log_share = torch.from_numpy(
            np.log(np.maximum(taken, 1) / max(train.nnz, 1)).astype(np.float32)
        ).to(device)

    def batch(self, rows: Tensor) -> Batch:
        """Pairs, and the items that they stand against: those of the whole batch."""
        each = self.pairs.of(rows, self.device)
        return Batch(each, {"against": each["items"]})

    def loss(self, batch: Batch) -> Tensor:
        """InfoNCE over the batch's items, an item that is the example's own left out."""
        heat, drawn = self.params["temperature"], batch.shared["against"]
        different, place = torch.unique(drawn, return_inverse=True)
        against = self.towers.items(different)  # (m, d), each item through the head once
        users = self.towers.users(batch.each["users"])  # (b, d)
        scores = users @ against.T / heat  # (b, m)
        column = torch.searchsorted(different, batch.each["items"])
        right = scores.gather(1, column[:, None])[:, 0]
        own = column[:, None] == torch.arange(len(different), device=self.device)
        # an item that stands n times in the batch is expected there b q times: logQ
        counts = torch.bincount(place, minlength=len(different)).float()
        expected = self.log_share[different] + math.log(len(drawn))
        log_counts = expected - torch.log(counts)
        found = losses.info_nce(right, scores.masked_fill(own, -math.inf), log_counts)
        return (batch.each["weights"] * found).mean()

    def vectors(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, d), items (n_items, d)) whose dot is the score."""
        return self.towers.users(), self.towers.items()

    def scorer(self) -> Scorer:
        """Dots of the vectors of now."""
        users, items = self.vectors()
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T).cpu().numpy()
