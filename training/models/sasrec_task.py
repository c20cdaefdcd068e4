"""What the self-attentive sequence model learns, for the engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training import losses
from training.engine.negatives import Negatives
from training.engine.task import Batch, Scorer
from training.models.order import Histories
from training.split import Split

START = 0.02  # standard deviation of fresh weights
CHUNKS = 8  # groups of like length that a batch is computed in: almost no padding is multiplied
ASKED = 512  # users whose states are computed at a time


class Block(nn.Module):
    """Attention to what came before, then two linear layers; each normalised first and added."""

    def __init__(self, d: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, d), nn.Linear(d, d)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(m, w, d) -> (m, w, d)."""
        m, width, d = x.shape
        both = self.qkv(self.first(x)).view(m, width, 3, self.heads, d // self.heads)
        query, key, value = both.permute(2, 0, 3, 1, 4)  # each (m, heads, w, d / heads)
        # written out: torch's fused attention is slow backwards on the processor; no dropout on
        # the shares either: drawing w x w masks would cost a quarter of the training
        later = torch.ones(width, width, dtype=torch.bool, device=x.device).triu(1)
        near = query @ key.transpose(2, 3) * (d // self.heads) ** -0.5
        mixed = torch.softmax(near.masked_fill(later, -math.inf), dim=3) @ value
        x = x + self.dropout(self.out(mixed.transpose(1, 2).reshape(m, width, d)))
        hidden = self.dropout(torch.relu(self.up(self.second(x))))
        found: Tensor = x + self.dropout(self.down(hidden))
        return found


class Encoder(nn.Module):
    """Items of a session to a state at each place of it; `item` holds the items' own vectors."""

    def __init__(self, n_items: int, params: dict[str, Any]) -> None:
        super().__init__()
        d, self.longest = params["factors"], params["longest"]
        self.item, self.position = nn.Embedding(n_items, d), nn.Embedding(self.longest, d)
        rate, heads = params["dropout"], params["heads"]
        self.blocks = nn.ModuleList(Block(d, heads, rate) for _ in range(params["blocks"]))
        self.last, self.dropout = nn.LayerNorm(d), nn.Dropout(rate)
        for part in self.modules():
            if isinstance(part, nn.Linear | nn.Embedding):
                nn.init.normal_(part.weight, std=START)
            if isinstance(part, nn.Linear):
                nn.init.zeros_(part.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors of the items (m, w, d), oldest first and padded behind -> states (m, w, d)."""
        width, d = vectors.shape[1:]
        x = self.dropout(vectors * math.sqrt(d) + self.position.weight[:width])
        for block in self.blocks:
            x = block(x)
        found: Tensor = self.last(x)
        return found


class NextItem:
    """Each place of each history is asked for the item that came next; long ones are cut."""

    def __init__(
        self, split: Split, histories: Histories, params: dict[str, Any], device: torch.device
    ) -> None:
        self.params, self.device, self.histories = params, device, histories
        self.n_items = split.n_items
        self.module: nn.Module = Encoder(split.n_items, params).to(device)
        self.negatives = Negatives(split.train, params["popularity"])
        # one item more than the model reads: the last one is only asked for
        self.stops, self.lengths = histories.cut(params["longest"] + 1)
        self.examples = len(self.stops)
        # places of an average example: a batch cut in parts then weighs each place alike
        self.places = float((self.lengths - 1).mean())

    def batch(self, rows: Tensor) -> Batch:
        """Spans of histories, and the items drawn to stand against what came next."""
        mine = rows.numpy()
        items, lengths = self.histories.spans(self.stops[mine], self.lengths[mine])
        each = {"items": torch.from_numpy(items).long(), "lengths": torch.from_numpy(lengths)}
        shared = {}
        if self.params["negatives"] < self.n_items:
            drawn, log_counts = self.negatives.shared(self.params["negatives"])
            shared = {"against": drawn.to(self.device), "log_counts": log_counts.to(self.device)}
        return Batch({name: value.to(self.device) for name, value in each.items()}, shared)

    def loss(self, batch: Batch) -> Tensor:
        """Sum over the places of each example, by the number of places of an average one."""
        items, lengths = batch.each["items"], batch.each["lengths"]
        # one look-up: each one gives a gradient as large as the whole table
        vectors = self.module.get_submodule("item")(items)  # (b, w + 1, d)
        order = torch.argsort(lengths, stable=True)
        found, wanted, own = [], [], []
        for rows in order.chunk(CHUNKS):
            width = int(lengths[rows].max()) - 1
            mine = vectors[rows, : width + 1]
            known = self.module(mine[:, :-1])  # (c, w, d)
            asked = torch.arange(width, device=self.device) < lengths[rows, None] - 1
            found.append(known[asked])
            wanted.append(items[rows, 1 : width + 1][asked])
            own.append(mine[:, 1:][asked])
        right = (torch.cat(found) * torch.cat(own)).sum(dim=1)  # (n,)
        total = self._against(torch.cat(found), torch.cat(wanted), right, batch.shared).sum()
        return total / (len(batch) * self.places)

    def scorer(self) -> Scorer:
        """Newest states of the training histories against all items."""
        table = self._table()

        def scores(users: np.ndarray) -> np.ndarray:
            parts = [
                self._newest(users[start : start + ASKED]) @ table.T
                for start in range(0, len(users), ASKED)
            ]
            found: np.ndarray = torch.cat(parts).cpu().numpy()
            return found

        return scores

    def weights(self) -> dict[str, np.ndarray]:
        """The learnt arrays as training/attention.py reads them."""
        module: Any = self.module
        found: dict[str, Tensor] = {}
        with torch.no_grad():
            found["item_factors"], found["positions"] = module.item.weight, module.position.weight
            found["last"] = torch.stack([module.last.weight, module.last.bias])
            for place, block in enumerate(module.blocks):
                for name in ("qkv", "out", "up", "down"):
                    layer = getattr(block, name)
                    found[f"b{place}_{name}"] = layer.weight
                    found[f"b{place}_{name}_bias"] = layer.bias
                for name in ("first", "second"):
                    layer = getattr(block, name)
                    found[f"b{place}_{name}"] = torch.stack([layer.weight, layer.bias])
        arrays = {name: value.detach().cpu().numpy().copy() for name, value in found.items()}
        return arrays | {"heads": np.ones(self.params["heads"], np.float32)}

    def _table(self) -> Tensor:
        """Vectors of the items (n_items, d), of what is read and of what is asked for."""
        return self.module.get_parameter("item.weight")

    def _newest(self, users: np.ndarray) -> Tensor:
        items, lengths = self.histories.windows(users, self.params["longest"])
        vectors = self._table()[torch.from_numpy(items).long().to(self.device)]
        states = self.module(vectors)
        # nobody asks for a user without a history; place 0 keeps the shapes whole
        newest = torch.from_numpy(np.maximum(lengths - 1, 0))
        found: Tensor = states[torch.arange(len(users)), newest]
        return found

    def _against(
        self, states: Tensor, wanted: Tensor, right: Tensor, shared: dict[str, Tensor]
    ) -> Tensor:
        """The chosen loss (n,) of states (n, d) that want items (n,), of which they think right."""
        table = self._table()
        if not shared and self.params["loss"] == "softmax":
            return losses.softmax(states @ table.T, wanted)
        drawn = shared.get("against", torch.arange(self.n_items, device=self.device))
        wrong = states @ table[drawn].T  # (n, negatives)
        wrong = wrong.masked_fill(wanted[:, None] == drawn, -math.inf)
        if self.params["loss"] == "softmax":
            return losses.info_nce(right, wrong, shared["log_counts"])
        return gbce(right, wrong, self.n_items, self.params["calibration"])


def gbce(positive: Tensor, negatives: Tensor, n_items: int, calibration: float) -> Tensor:
    """Generalised binary cross-entropy (n,), Petrov and Macdonald (RecSys 2023), eq. 16 and 17.

    positive (n,), negatives (n, k) scores, -inf = none. calibration t in 0..1: 0 is binary
    cross-entropy, which thinks far too highly of the top with few negatives; 1 undoes that wholly:
    the positive's ln sigmoid is multiplied by beta = a (t (1 - 1/a) + 1/a), a = k / (n_items - 1).
    """
    share = min(1.0, negatives.shape[1] / max(n_items - 1, 1))
    beta = share * (calibration * (1 - 1 / share) + 1 / share)
    right = beta * functional.softplus(-positive.float())
    return right + functional.softplus(negatives.float()).sum(dim=1)
