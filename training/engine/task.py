"""What a model brings to the engine: a Task (what to learn) and a Plan (how long, how fast)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch

Scorer = Callable[[np.ndarray], np.ndarray]
"""User codes (m,) -> scores (m, n_items), higher is better; a fresh array."""


@dataclass(frozen=True)
class Batch:
    """Examples of one step. each: tensors (b, ...), a row an example; shared: the same for all."""

    each: dict[str, torch.Tensor]
    shared: dict[str, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.each.values())))

    def part(self, start: int, stop: int) -> Batch:
        """Examples start to stop, with what they share."""
        return Batch({name: value[start:stop] for name, value in self.each.items()}, self.shared)


class Task(Protocol):
    """One thing to learn. Everything random of a step is drawn in `batch`, dropout apart."""

    module: torch.nn.Module  # what is learnt, on its device
    examples: int  # rows of an epoch

    def batch(self, rows: torch.Tensor) -> Batch:
        """The examples with these numbers, int64 (b,) on the processor, put on the device."""

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean over the batch's examples, a scalar with a gradient."""

    def scorer(self) -> Scorer:
        """Scores by the weights of now; asked without gradients, with the module in eval mode."""


PARAMS = ("learning_rate", "batch", "epochs", "accumulate", "precision")


@dataclass(frozen=True)
class Plan:
    """How a task is trained.

    learning_rate: of Adam, above 0. batch: examples of a step; accumulate: parts that a step is
    computed in (memory falls, the step stays the same one). epochs: exactly so many; None: until
    `patience` epochs brought no better validation NDCG@10, at most `most`, and the best epoch's
    weights are taken; where nothing can be validated, `usual` epochs. every: epochs from one
    validation to the next. decay: AdamW's decoupled weight decay, 0 = none. clip: largest gradient
    norm, None = any. precision: "float32", or "bfloat16" for the forward pass (weights and their
    updates stay float32).
    """

    learning_rate: float
    batch: int
    epochs: int | None = None
    most: int = 200
    usual: int = 30
    patience: int = 10
    every: int = 1
    accumulate: int = 1
    decay: float = 0.0
    clip: float | None = None
    precision: str = "float32"

    @property
    def by_validation(self) -> bool:
        """Whether the number of epochs is to be found."""
        return self.epochs is None


def plan_of(params: Mapping[str, Any], **more: Any) -> Plan:
    """The plan that a model's own parameters of the same names say, and `more`."""
    named = {name: params[name] for name in PARAMS if name in params}
    return Plan(**(named | more))
