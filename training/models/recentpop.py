"""The most chosen items of late: popularity whose memory fades."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training.models.contract import Progress
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "recentpop",
    "class": "RecentPop",
    "name": {"en": "Recent popularity", "zh-hans": "近期热门"},
    "kind": "top-n",
    "paper": "Ji, Sun, Zhang, Li: A re-visit of the popularity baseline in recommender systems "
    "(SIGIR 2020)",
    "help": {
        "en": "Recommends to everybody what most people took lately: an event counts half as much "
        "after each half-life.",
        "zh-hans": "向所有人推荐近期最多人选择的物品：每过一个半衰期，一条事件的权重减半。",
    },
    "when": {
        "en": "As baseline where fashions change and the test lies after the training. Where each "
        "history is divided by itself it stands below plain popularity (demo: nDCG@10 .031 "
        "against .048), for the last days of the log say little about tests of other years.",
        "zh-hans": "流行变化快、且测试在训练之后时用作基线。按各自历史划分时不如普通热门"
        "（演示数据 nDCG@10 为 .031 对 .048），因为日志最后几天几乎不能说明其他年份的测试。",
    },
    "cost": {"en": "One pass over the log.", "zh-hans": "扫描一遍日志。"},
    "formula": "score(i) = sum over events of i in train of 2^(-(T - t) / half_life), "
    "T = the newest training event",
    "needs": ["time"],
    "serving": "popularity",
    "params": {
        "half_life": {
            "type": "float",
            "default": 30.0,
            "low": 0.01,
            "high": 36500.0,
            "log": True,
            "help": {
                "en": "Days after which an event counts half. Higher comes close to plain "
                "popularity; lower follows the last hours.",
                "zh-hans": "多少天后一条事件的权重减半。越高越接近普通热门；越低越只看最近的事件。",
            },
        }
    },
}

DAY = 86_400.0  # seconds


class RecentPop:
    """Training users per item, each weighted by the age of the event."""

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
        """Sum the faded events of each item. Raises ValueError when the log has no time."""
        if split.train_at is None:
            raise ValueError("recentpop needs times, and this log has none; use pop")
        at = split.train_at.data
        age = (at.max() - at) / DAY if len(at) else at
        faded = np.exp2(-age / self.params["half_life"])
        items = split.train_at.indices
        self.item_scores_ = np.bincount(items, faded, minlength=split.n_items).astype(float)
        progress(1, 1, "count")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """The faded counts for each user, float64 (len(users), n_items)."""
        return np.tile(self.item_scores_, (len(users), 1))

    def serving(self) -> dict[str, np.ndarray]:
        """item_scores float32 (n_items,) (form popularity)."""
        return {"item_scores": self.item_scores_.astype(np.float32)}

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "popularity"}
