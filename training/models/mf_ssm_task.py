"""What contrastive matrix factorisation learns, for the engine."""

from __future__ import annotations

from typing import Any

import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from training import losses
from training.engine.histories import Events, Histories
from training.engine.negatives import Negatives
from training.engine.task import Batch, Scorer

WHOLE = 20_000  # items up to which the softmax stands against all of them
START = 0.1  # standard deviation of a fresh vector's entries
LENGTHS = ("mse", "bpr")  # score by the dot; all others by the cosine, where lengths mean nothing


class Contrast:
    """An embedding of users and one of items; an example is a user with all that they took."""

    def __init__(
        self, train: sparse.csr_matrix, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device = params, device
        self.log, self.negatives = Histories(train, device), Negatives(train, params["popularity"])
        self.examples = len(self.log)
        self.turns = params["loss"] not in LENGTHS
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
        events = self.log.of(asked)
        users, items = self.vectors()
        mine = functional.embedding(asked, users)  # (b, f)
        each = events.weights * self.against(batch, events, mine, items)
        if not self.turns:
            ego, other = self.users(asked), self.items(events.items)
            lengths = ego.pow(2).sum(dim=1)[events.rows] + other.pow(2).sum(dim=1)
            each = each + self.params["regularization"] * lengths
        return each.sum() / (self.log.mean * len(asked))

    def tables(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, f), items (n_items, f)) of now, of any length."""
        return self.users.weight, self.items.weight

    def vectors(self) -> tuple[Tensor, Tensor]:
        """The tables whose dot is the score: of length 1 where directions are compared."""
        users, items = self.tables()
        if self.turns:
            return functional.normalize(users, dim=1), functional.normalize(items, dim=1)
        return users, items

    def scorer(self) -> Scorer:
        """Dots of the vectors of now."""
        users, items = self.vectors()
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T).cpu().numpy()

    def against(self, batch: Batch, events: Events, users: Tensor, items: Tensor) -> Tensor:
        """The chosen loss (p,) of each event against all items or the drawn ones.

        users: vectors (b, f) of the batch's users; items: (n_items, f).
        """
        kind, heat = self.params["loss"], self.params["temperature"]
        rows, mine = events.rows, self.log.taken(batch.each["users"])  # (b, n_items)
        if self.whole:  # what the user took is no negative of theirs
            everything = (users @ items.T / heat).float()
            others = torch.logsumexp(everything.masked_fill(mine, losses.NEVER), dim=1)  # (b,)
            return losses.info_nce(everything[rows, events.items], others[rows, None])
        drawn = batch.shared["against"]
        right = (users[rows] * functional.embedding(events.items, items)).sum(dim=1)  # (p,)
        wrong = users @ functional.embedding(drawn, items).T  # (b, n)
        mine = mine[:, drawn]
        if kind == "infonce":
            wrong = (wrong / heat).float().masked_fill(mine, losses.NEVER)
            others = torch.logsumexp(wrong - batch.shared["log_counts"], dim=1)  # (b,)
            return losses.info_nce(right / heat, others[rows, None])
        wrong, valid = wrong[rows], ~mine[rows]  # (p, n)
        if kind == "hinge":
            return losses.hinge(right, wrong, self.params["margin"], valid)
        if kind in ("mse", "bpr"):
            return {"mse": losses.mse, "bpr": losses.bpr}[kind](right, wrong, valid)
        if kind == "bce":
            return losses.bce(right / heat, wrong / heat, valid)
        return losses.focal(right / heat, wrong / heat, self.params["gamma"], valid)
