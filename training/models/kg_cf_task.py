"""What the knowledge graph model learns, for the engine: LightGCN from items that know facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from training.models.feature_mf_task import Bag
from training.models.knowledge import means
from training.models.lightgcn_task import Propagated


class Informed(Propagated):
    """An item starts as itself plus the mean of its entities; then users and items spread.

    The entities are not nodes of the normalised graph: its 1 / sqrt(degree) would leave a tenth of
    what a category of a hundred items has to say.
    """

    def __init__(
        self,
        train: sparse.csr_matrix,
        known: sparse.csr_matrix,
        params: dict[str, Any],
        device: torch.device,
    ) -> None:
        super().__init__(train, params, device)
        self.entities: Bag | None = None
        if params["knowledge"]:
            self.entities = Bag(means(known), params["factors"])
            # an item that nobody took has learnt nothing of its own: noise would hide its facts
            taken = (train.getnnz(axis=0) > 0).astype(np.float32)
            self.taken = torch.from_numpy(taken)[:, None].to(device)
            self.module = torch.nn.ModuleList([self.users, self.items, self.entities]).to(device)

    def nodes(self) -> Tensor:
        """Users, and items with what is known of them."""
        if self.entities is None:
            return super().nodes()
        items = self.items.weight * self.taken + self.params["knowledge"] * self.entities()
        return torch.cat([self.users.weight, items])
