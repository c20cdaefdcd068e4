"""What SimGCL learns, for the engine: LightGCN's task, and knowing each node again behind noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training import losses
from training.engine.task import Batch
from training.models.lightgcn_task import Propagated


class Noisy(Propagated):
    """The noise is drawn in `loss`, as dropout is."""

    def loss(self, batch: Batch) -> Tensor:
        """LightGCN's loss, plus the contrast of two noisy views of the batch's users and items."""
        base = super().loss(batch)
        if not self.params["weight"]:
            return base
        asked = batch.each["users"]
        taken = torch.unique(self.log.of(asked).items)
        one, other = self.view(), self.view()
        contrast = self.alike(one[0][asked], other[0][asked])
        contrast = contrast + self.alike(one[1][taken], other[1][taken])
        total: Tensor = base + self.params["weight"] * contrast
        return total

    def view(self) -> tuple[Tensor, Tensor]:
        """(users, items): mean over layers 1..K, noise of length eps added to each layer's nodes.

        The noise points into the orthant of the vector that it is added to (eq. 3); the layer 0,
        which has none, is left out as the paper does. Without layers the noise stands on layer 0.
        """
        nodes = torch.cat([self.users.weight, self.items.weight])
        total, layers = torch.zeros_like(nodes), max(self.params["layers"], 1)
        for _ in range(layers):
            if self.params["layers"]:
                nodes = self.graph.told(nodes)
            noise = functional.normalize(torch.rand_like(nodes), dim=1)
            nodes = nodes + torch.sign(nodes).detach() * noise * self.params["eps"]
            total = total + nodes
        users, items = torch.split(total / layers, [len(self.users.weight), len(self.items.weight)])
        return users, items

    def alike(self, one: Tensor, other: Tensor) -> Tensor:
        """InfoNCE between two views (m, f) of the same m nodes: each must find its own (eq. 9)."""
        left, right = functional.normalize(one, dim=1), functional.normalize(other, dim=1)
        scores = left @ right.T / self.params["view_temperature"]  # (m, m)
        return losses.softmax(scores, torch.arange(len(one), device=one.device)).mean()
