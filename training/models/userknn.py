"""People like you took this: cosine between the rows of the log."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training.models.confidence import relative
from training.models.contract import Progress
from training.models.cosine import nearest
from training.models.serving_forms import lists
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "userknn",
    "class": "UserKNN",
    "name": {"en": "User neighbours", "zh-hans": "基于用户的近邻"},
    "kind": "top-n",
    "paper": "Resnick, Iacovou, Suchak, Bergstrom, Riedl: GroupLens (CSCW 1994)",
    "help": {
        "en": "Recommends what the most similar people took.",
        "zh-hans": "推荐最相似的用户选择过的物品。",
    },
    "when": {
        "en": "Few people with long histories; the list changes only when it is trained again.",
        "zh-hans": "用户较少而历史较长时使用；列表只有在重新训练后才会变化。",
    },
    "cost": {
        "en": "Under a second for 100,000 events; grows with the square of the users.",
        "zh-hans": "十万条事件不到一秒；随用户数的平方增长。",
    },
    "formula": "score(u, i) = sum over the k nearest v of sim(u, v) c(v, i); "
    "sim(u, v) = <x_u, x_v> / (|x_u| |x_v| + shrink)",
    "needs": [],
    "serving": "lists",
    "params": {
        "k": {
            "type": "int",
            "default": 50,
            "low": 1,
            "high": 1000,
            "log": True,
            "help": {
                "en": "People asked for each list. More is closer to the most popular items.",
                "zh-hans": "为每个列表参考的用户数。越多越接近热门推荐。",
            },
        },
        "shrink": {
            "type": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1000.0,
            "log": False,
            "help": {
                "en": "Pulls similarities that rest on few common items towards 0. 0: not at all.",
                "zh-hans": "把依据共同物品很少的相似度拉向 0。0 表示不收缩。",
            },
        },
    },
}


class UserKNN:
    """Cosine with shrinkage, k nearest users."""

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
        """Find each user's neighbours in split.train."""
        self.log_, _ = relative(split.train)
        self.near_ = nearest(
            self.log_, self.params["k"], shrink=self.params["shrink"], progress=progress
        )
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Summed confidences of the neighbours, float64 (len(users), n_items)."""
        return np.asarray((self.near_[users] @ self.log_).todense())

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.log_, above=0.0)  # 0: no neighbour took it

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "lists", "n_items": self.log_.shape[1]}
