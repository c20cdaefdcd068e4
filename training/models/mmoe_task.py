"""What the multi-gate mixture of experts learns, for the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from training.engine.negatives import Negatives
from training.engine.pairs import Pairs
from training.engine.task import Batch, Scorer
from training.models.pair_fields import Fields
from training.split import Split

CELLS = 50_000  # pairs that the network looks at together when scoring
TASKS = 2  # taken, satisfied


class Gated(nn.Module):
    """Experts that all tasks share, a gate and a tower a task; x = [user; item; p_u * q_i].

    A layer that is linear in x is the sum of one for each part, so that the whole catalogue meets
    the user's and the item's part once and not pair by pair.
    """

    def __init__(self, mine: int, theirs: int, params: dict[str, Any]) -> None:
        super().__init__()
        self.experts, self.width = params["experts"], params["hidden"]
        sizes = (self.experts * self.width, TASKS * self.experts)
        widths = (mine, theirs, params["factors"])
        self.first = nn.ModuleList(nn.Linear(n, sizes[0], bias=not at)
                                   for at, n in enumerate(widths))  # fmt: skip
        self.gates = nn.ModuleList(nn.Linear(n, sizes[1], bias=not at)
                                   for at, n in enumerate(widths))  # fmt: skip
        half = max(self.width // 2, 1)
        self.towers = nn.ModuleList(
            nn.Sequential(nn.Linear(self.width, half), nn.ReLU(), nn.Linear(half, 1))
            for _ in range(TASKS)
        )

    def forward(self, mine: Tensor, theirs: Tensor, product: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (b, n) of both tasks; mine (b, 1, .), theirs (b or 1, n, .), product (b, n, f)."""
        parts = (mine, theirs, product)
        raised = _folded(functional.relu(_sum(self.first, parts)), self.experts, self.width)
        shares = _folded(_sum(self.gates, parts), TASKS, self.experts).softmax(dim=-1)
        mixed = torch.matmul(shares, raised)  # (b, n, tasks, width)
        taken, glad = (tower(mixed[..., k, :])[..., 0] for k, tower in enumerate(self.towers))
        return taken, glad


def _folded(flat: Tensor, rows: int, columns: int) -> Tensor:
    """(..., rows x columns) -> (..., rows, columns)."""
    return flat.reshape(*flat.shape[:-1], rows, columns)


def _sum(layers: nn.ModuleList, parts: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    first, second, third = (layer(part) for layer, part in zip(layers, parts, strict=True))
    out: Tensor = first + second + third
    return out


class Questions:
    """An example is a training event with the items drawn against it."""

    def __init__(
        self, split: Split, least: float, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device, self.least = params, device, least
        self.pairs, self.negatives = (
            Pairs(split.train),
            Negatives(split.train, params["popularity"]),
        )
        self.examples = len(self.pairs)
        self.glad = torch.from_numpy((split.train.data >= least).astype(np.float32))
        self.fields = Fields(split, params, context=False)
        self.net = Gated(self.fields.mine, self.fields.theirs, params)
        self.module: nn.Module = nn.ModuleList([self.fields, self.net]).to(device)

    def batch(self, rows: Tensor) -> Batch:
        """Events, whether each satisfied, and items that its user did not take."""
        drawn = self.negatives.each(self.pairs.users[rows], self.params["negatives"])
        both = torch.cat([self.pairs.items[rows, None], drawn], dim=1)  # (b, 1 + n)
        each = {"users": self.pairs.users[rows], "shown": both, "glad": self.glad[rows]}
        return Batch({name: part.to(self.device) for name, part in each.items()})

    def loss(self, batch: Batch) -> Tensor:
        """Log loss of taken over all that was shown, and of satisfied over what was taken."""
        users, shown = batch.each["users"], batch.each["shown"]
        taken, glad = self.logits(users, shown)
        labels = torch.zeros_like(taken)
        labels[:, 0] = 1.0
        first = functional.binary_cross_entropy_with_logits(taken.float(), labels)
        second = functional.binary_cross_entropy_with_logits(glad[:, 0].float(), batch.each["glad"])
        sizes = self.fields.users(users).pow(2).sum(dim=1)
        sizes = sizes + self.fields.items(shown).pow(2).sum(dim=2).mean(dim=1)
        total: Tensor = first + self.params["second"] * second
        total = total + self.params["regularization"] * sizes.mean()
        return total

    def logits(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Of both tasks, (b, n) of users (b,) with items (b, n)."""
        mine = self.fields.user(users)[:, None]
        theirs = functional.embedding(items, self.fields.catalogue())
        product = self.fields.users(users)[:, None] * self.fields.items(items)
        taken, glad = self.net(mine, theirs, product)
        return taken, glad

    def scorer(self) -> Scorer:
        """Log P(taken) + satisfaction x log P(satisfied) by the weights of now."""
        rows = max(1, CELLS // self.negatives.n_items)
        catalogue, ids = self.fields.catalogue()[None], self.fields.items.weight

        def score(asked: np.ndarray) -> np.ndarray:
            users = torch.from_numpy(asked.astype(np.int64)).to(self.device)
            out = torch.empty((len(users), len(ids)))
            for start in range(0, len(users), rows):
                part = users[start : start + rows]
                mine, product = self.fields.user(part), self.fields.users(part)[:, None] * ids
                taken, glad = self.net(mine[:, None], catalogue, product)
                found = functional.logsigmoid(taken.float())
                found = found + self.params["satisfaction"] * functional.logsigmoid(glad.float())
                out[start : start + rows] = found.cpu()
            return out.numpy()

        return score

    def told(self, held: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """(logits of satisfaction, whether it satisfied) of held-out pairs, each (n,)."""
        rows = Pairs(held)
        users, items = rows.users.to(self.device), rows.items.to(self.device)
        parts = [
            self.logits(users[some], items[some, None])[1][:, 0].float().cpu().numpy()
            for some in torch.split(torch.arange(len(rows)), CELLS)
        ]
        return np.concatenate(parts), np.asarray(held.data >= self.least)

    def frozen(self) -> Scorer:
        """The scorer for after the training: without gradients."""
        self.module.eval().requires_grad_(requires_grad=False)
        return self.scorer()
