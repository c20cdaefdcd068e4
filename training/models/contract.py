"""What every model of this folder promises, as types; nothing inherits from them.

A model that has more to say of itself than its lists has `facts() -> dict[str, float]`, too, such
as how well its probabilities are calibrated on validation, and `notes() -> list[dict[str, str]]`,
the same in sentences by language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, Self

import numpy as np

from training.split import Split
from training.store import Checkpoint

Progress = Callable[[int, int, str], None]
"""(done, total, step) is called after each step; what it raises stops the training."""


class Model(Protocol):
    """A model: parameters in, fit on split.train, scores out."""

    params: dict[str, Any]  # every parameter of SPEC with its value

    def fit(
        self,
        split: Split,
        *,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Learn from split.train alone."""

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Scores (len(users), n_items), higher is better; a fresh array that the caller masks."""

    def serving(self) -> dict[str, np.ndarray]:
        """Arrays of the serving form that SPEC names."""

    def serving_meta(self) -> dict[str, Any]:
        """JSON facts that a reader of the serving form needs, its form among them."""


def quiet(done: int, total: int, step: str) -> None:
    """Progress for callers that watch nothing."""


def within(progress: Progress, start: int, stop: int) -> Progress:
    """Progress of a part that fills `start` to `stop` percent of the whole: one bar, never back."""

    def report(done: int, total: int, step: str) -> None:
        progress(start + (stop - start) * done // max(total, 1), 100, step)

    return report
