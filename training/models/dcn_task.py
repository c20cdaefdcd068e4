"""What the deep and cross network learns, for the engine."""

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
from training.models.pair_fields import Fields, newest, slots
from training.split import Split

CELLS = 50_000  # pairs that the network looks at together when scoring: they stay in cache


class Crosses(nn.Module):
    """x(l+1) = x(0) * (W x(l) + b) + x(l), beside two ReLU layers; both end in one logit."""

    def __init__(self, width: int, params: dict[str, Any]) -> None:
        super().__init__()
        hidden = params["hidden"]
        self.cross = nn.ModuleList(nn.Linear(width, width) for _ in range(params["layers"]))
        self.deep = None
        if hidden:
            self.deep = nn.Sequential(
                nn.Dropout(params["dropout"]),
                nn.Linear(width, hidden),
                nn.ReLU(),
                nn.Linear(hidden, max(hidden // 2, 1)),
                nn.ReLU(),
            )
        self.last = nn.Linear(width + (max(hidden // 2, 1) if hidden else 0), 1)

    def forward(self, start: Tensor) -> Tensor:
        """Logits (...) of features (..., width)."""
        crossed = start
        for layer in self.cross:
            crossed = start * layer(crossed) + crossed
        if self.deep is not None:
            crossed = torch.cat([crossed, self.deep(start)], dim=-1)
        out: Tensor = self.last(crossed).squeeze(-1)
        return out


class Clicks:
    """An example is a training event with the items drawn against it, all at the same time."""

    def __init__(self, split: Split, params: dict[str, Any], device: torch.device) -> None:
        self.params, self.device = params, device
        self.pairs, self.negatives = (
            Pairs(split.train),
            Negatives(split.train, params["popularity"]),
        )
        self.examples = len(self.pairs)
        self.timed = params["context"] and split.train_at is not None
        at = split.train_at.data if split.train_at is not None else np.zeros(len(self.pairs))
        self.when = torch.from_numpy(slots(at))  # (n, 2)
        self.now = torch.from_numpy(newest(split)).to(device)  # (n_users, 2)
        self.fields = Fields(split, params, context=self.timed)
        self.net = Crosses(self.fields.mine + self.fields.theirs, params)
        self.module: nn.Module = nn.ModuleList([self.fields, self.net]).to(device)

    def batch(self, rows: Tensor) -> Batch:
        """Events, each with items that its user did not take."""
        each = self.pairs.of(rows, self.device)
        drawn = self.negatives.each(self.pairs.users[rows], self.params["negatives"])
        both = torch.cat([self.pairs.items[rows, None], drawn], dim=1)  # (b, 1 + n)
        more = {"shown": both.to(self.device), "when": self.when[rows].to(self.device)}
        return Batch(each | more)

    def loss(self, batch: Batch) -> Tensor:
        """Log loss over what was shown, taken pairs by their confidence, with L2 of the ids."""
        users, shown = batch.each["users"], batch.each["shown"]
        logits = self.logits(users, shown, batch.each["when"])
        taken = batch.each["weights"] * functional.softplus(-logits[:, 0])
        found = (taken + functional.softplus(logits[:, 1:]).sum(dim=1)) / logits.shape[1]
        sizes = self.fields.users(users).pow(2).sum(dim=1)
        sizes = sizes + self.fields.items(shown).pow(2).sum(dim=2).mean(dim=1)
        each: Tensor = found + self.params["regularization"] * sizes
        return each.mean()

    def logits(self, users: Tensor, items: Tensor, when: Tensor) -> Tensor:
        """Logits (b, n) of users (b,) with items (b, n) at slots (b, 2)."""
        mine = self.fields.user(users, when)[:, None].expand(-1, items.shape[1], -1)
        theirs = functional.embedding(items, self.fields.catalogue())
        out: Tensor = self.net(torch.cat([mine, theirs], dim=2).float())
        return out

    def scorer(self) -> Scorer:
        """Logits by the weights of now, as at each user's newest event."""
        rows = max(1, CELLS // self.negatives.n_items)
        catalogue = self.fields.catalogue()

        def score(asked: np.ndarray) -> np.ndarray:
            users = torch.from_numpy(asked.astype(np.int64)).to(self.device)
            out = torch.empty((len(users), len(catalogue)))
            for start in range(0, len(users), rows):
                part = users[start : start + rows]
                mine = self.fields.user(part, self.now[part])[:, None]
                pair = torch.cat(
                    [
                        mine.expand(-1, len(catalogue), -1),
                        catalogue.expand(len(part), -1, -1),
                    ],
                    dim=2,
                )
                out[start : start + rows] = self.net(pair).cpu()
            return out.numpy()

        return score

    def shown(self, held: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """(logits, labels) of held-out pairs, each followed by items drawn as in training.

        An item that the same user also took in `held` is no negative: it is drawn again a few
        times and, where nothing else comes, left in.
        """
        rows = Pairs(held)
        if not len(rows):
            return np.zeros(0), np.zeros(0)
        known = Negatives(held)
        drawn = self.negatives.each(rows.users, self.params["negatives"])
        for _ in range(5):
            hit = known.taken(rows.users[:, None], drawn)
            if not hit.any():
                break
            again = self.negatives.each(rows.users, self.params["negatives"])
            drawn = torch.where(hit, again, drawn)
        items = torch.cat([rows.items[:, None], drawn], dim=1)  # (n, 1 + negatives)
        users = rows.users[:, None].expand_as(items).reshape(-1).numpy()
        logits = self.frozen().pairs(users, items.reshape(-1).numpy(), None)
        labels = np.zeros(items.shape)
        labels[:, 0] = 1.0
        return logits, labels.reshape(-1)

    def frozen(self) -> Frozen:
        """The network for after the training: without gradients or dropout."""
        self.module.eval().requires_grad_(requires_grad=False)
        return Frozen(self)


class Frozen:
    """A trained network that only answers."""

    def __init__(self, task: Clicks) -> None:
        self.everything, self._task = task.scorer(), task

    def pairs(self, users: np.ndarray, items: np.ndarray, at: np.ndarray | None) -> np.ndarray:
        """Logits (n,) float64 of pairs; at: epoch seconds (n,) or None, each user's newest."""
        task, parts = self._task, []
        asked = torch.from_numpy(users.astype(np.int64)).to(task.device)
        shown = torch.from_numpy(items.astype(np.int64)).to(task.device)
        when = task.now[asked] if at is None else torch.from_numpy(slots(at)).to(task.device)
        for rows in torch.split(torch.arange(len(asked)), CELLS):
            found = task.logits(asked[rows], shown[rows, None], when[rows])
            parts.append(found[:, 0].cpu().numpy().astype(np.float64))
        return np.concatenate([np.zeros(0), *parts])
