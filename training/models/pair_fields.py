"""What a network reads of a user and an item: embeddings of ids, categories, decade and hour,
and how often each was seen. Only training events are counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from training.models.feature_mf_task import Bag
from training.models.side import categories, decade_codes
from training.split import Split

START = 0.05  # standard deviation of a fresh vector's entries
HOURS, DAYS = 24, 7
DAY = 86400


def slots(at: np.ndarray) -> np.ndarray:
    """Epoch seconds (n,) -> hour and weekday (UTC, 0 = Thursday), int64 (n, 2)."""
    seconds = at.astype(np.int64)
    return np.column_stack([seconds % DAY // 3600, seconds // DAY % DAYS])


def newest(split: Split) -> np.ndarray:
    """Slots of each user's newest training event, int64 (n_users, 2); zeros where there is none."""
    last = np.zeros(split.n_users)
    if split.train_at is not None and split.train_at.nnz:
        rows = np.flatnonzero(np.diff(split.train_at.indptr))
        last[rows] = np.maximum.reduceat(split.train_at.data, split.train_at.indptr[rows])
    return slots(last)


class Fields(nn.Module):
    """user: (b, mine) of a user at a time; item: (n_items, theirs) of the whole catalogue."""

    def __init__(self, split: Split, params: dict[str, Any], *, context: bool) -> None:
        super().__init__()
        d = params["factors"]
        self.users, self.items = nn.Embedding(split.n_users, d), nn.Embedding(split.n_items, d)
        self.hours = nn.Embedding(HOURS, d) if context else None
        self.days = nn.Embedding(DAYS, d) if context else None
        topics, decades = _catalogue(split)
        self.topics = Bag(topics, d) if topics is not None else None
        self.decades = nn.Embedding(int(decades.max()) + 1, d) if decades is not None else None
        for table in (self.users, self.items, self.hours, self.days, self.decades):
            if table is not None:
                nn.init.normal_(table.weight, std=START)
        if self.topics is not None:
            nn.init.normal_(self.topics.table.weight, std=START)
        counted = {"activity": split.train.getnnz(axis=1), "fame": split.train.getnnz(axis=0)}
        for name, counts in counted.items():
            self.register_buffer(name, torch.from_numpy(_standard(counts)), persistent=False)
        codes = torch.from_numpy(np.zeros(0, np.int64) if decades is None else decades)
        self.register_buffer("decade", codes, persistent=False)
        parts = (self.items, self.topics, self.decades)
        self.mine = d * (3 if context else 1) + 1
        self.theirs = d * sum(part is not None for part in parts) + 1

    def user(self, users: Tensor, when: Tensor | None = None) -> Tensor:
        """Users (b,) at slots (b, 2), which only a context reads -> (b, mine)."""
        parts = [self.users(users), self.get_buffer("activity")[users, None]]
        if self.hours is not None and self.days is not None and when is not None:
            parts += [self.hours(when[:, 0]), self.days(when[:, 1])]
        return torch.cat(parts, dim=1)

    def catalogue(self) -> Tensor:
        """All items, (n_items, theirs)."""
        parts = [self.items.weight, self.get_buffer("fame")[:, None]]
        if self.topics is not None:
            parts.append(self.topics())
        if self.decades is not None:
            parts.append(self.decades(self.get_buffer("decade")))
        return torch.cat(parts, dim=1)


def _catalogue(split: Split) -> tuple[sparse.csr_matrix | None, np.ndarray | None]:
    if split.items is None:
        return None, None
    topics, decades = categories(split.items), decade_codes(split.items)
    return (topics if topics.nnz else None), (decades if decades.any() else None)


def _standard(counts: np.ndarray) -> np.ndarray:
    """ln(1 + n) with mean 0 and spread 1, float32."""
    logs = np.log1p(counts.astype(np.float64))
    return np.asarray((logs - logs.mean()) / max(float(logs.std()), 1e-9), dtype=np.float32)
