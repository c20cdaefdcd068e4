"""What the models that the engine trains have in common: one way to fit, one to serve factors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from scipy import sparse

from training.models.contract import Progress
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

if TYPE_CHECKING:
    import torch

    from training.engine.loop import Trained


class Learnt(ABC):
    """A model with a SPEC, a task for the engine, and what it keeps of the trained weights."""

    spec: ClassVar[dict[str, Any]]
    on_graph: ClassVar[bool] = False  # needs CSR products, which not every device has

    def __init__(self, **params: Any) -> None:
        self.params = fill(self.spec, params)

    def fit(
        self,
        split: Split,
        *,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Learn from split.train; an interrupted run goes on from `checkpoint`, bit for bit.

        Raises engine.diverged.Diverged (a ValueError) when the loss is no number, and what the
        model's own task refuses.
        """
        from training.engine.loop import train
        from training.engine.session import best_device, session
        from training.engine.state import identity
        from training.engine.task import plan_of

        with session(rng, best_device(sparse=self.on_graph)) as device:
            self.device_ = device.type
            task = self.task(split, device)
            self.trained_: Trained = train(
                task,
                plan_of(self.params, **self.plan(task)),
                split,
                identity=identity(self.spec["id"], self.params, self.log(split)),
                progress=progress,
                checkpoint=checkpoint,
            )
            task.module.eval()  # unjudged epochs leave dropout on
            self.keep(task, split)
        return self

    @abstractmethod
    def task(self, split: Split, device: torch.device) -> Any:
        """What is learnt (engine.task.Task). Raises ValueError where the data do not allow it."""

    def plan(self, task: Any) -> dict[str, Any]:
        """What differs from the engine's usual plan (engine.task.Plan)."""
        return {}

    def log(self, split: Split) -> sparse.csr_matrix:
        """The matrix by which a checkpoint knows that it belongs to this training."""
        return split.train

    @abstractmethod
    def keep(self, task: Any, split: Split) -> None:
        """Take over from the trained task what scores and serving need."""


class Factors:
    """A score is the product of a user's and an item's vector."""

    def keep(self, task: Any, split: Split) -> None:
        """user_factors_ (n_users, f), item_factors_ (n_items, f) float32."""
        from training.engine.factors import served

        self.user_factors_, self.item_factors_ = served(task.vectors, split.train)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """User factors times item factors, float32 (len(users), n_items)."""
        return np.asarray(self.user_factors_[users] @ self.item_factors_.T)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors float32 (form factors)."""
        return {"user_factors": self.user_factors_, "item_factors": self.item_factors_}


class LearntFactors(Factors, Learnt):
    """Factors that the engine learns in one go."""

    def serving_meta(self) -> dict[str, Any]:
        """The form, and the epochs that a refit on the whole log takes."""
        return {"form": "factors", "epochs": self.trained_.epochs}
