"""What feature factorisation learns, for the engine: contrast between sums of feature vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from training.models.mf_ssm_task import START, Contrast
from training.models.side import Side


class Bag(nn.Module):
    """Sums of feature vectors: rows of a fixed csr matrix (n, f) times a learnt table (f, d)."""

    def __init__(self, rows: sparse.csr_matrix, factors: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(rows.shape[1], factors, mode="sum", include_last_offset=True)
        nn.init.normal_(self.table.weight, std=START)
        parts = {
            "columns": rows.indices.astype(np.int64),
            "ends": rows.indptr.astype(np.int64),
            "shares": rows.data.astype(np.float32),
        }
        for name, part in parts.items():
            self.register_buffer(name, torch.from_numpy(part), persistent=False)

    def forward(self) -> Tensor:
        """All rows' sums (n, d)."""
        out: Tensor = self.table(
            self.get_buffer("columns"),
            self.get_buffer("ends"),
            per_sample_weights=self.get_buffer("shares"),
        )
        return out


class Summed(Contrast):
    """As contrastive MF, with vectors that are sums over ids and features, and an offset each."""

    def __init__(
        self,
        train: sparse.csr_matrix,
        known: Side | None,
        params: dict[str, Any],
        device: torch.device,
    ) -> None:
        super().__init__(train, params, device)
        factors = params["factors"]
        self.known = known
        if known is None:  # ids alone hold every offset already
            return
        self.item_bag = (
            Bag(known.items, factors) if params["item_features"] and known.items.nnz else None
        )
        self.user_bag = (
            Bag(known.users, factors) if params["profiles"] and known.users.nnz else None
        )
        self.words: nn.Linear | None = None
        if params["text"]:
            self.words = nn.Linear(known.texts.shape[1], factors, bias=False)
            nn.init.normal_(self.words.weight, std=START / known.texts.shape[1] ** 0.5)
        self.offsets = nn.Embedding(2, factors)  # b of users, c of items
        nn.init.zeros_(self.offsets.weight)
        parts = (self.users, self.items, self.item_bag, self.user_bag, self.words, self.offsets)
        self.module = nn.ModuleList([part for part in parts if part is not None]).to(device)
        self.texts = torch.from_numpy(known.texts).to(device)
        # an item that nobody took has learnt no vector of its own: noise would hide its features
        taken = np.bincount(train.indices, minlength=train.shape[1]) > 0
        self.taken = torch.from_numpy(taken.astype(np.float32))[:, None].to(device)

    def tables(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, f), items (n_items, f)): W I + b of each side."""
        users, items = super().tables()
        if self.known is None:
            return users, items
        items = items * self._own() + self.offsets.weight[1]
        users = users + self.offsets.weight[0]
        if self.item_bag is not None:
            items = items + self.item_bag()
        if self.user_bag is not None:
            users = users + self.user_bag()
        if self.words is not None:
            items = items + self.words(self.texts)
        return users, items

    def _own(self) -> Tensor:
        """How much of each item's own vector counts (n_items, 1): dropout while learning."""
        share = self.params["id_dropout"]
        if not (share and self.module.training):
            return self.taken
        kept = (torch.rand(self.taken.shape, device=self.device) >= share).float()
        out: Tensor = self.taken * kept / (1.0 - share)
        return out
