"""What the multi-view towers learn, for the engine: contrast between sums over views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from training.models.feature_mf_task import Bag
from training.models.mf_ssm_task import START, Contrast
from training.models.side import Side

VIEWS = ("behaviour", "catalogue", "text")


def credibility(taken: np.ndarray, names: Sequence[str], trust: float) -> np.ndarray:
    """How much each view counts for each item, float64 (n_items, views), rows adding up to 1.

    taken: events of each item. Behaviour has n / (n + trust), as much as there is to go by; the
    other views share the rest alike. A gate that learns would learn the wrong thing: on training
    events the vectors of rare items are right, for each of them was made for its few events.
    """
    shares = np.full((len(taken), len(names)), 1.0 / len(names))
    if "behaviour" in names and len(names) > 1:
        column = list(names).index("behaviour")
        counts = taken.astype(np.float64)
        mine = counts / np.maximum(counts + trust, 1e-12)
        shares[:] = ((1.0 - mine) / (len(names) - 1))[:, None]
        shares[:, column] = mine
    return shares


class Views(Contrast):
    """A table of users for each view; items of a view are ids, summed features or mapped texts."""

    def __init__(
        self,
        train: sparse.csr_matrix,
        known: Side,
        params: dict[str, Any],
        device: torch.device,
    ) -> None:
        super().__init__(train, params | {"loss": "infonce"}, device)
        d = params["factors"]
        self.names = [view for view in VIEWS if params[view]]
        people = [nn.Embedding(int(train.shape[0]), d) for _view in self.names]
        for table in people:
            nn.init.normal_(table.weight, std=START)
        self.people = dict(zip(self.names, people, strict=True))
        self.things = nn.ModuleDict()
        if "catalogue" in self.names:
            self.things["catalogue"] = Bag(known.items, d)
        if "text" in self.names:
            self.things["text"] = nn.Linear(known.texts.shape[1], d, bias=False)
        parts: list[nn.Module] = [*people, self.things]
        if "behaviour" in self.names:
            parts.append(self.items)
        self.module = nn.ModuleList(parts).to(device)
        self.texts = torch.from_numpy(known.texts).to(device)
        taken = np.bincount(train.indices, minlength=train.shape[1])
        self.taken = torch.from_numpy((taken > 0).astype(np.float32))[:, None].to(device)
        shares = credibility(taken, self.names, params["trust"])
        self.weights = torch.from_numpy(shares.astype(np.float32)).to(device)

    def vectors(self) -> tuple[Tensor, Tensor]:
        """(users (n_users, views x f), items (n_items, views x f)) whose dot is the score."""
        users = [functional.normalize(self.people[view].weight, dim=1) for view in self.names]
        items = [
            functional.normalize(self._items(view), dim=1) * self.weights[:, column, None]
            for column, view in enumerate(self.names)
        ]
        return torch.cat(users, dim=1), torch.cat(items, dim=1)

    def _items(self, view: str) -> Tensor:
        if view == "behaviour":  # who was never taken has nothing to say here
            return self.items.weight * self.taken
        out: Tensor = self.things["text"](self.texts) if view == "text" else self.things[view]()
        return out
