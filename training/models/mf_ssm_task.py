"""What contrastive matrix factorisation learns, for the engine."""

from __future__ import annotations

from typing import Any

import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from training import losses
from training.engine.histories import Histories
from training.engine.negatives import Negatives
from training.engine.task import Batch, Scorer

WHOLE = 20_000  # items up to which the softmax stands against all of them
START = 0.1  # standard deviation of a fresh vector's entries
DIRECTIONS = ("infonce", "hinge", "bce", "focal")  # compare cosines; mse fits 0 and 1 by the dot


class Contrast:
    """An embedding of users and one of items; an example is a user with all that they took."""

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device = params, device
        self.log, self.negatives = Histories(train, device), Negatives(train, params["popularity"])
        self.examples = len(self.log)
        self.whole = params["loss"] == "infonce" and self.log.n_items <= WHOLE
        self.users = torch.nn.Embedding(int(train.shape[0]), params["factors"])
        self.items = torch.nn.Embedding(self.log.n_items, params["factors"])
        for table in (self.users, self.items):
            torch.nn.init.normal_(table.weight, std=START)
        self.module: torch.nn.Module = torch.nn.ModuleList([self.users, self.items]).to(device)

    def batch(self, rows: Tensor) -> Batch:
        """Users, and the negatives that they share."""
        each = {"users": self.log.users[rows].to(self.device)}
        if self.whole:
            return Batch(each)
        items, log_counts = self.negatives.shared(self.params["negatives"])
        return Batch(
            each, {"against": items.to(self.device), "log_counts": log_counts.to(self.device)}
        )

    def loss(self, batch: Batch) -> Tensor:
        """Mean over users of the sum over their events, by the mean number of events."""
        asked = batch.each["users"]
        rows, taken, weights = self.log.of(asked)
        users, items = self.users(asked), self.items(taken)  # (b, f), (p, f)
        each = weights * self._against(batch, rows, taken, users, items)
        if self.params["loss"] == "mse":  # the others compare directions: lengths mean nothing
            lengths = users.pow(2).sum(dim=1)[rows] + items.pow(2).sum(dim=1)
            each = each + self.params["regularization"] * lengths
        return each.sum() / (self.log.mean * len(asked))

    def vectors(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, f), items (n_items, f)) whose dot is the score."""
        return self._turned(self.users.weight), self._turned(self.items.weight)

    def scorer(self) -> Scorer:
        """Dots of the vectors of now."""
        users, items = self.vectors()
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T).cpu().numpy()

    def _turned(self, vectors: Tensor) -> Tensor:
        """Of length 1, for the losses that compare directions."""
        return (
            functional.normalize(vectors, dim=1) if self.params["loss"] in DIRECTIONS else vectors
        )

    def _against(
        self, batch: Batch, rows: Tensor, taken: Tensor, users: Tensor, items: Tensor
    ) -> Tensor:
        """The chosen loss (p,) of each event against all items or the drawn ones."""
        kind, heat = self.params["loss"], self.params["temperature"]
        users, items = self._turned(users), self._turned(items)
        mine = self.log.taken(batch.each["users"])  # (b, n_items): no negatives of theirs
        if self.whole:
            everything = (users @ self._turned(self.items.weight).T / heat).float()
            against = torch.logsumexp(everything.masked_fill(mine, losses.NEVER), dim=1)  # (b,)
            return losses.info_nce(everything[rows, taken], against[rows, None])
        drawn = batch.shared["against"]
        right = (users[rows] * items).sum(dim=1)  # (p,)
        wrong = users @ self._turned(self.items(drawn)).T  # (b, n)
        mine = mine[:, drawn]
        if kind == "infonce":
            wrong = (wrong / heat).float().masked_fill(mine, losses.NEVER)
            return losses.info_nce(right / heat, wrong[rows], batch.shared["log_counts"])
        wrong, valid = wrong[rows], ~mine[rows]  # (p, n)
        if kind == "hinge":
            return losses.hinge(right, wrong, self.params["margin"], valid)
        if kind == "mse":
            return losses.mse(right, wrong, valid)
        if kind == "bce":
            return losses.bce(right / heat, wrong / heat, valid)
        return losses.focal(right / heat, wrong / heat, self.params["gamma"], valid)
