"""One trial: a model with given parameters fitted on train, judged on validation, and its cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from training import registry
from training.cli.resources import Cost, Meter
from training.models.contract import Progress
from training.store import Checkpoint
from training.tune.judge import Judge

NAME = "ndcg@10"  # what models that learn epoch by epoch note after an epoch (engine/judge.py)
Prune = Callable[[int, float], bool]
"""(epoch, NDCG@10 on validation) -> whether the trial is not worth going on with."""


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    state: "done", "pruned" (stopped early, no values) or "failed" (error: the model's own words).
    values: measure -> mean on validation. steps: epoch -> NDCG@10 on the way. cost: of the fit.
    """

    state: Literal["done", "pruned", "failed"]
    values: dict[str, float] = field(default_factory=dict)
    steps: dict[int, float] = field(default_factory=dict)
    cost: Cost = Cost(0.0, 0.0, 0.0)
    error: str = ""


class Pruned(Exception):
    """Raised out of a fit that is not worth going on with."""


class Watch(Checkpoint):
    """Hears what a training notes after each epoch, and keeps nothing on disk."""

    def __init__(self, prune: Prune) -> None:
        super().__init__(Path())
        self.prune = prune
        self.steps: dict[int, float] = {}

    def note(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Raises Pruned when the epoch's figure says so."""
        if NAME not in figures:
            return
        self.steps[epoch] = float(figures[NAME])
        if self.prune(epoch, self.steps[epoch]):
            raise Pruned

    def load(self) -> None:
        """Nothing is kept, so nothing is there."""

    def save(self, epoch: int, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
        """Forgotten: a trial that was interrupted begins again."""

    def part(self, name: str) -> None:
        """A stage keeps nothing either."""

    def clear(self) -> None:
        """Nothing to forget."""


def attempt(
    model: str, params: Mapping[str, Any], judge: Judge, progress: Progress, prune: Prune | None
) -> Outcome:
    """Fit and judge. What the model refuses is an outcome; what progress raises goes through.

    params: checked or not; the seed of the fit is the judge's, as in a run of the same seed.
    """
    watch = Watch(prune) if prune else None
    meter, steps = Meter(), watch.steps if watch else {}
    rng = np.random.default_rng(judge.seed)
    try:
        made = registry.load_model(model)(**params)
        with meter:
            made.fit(judge.split, rng=rng, progress=progress, checkpoint=watch)
        values = judge(made)
    except Pruned:
        return Outcome("pruned", steps=steps, cost=meter.cost)
    except MemoryError:
        words = "the memory is not enough for it on this log"
        return Outcome("failed", steps=steps, cost=_spent(meter), error=words)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return Outcome("failed", steps=steps, cost=_spent(meter), error=str(error))
    if not np.isfinite(values.get(judge.metric, np.nan)):
        return Outcome("failed", steps=steps, cost=meter.cost, error=f"no {judge.metric} came out")
    return Outcome("done", values, steps, meter.cost)


def _spent(meter: Meter) -> Cost:
    """Nothing when the fit was not even begun."""
    return getattr(meter, "cost", Cost(0.0, 0.0, 0.0))
