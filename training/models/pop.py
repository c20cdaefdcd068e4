"""The same list for everyone: what most people took."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training.models.contract import Progress
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "pop",
    "name": {"en": "Most popular", "zh-hans": "热门推荐"},
    "kind": "top-n",
    "paper": "",
    "help": {
        "en": "Recommends what most people in the training part took, to everyone alike. Every "
        "other model is compared with it.",
        "zh-hans": "向所有人推荐训练集中最多人选择的物品。其他所有模型都与它比较。",
    },
    "when": {
        "en": "As baseline, and for people without any history.",
        "zh-hans": "作为基线，以及用于没有任何历史的用户。",
    },
    "cost": {"en": "One pass over the log.", "zh-hans": "扫描一遍日志。"},
    "formula": "score(i) = number of users with i in train",
    "needs": [],
    "serving": "popularity",
    "params": {},
}


class Pop:
    """Number of training users per item."""

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
        """Count the users of each item; confidence does not matter."""
        self.item_scores_ = np.bincount(split.train.indices, minlength=split.n_items).astype(float)
        progress(1, 1, "count")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """The counts for each user, float64 (len(users), n_items)."""
        return np.tile(self.item_scores_, (len(users), 1))

    def serving(self) -> dict[str, np.ndarray]:
        """item_scores float32 (n_items,) (form popularity)."""
        return {"item_scores": self.item_scores_.astype(np.float32)}

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "popularity"}
