"""A task small enough for every test of the engine: a softmax over items, with dropout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from tests.training.models.planted import planted
from training import losses
from training.engine.loop import Trained, train
from training.engine.pairs import Pairs
from training.engine.session import session
from training.engine.state import identity
from training.engine.task import Batch, Plan, Scorer
from training.models.contract import Progress, quiet
from training.split import Split
from training.store import Checkpoint

SPLIT = planted(n_items=60)
CPU = torch.device("cpu")
PLAN = Plan(learning_rate=0.02, batch=500, epochs=6)


class Tiny:
    """Dot products of two embeddings; examples are the training pairs."""

    def __init__(self, split: Split, dropout: float = 0.2) -> None:
        self.pairs = Pairs(split.train)
        self.examples = len(self.pairs)
        self.users = torch.nn.Embedding(split.n_users, 8)
        self.items = torch.nn.Embedding(split.n_items, 8)
        for table in (self.users, self.items):
            torch.nn.init.normal_(table.weight, std=0.1)
        self.dropout = torch.nn.Dropout(dropout)
        self.module: torch.nn.Module = torch.nn.ModuleList([self.users, self.items, self.dropout])

    def batch(self, rows: Tensor) -> Batch:
        return Batch(self.pairs.of(rows, CPU))

    def loss(self, batch: Batch) -> Tensor:
        scores = self.dropout(self.users(batch.each["users"])) @ self.items.weight.T
        return losses.softmax(scores, batch.each["items"]).mean()

    def scorer(self) -> Scorer:
        users, items = self.dropout(self.users.weight), self.items.weight
        return lambda asked: (users[torch.from_numpy(asked)] @ items.T).numpy()


def run(
    plan: Plan = PLAN,
    *,
    split: Split = SPLIT,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress = quiet,
    task: type[Tiny] = Tiny,
    **more: Any,
) -> tuple[Trained, Tiny]:
    """One training from `seed`, with checkpoints when there is a folder."""
    with session(np.random.default_rng(seed), CPU):
        made = task(split, **more)
        trained = train(
            made,
            plan,
            split,
            identity=identity("tiny", {"batch": plan.batch}, split.train),
            progress=progress,
            checkpoint=Checkpoint(folder) if folder else None,
        )
    return trained, made


def bits(task: Tiny) -> list[bytes]:
    """The weights, to be compared bit by bit."""
    return [value.numpy().tobytes() for value in task.module.state_dict().values()]


def without_validation(split: Split = SPLIT) -> Split:
    return replace(split, validation=sparse.csr_matrix(split.validation.shape, dtype=np.float32))
