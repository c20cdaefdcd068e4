"""People who took this also took that: cosine between the columns of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.confidence import recent, relative
from training.models.contract import Progress
from training.models.cosine import nearest
from training.models.serving_forms import BLOCK, item_item
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "itemknn",
    "class": "ItemKNN",
    "name": {"en": "Item neighbours", "zh-hans": "基于物品的近邻"},
    "kind": "top-n",
    "paper": "Sarwar, Karypis, Konstan, Riedl: Item-based collaborative filtering (WWW 2001)",
    "help": {
        "en": "Recommends items that the same people took. Each recommendation can be explained "
        "by the items in the history that speak for it.",
        "zh-hans": "推荐同一批人也选择过的物品。每条推荐都可以用历史中支持它的物品来解释。",
    },
    "when": {
        "en": "A fast first model whose reasons people understand.",
        "zh-hans": "想要快速得到、理由容易理解的第一个模型时使用。",
    },
    "cost": {
        "en": "Under a second for 100,000 events; memory grows with items x k.",
        "zh-hans": "十万条事件不到一秒；内存随物品数 x k 增长。",
    },
    "formula": "score(u, t) = sum over j in history of c(u, j) w(u, j) sim(j, t); "
    "sim(j, t) = <x_j, x_t> / (|x_j| |x_t| + shrink), kept for the k best j of each t",
    "needs": [],
    "serving": "item-item",
    "params": {
        "k": {
            "type": "int",
            "default": 200,
            "low": 1,
            "high": 2000,
            "log": True,
            "help": {
                "en": "Neighbours kept for each recommended item. More is smoother, less is "
                "sharper.",
                "zh-hans": "为每个被推荐物品保留的近邻数。越多越平滑，越少越敏锐。",
            },
        },
        "shrink": {
            "type": "float",
            "default": 10.0,
            "low": 0.0,
            "high": 1000.0,
            "log": False,
            "help": {
                "en": "Pulls similarities that rest on few people towards 0. 0: not at all.",
                "zh-hans": "把依据人数很少的相似度拉向 0。0 表示不收缩。",
            },
        },
        "recency": {"like": "recency"},
    },
}


class ItemKNN:
    """Cosine with shrinkage, k best neighbours of each target item."""

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
        """Similarities of split.train. Raises ValueError when recency needs times."""
        log, _ = relative(split.train)
        self.history_ = recent(log, split, self.params["recency"])
        shrink = self.params["shrink"]
        # row t holds the neighbours of target t: pruned there, no target is left without
        targets = nearest(log.T.tocsr(), self.params["k"], shrink=shrink, progress=progress)
        self.weights_ = targets.T.tocsr()
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Summed similarities to the history, float64 (len(users), n_items)."""
        return np.asarray((self.history_[users] @ self.weights_).todense())

    def serving(self) -> dict[str, np.ndarray]:
        """Strongest weights of each item (form item-item)."""
        return item_item(_rows(self.weights_), self.weights_.shape[0])

    def serving_meta(self) -> dict[str, Any]:
        """The form and the recency that weighs a history."""
        return {"form": "item-item", "recency": self.params["recency"]}


def _rows(weights: sparse.csr_matrix) -> Iterator[np.ndarray]:
    for start in range(0, weights.shape[0], BLOCK):
        yield weights[start : start + BLOCK].toarray()
