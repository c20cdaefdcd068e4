"""A rating is the mean, plus how generous the user is, plus how liked the item is."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training.models.contract import Progress
from training.models.stars import baseline, ratings
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "baseline_only",
    "name": {"en": "Rating baseline", "zh-hans": "评分基线"},
    "kind": "rating",
    "paper": "Koren: Factor in the neighbors: scalable and accurate collaborative filtering "
    "(TKDD 2010), eq. 1",
    "help": {
        "en": "Predicts stars from the mean, the user's habit and the item's. The order of its "
        "lists is the same for everybody; as lists they stand below popularity (demo: "
        "nDCG@10 .027 against .048), for it asks how well and not how likely.",
        "zh-hans": "根据总体均值、用户习惯和物品口碑预测评分。它给每个人的排序都相同；"
        "作为推荐列表不如热门推荐（演示数据 nDCG@10 为 .027 对 .048），"
        "因为它预测的是评分高低而不是选择的可能性。",
    },
    "when": {
        "en": "As the baseline of every model that predicts stars.",
        "zh-hans": "作为所有评分预测模型的基线。",
    },
    "cost": {"en": "A few passes over the log.", "zh-hans": "扫描日志数遍。"},
    "formula": "r(u, i) = mean + b_u + b_i; b_i = sum(r - mean - b_u) / (item_reg + n_i), "
    "b_u = sum(r - mean - b_i) / (user_reg + n_u), in turn",
    "needs": ["ratings"],
    "serving": "popularity",
    "params": {
        "user_reg": {
            "type": "float",
            "default": 15.0,
            "low": 0.0,
            "high": 1000.0,
            "log": False,
            "help": {
                "en": "Higher keeps users with few ratings closer to the mean.",
                "zh-hans": "越高，评分少的用户越接近均值。",
            },
        },
        "item_reg": {
            "type": "float",
            "default": 10.0,
            "low": 0.0,
            "high": 1000.0,
            "log": False,
            "help": {
                "en": "Higher keeps items with few ratings closer to the mean.",
                "zh-hans": "越高，评分少的物品越接近均值。",
            },
        },
        "rounds": {
            "type": "int",
            "default": 10,
            "low": 1,
            "high": 100,
            "log": False,
            "tune": False,
            "help": {
                "en": "Times that items and users are solved in turn.",
                "zh-hans": "物品与用户交替求解的轮数。",
            },
        },
    },
}


class BaselineOnly:
    """Mean and two deviations; split.train holds ratings."""

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
        """Solve for split.train. Raises ValueError when its ratings are all alike."""
        self.baseline_ = baseline(ratings(split.train, "baseline_only"), **self.params)
        progress(1, 1, "baseline")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Predicted ratings, float64 (len(users), n_items), not cut to the scale."""
        return self.baseline_.rows(users)

    def serving(self) -> dict[str, np.ndarray]:
        """item_scores float32 (n_items,): mean + b_i (form popularity)."""
        return {"item_scores": (self.baseline_.mean + self.baseline_.item).astype(np.float32)}

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "popularity"}
