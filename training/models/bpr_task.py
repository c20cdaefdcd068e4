"""What BPR learns, for the engine."""

from __future__ import annotations

from typing import Any

import torch
from scipy import sparse
from torch import Tensor

from training import losses
from training.engine.negatives import Negatives
from training.engine.pairs import Pairs
from training.engine.task import Batch, Scorer

START = 0.1  # standard deviation of a fresh vector's entries


class Pairwise:
    """Embeddings of users and items and an item bias; an example is a training event."""

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device = params, device
        self.pairs, self.negatives = Pairs(train), Negatives(train, params["popularity"])
        self.examples = len(self.pairs)
        self.users = torch.nn.Embedding(int(train.shape[0]), params["factors"])
        self.items = torch.nn.Embedding(int(train.shape[1]), params["factors"])
        self.bias = torch.nn.Embedding(int(train.shape[1]), 1)
        for table in (self.users, self.items):
            torch.nn.init.normal_(table.weight, std=START)
        torch.nn.init.zeros_(self.bias.weight)
        tables = [self.users, self.items, self.bias]
        self.module: torch.nn.Module = torch.nn.ModuleList(tables).to(device)

    def batch(self, rows: Tensor) -> Batch:
        """Events, each with items that its user did not take."""
        each = self.pairs.of(rows, self.device)
        drawn = self.negatives.each(self.pairs.users[rows], self.params["negatives"])
        return Batch(each | {"against": drawn.to(self.device)})

    def loss(self, batch: Batch) -> Tensor:
        """Weighted by confidence, with L2 of the vectors and biases that the batch touches."""
        mine = self.users(batch.each["users"])  # (b, f)
        right, right_bias = self._item(batch.each["items"])  # (b, f), (b,)
        wrong, wrong_bias = self._item(batch.each["against"])  # (b, n, f), (b, n)
        taken = (mine * right).sum(dim=1) + right_bias
        left = torch.einsum("bf,bnf->bn", mine, wrong) + wrong_bias
        sizes = right.pow(2).sum(dim=1) + right_bias.pow(2)
        sizes = sizes + (wrong.pow(2).sum(dim=2) + wrong_bias.pow(2)).mean(dim=1)
        each: Tensor = (
            batch.each["weights"] * losses.bpr(taken, left)
            + self.params["user_regularization"] * mine.pow(2).sum(dim=1)
            + self.params["item_regularization"] * sizes
        )
        return each.mean()

    def vectors(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, f + 1), items (n_items, f + 1)) whose dot is the score."""
        ones = torch.ones_like(self.users.weight[:, :1])
        users = torch.cat([self.users.weight, ones], dim=1)
        return users, torch.cat([self.items.weight, self.bias.weight], dim=1)

    def scorer(self) -> Scorer:
        """Dots of the vectors of now."""
        users, items = self.vectors()
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T).cpu().numpy()

    def _item(self, items: Tensor) -> tuple[Tensor, Tensor]:
        return self.items(items), self.bias(items).squeeze(-1)
