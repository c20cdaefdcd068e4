"""What LightGCN learns, for the engine: contrast between vectors that the graph has spread."""

from __future__ import annotations

from typing import Any

import torch
from scipy import sparse
from torch import Tensor

from training.engine.graph import Graph
from training.models.mf_ssm_task import Contrast


class Propagated(Contrast):
    """As contrastive MF, with each table the mean of its 0 to `layers` times propagated self."""

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        super().__init__(train, params, device)
        self.graph = Graph(train, device)

    def nodes(self) -> Tensor:
        """Vectors before anything spread: users, items, and what else the graph has."""
        return torch.cat([self.users.weight, self.items.weight])

    def tables(self) -> tuple[Tensor, Tensor]:
        """(users, items): mean over layers 0..K (He et al. 2020, eq. 4, alpha = 1 / (K + 1))."""
        nodes = self.nodes()  # (n_users + n_items ..., f)
        total = nodes
        for _ in range(self.params["layers"]):
            nodes = self.graph.told(nodes)
            total = total + nodes
        n_users, n_items = len(self.users.weight), len(self.items.weight)
        spread = total[: n_users + n_items] / (self.params["layers"] + 1)
        users, items = torch.split(spread, [n_users, n_items])
        return users, items
