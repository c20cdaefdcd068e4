"""What two towers that a gate joins learn, for the engine: together, and the tail once more alone.

The gated score learns from the events as they are. Beside it the content tower learns by itself
from the same events with every item as often as its rarity is to count: the balanced branch of
Zhou et al.: BBN (CVPR 2020) and the regularised adapter of Zhang et al. (KDD 2023), §4.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from training.engine.task import Batch
from training.models.gate import USUAL, share
from training.models.mf_ssm_task import START, Contrast


def balanced(train: sparse.csr_matrix, balance: float) -> np.ndarray:
    """Weight of an event by its item, float32 (n_items,): taken^-balance, mean 1 over the events.

    balance: 0 every event counts alike, 1 every item does.
    """
    taken = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float64)
    weights = np.maximum(taken, 1.0) ** -balance
    mean = float((weights * taken).sum() / max(taken.sum(), 1.0))
    return np.asarray(weights / (mean or 1.0), dtype=np.float32)


class Gated(Contrast):
    """A table of users for each tower; items of the head are ids, those of the tail content."""

    def __init__(
        self,
        train: sparse.csr_matrix,
        content: nn.Module,
        params: dict[str, Any],
        device: torch.device,
    ) -> None:
        super().__init__(train, params | {"loss": "infonce"}, device)
        self.others = nn.Embedding(int(train.shape[0]), params["factors"])
        nn.init.normal_(self.others.weight, std=START)
        self.content = content
        self.module = nn.ModuleList([self.users, self.items, self.others, content]).to(device)
        self.rarity = torch.from_numpy(balanced(train, params["balance"])).to(device)
        taken = np.bincount(train.indices, minlength=train.shape[1])
        middle, sharpness = params["middle"], params["sharpness"]
        gate = USUAL._replace(
            middle=USUAL.middle if middle is None else middle,
            sharpness=USUAL.sharpness if sharpness is None else sharpness,
        )
        self.gate = torch.from_numpy(share(taken, gate).astype(np.float32))[:, None].to(device)

    def towers(self) -> list[tuple[Tensor, Tensor]]:
        """Head and tail, each unit vectors (users (n_users, f), items (n_items, f))."""
        tables = [(self.users.weight, self.items.weight), (self.others.weight, self.content())]
        return [
            (functional.normalize(users, dim=1), functional.normalize(items, dim=1))
            for users, items in tables
        ]

    def loss(self, batch: Batch) -> Tensor:
        """The contrast of the gated score, and `tail` times that of the content on rare items."""
        asked = batch.each["users"]
        events = self.log.of(asked)
        users, items = self.vectors()
        mine = functional.embedding(asked, users)
        total = (events.weights * self.against(batch, events, mine, items)).sum()
        if self.params["tail"]:
            users, items = self.towers()[1]
            mine = functional.embedding(asked, users)
            each = events.weights * self.rarity[events.items]
            alone = (each * self.against(batch, events, mine, items)).sum()
            total = total + self.params["tail"] * alone
        return total / (self.log.mean * len(asked))

    def vectors(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, 2 f), items (n_items, 2 f)) whose dot is the gated score."""
        (people, things), (others, contents) = self.towers()
        items = torch.cat([self.gate * things, (1.0 - self.gate) * contents], dim=1)
        return torch.cat([people, others], dim=1), items
