"""What NeuMF learns, for the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from training import losses
from training.engine.negatives import Negatives
from training.engine.pairs import Pairs
from training.engine.task import Batch, Scorer

START = 0.05  # standard deviation of a fresh vector's entries
CELLS = 200_000  # pairs of a user and an item that the network looks at together when scoring


class Tower(torch.nn.Module):
    """h [p * q ; MLP([p' ; q'])], three layers of falling width (He et al. 2017, eq. 12)."""

    def __init__(self, n_users: int, n_items: int, params: dict[str, Any]) -> None:
        super().__init__()
        factors, width = params["factors"], params["hidden"]
        self.users, self.items = (torch.nn.Embedding(n, factors) for n in (n_users, n_items))
        self.deep_users, self.deep_items = (
            torch.nn.Embedding(n, factors) for n in (n_users, n_items)
        )
        # the first layer is linear in each side: [p' ; q'] W = p' W_u + q' W_i
        self.first_user = torch.nn.Linear(factors, width)
        self.first_item = torch.nn.Linear(factors, width, bias=False)
        self.second = torch.nn.Linear(width, width // 2)
        self.third = torch.nn.Linear(width // 2, width // 4)
        self.last = torch.nn.Linear(factors + width // 4, 1)
        self.dropout = torch.nn.Dropout(params["dropout"])
        for table in (self.users, self.items, self.deep_users, self.deep_items):
            torch.nn.init.normal_(table.weight, std=START)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Logits (b, n) of users (b,) with items (b, n)."""
        product = self.users(users)[:, None] * self.items(items)  # (b, n, f)
        mine = self.first_user(self.dropout(self.deep_users(users)))[:, None]
        theirs = self.first_item(self.dropout(self.deep_items(items)))
        return self._rest(product, mine + theirs)

    def everything(self, users: Tensor) -> Tensor:
        """Logits (b, n_items) of users (b,) with the whole catalogue; no dropout."""
        product = self.users(users)[:, None] * self.items.weight
        mine = self.first_user(self.deep_users(users))[:, None]
        return self._rest(product, mine + self.first_item(self.deep_items.weight))

    def _rest(self, product: Tensor, first: Tensor) -> Tensor:
        deep = functional.relu(self.second(functional.relu(first)))
        deep = functional.relu(self.third(deep))
        out: Tensor = self.last(torch.cat([product, deep], dim=-1)).squeeze(-1)
        return out


class Network:
    """An example is a training event."""

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device = params, device
        self.pairs, self.negatives = Pairs(train), Negatives(train, params["popularity"])
        self.examples = len(self.pairs)
        self.tower = Tower(int(train.shape[0]), int(train.shape[1]), params).to(device)
        self.module: torch.nn.Module = self.tower

    def batch(self, rows: Tensor) -> Batch:
        """Events, each with items that its user did not take."""
        each = self.pairs.of(rows, self.device)
        drawn = self.negatives.each(self.pairs.users[rows], self.params["negatives"])
        both = torch.cat([self.pairs.items[rows, None], drawn], dim=1)  # (b, 1 + n)
        return Batch(each | {"shown": both.to(self.device)})

    def loss(self, batch: Batch) -> Tensor:
        """Log loss weighted by confidence, with L2 of the vectors that the batch touches."""
        users, shown = batch.each["users"], batch.each["shown"]
        logits = self.tower(users, shown)
        found = losses.bce(logits[:, 0], logits[:, 1:])
        tower = self.tower
        sizes = sum(table(users).pow(2).sum(dim=1) for table in (tower.users, tower.deep_users))
        sizes = sizes + sum(
            table(shown).pow(2).sum(dim=2).mean(dim=1) for table in (tower.items, tower.deep_items)
        )
        each: Tensor = batch.each["weights"] * found + self.params["regularization"] * sizes
        return each.mean()

    def scorer(self) -> Scorer:
        """Logits by the weights of now."""
        rows = max(1, CELLS // self.negatives.n_items)

        def score(asked: np.ndarray) -> np.ndarray:
            users = torch.from_numpy(asked.astype(np.int64)).to(self.device)
            parts = [self.tower.everything(part) for part in torch.split(users, rows)]
            return torch.cat(parts).cpu().numpy()

        return score

    def frozen(self) -> Scorer:
        """The scorer for after the training: without gradients or dropout."""
        self.tower.eval().requires_grad_(requires_grad=False)
        return self.scorer()
