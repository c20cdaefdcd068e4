"""What diverse factorisation learns, for the engine: contrast, and lists that vary."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from training import losses
from training.engine.task import Batch
from training.models.list_diversity import sameness
from training.models.mf_ssm_task import Contrast


class Diverse(Contrast):
    """(1 - w) times contrastive MF's loss, plus w times the sameness of the users' best items."""

    def __init__(
        self,
        train: sparse.csr_matrix,
        vectors: np.ndarray,
        params: dict[str, Any],
        device: torch.device,
    ) -> None:
        super().__init__(train, params | {"loss": "infonce"}, device)
        self.size = min(params["list_size"], self.log.n_items)
        self.likeness = torch.from_numpy(np.asarray(vectors, np.float32)).to(device)

    def loss(self, batch: Batch) -> Tensor:
        """Both aims, weighed by list_diversity."""
        weight = self.params["list_diversity"]
        if not weight:
            return super().loss(batch)
        alike = self.alike(batch.each["users"]).mean()
        if weight == 1:
            return alike
        total: Tensor = (1.0 - weight) * super().loss(batch) + weight * alike
        return total

    def alike(self, asked: Tensor) -> Tensor:
        """Sameness (b,) of the users' `list_size` best items that they did not take.

        Which items stand in the list is not differentiated, only how much each of them counts.
        """
        users, items = self.vectors()
        scores = (users[asked] @ items.T / self.params["temperature"]).float()
        scores = scores.masked_fill(self.log.taken(asked), losses.NEVER)
        best, place = scores.topk(self.size, dim=1)
        return sameness(best, self.likeness[place])
