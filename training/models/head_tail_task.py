"""What the tail's tower sees of an item: categories, decade and text, summed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.models.feature_mf_task import Bag
from training.models.mf_ssm_task import START
from training.models.side import Side


class Described(nn.Module):
    """W f_i of every item; what the catalogue does not say adds nothing."""

    def __init__(self, known: Side, factors: int) -> None:
        super().__init__()
        self.bag = Bag(known.items, factors) if known.items.nnz else None
        self.words: nn.Linear | None = None
        if known.texts.shape[1]:
            self.words = nn.Linear(known.texts.shape[1], factors, bias=False)
            nn.init.normal_(self.words.weight, std=START / known.texts.shape[1] ** 0.5)
            self.register_buffer("texts", torch.from_numpy(known.texts), persistent=False)

    def forward(self) -> Tensor:
        """Vectors (n_items, factors)."""
        parts = [] if self.bag is None else [self.bag()]
        if self.words is not None:
            parts.append(self.words(self.get_buffer("texts")))
        out: Tensor = torch.stack(parts).sum(dim=0)
        return out
