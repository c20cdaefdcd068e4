"""Scores drawn by chance: the floor below which no model may stand."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training.models.contract import Progress
from training.models.serving_forms import lists
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "random",
    "name": {"en": "Random", "zh-hans": "随机"},
    "kind": "top-n",
    "paper": "",
    "help": {
        "en": "Recommends by chance. It shows what a measure gives to a list without any idea.",
        "zh-hans": "随机推荐。它显示毫无依据的列表在各项指标上能得多少分。",
    },
    "when": {
        "en": "To see the floor: a model that does not beat it has learnt nothing.",
        "zh-hans": "用于查看下限：不能超过它的模型什么也没学到。",
    },
    "cost": {"en": "None to train.", "zh-hans": "无需训练。"},
    "formula": "score(u, i) ~ Uniform(0, 1)",
    "needs": [],
    "serving": "lists",
    "params": {},
}


class Random:
    """Uniform scores; the same user gets the same scores whoever else is asked for."""

    def __init__(self, **params: Any) -> None:
        self.params = fill(SPEC, params)

    def fit(
        self,
        split: Split,
        *,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Draw the one seed that all scores come from."""
        self.train_ = split.train
        self.seed_ = int(rng.integers(2**62))
        progress(1, 1, "draw")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Scores in [0, 1), float64 (len(users), n_items)."""
        n_items = self.train_.shape[1]
        rows = [np.random.default_rng([self.seed_, int(user)]).random(n_items) for user in users]
        return np.array(rows).reshape(len(users), n_items)

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "lists", "n_items": self.train_.shape[1]}
