"""The baseline, corrected by how far people who rate alike were off it on the same item."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.contract import Progress
from training.models.serving_forms import lists
from training.models.stars import baseline, ratings
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "knn_baseline",
    "class": "KNNBaseline",
    "name": {"en": "Neighbours of raters", "zh-hans": "评分近邻"},
    "kind": "rating",
    "paper": "Koren: Factor in the neighbors: scalable and accurate collaborative filtering "
    "(TKDD 2010), eq. 3; as the library Surprise defines KNNBaseline",
    "help": {
        "en": "Predicts stars from those of people who rated the same items alike. Its lists are "
        "of no use (demo: nDCG@10 .0001 against .048 of popularity): on top stand rare items that "
        "one neighbour rated highest.",
        "zh-hans": "根据对相同物品评分相近的人的评分来预测评分。"
        "其推荐列表没有用处（演示数据 nDCG@10 为 .0001，热门为 .048）："
        "排在最前的是某一个近邻给过最高分的冷门物品。",
    },
    "when": {
        "en": "Predicted stars are wanted and the ratings are few: it has little to tune.",
        "zh-hans": "需要预测评分且评分不多时使用：几乎无需调节。",
    },
    "cost": {
        "en": "Nothing to train; a list takes one pass over all ratings.",
        "zh-hans": "无需训练；每个列表扫描一遍全部评分。",
    },
    "formula": "r(u, i) = b_ui + sum over the k nearest v that rated i of s(u, v) (r_vi - b_vi) / "
    "sum of s; s(u, v) = 1 / (1 + mean squared difference over common items)",
    "needs": ["ratings"],
    "serving": "lists",
    "params": {
        "k": {
            "type": "int",
            "default": 40,
            "low": 1,
            "high": 1000,
            "log": True,
            "help": {
                "en": "People asked about each item. More is smoother, less is sharper.",
                "zh-hans": "为每个物品参考的用户数。越多越平滑，越少越敏锐。",
            },
        },
        "support": {
            "type": "int",
            "default": 1,
            "low": 1,
            "high": 100,
            "log": False,
            "help": {
                "en": "Items that two people must both have rated. Higher trusts fewer people "
                "more.",
                "zh-hans": "两个用户至少要共同评分的物品数。越高则只相信更少但更可靠的人。",
            },
        },
    },
}

USER_REG, ITEM_REG, ROUNDS = 15.0, 10.0, 10  # of the baseline, as Surprise has them


class KNNBaseline:
    """k nearest raters of each item by mean squared difference; split.train holds ratings."""

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
        """Keep split.train and its baseline. Raises ValueError when its ratings are all alike."""
        given = ratings(split.train, "knn_baseline")
        self.baseline_ = baseline(given, user_reg=USER_REG, item_reg=ITEM_REG, rounds=ROUNDS)
        users = np.repeat(np.arange(split.n_users), np.diff(given.indptr))
        expected = (
            self.baseline_.mean + self.baseline_.user[users] + self.baseline_.item[given.indices]
        )
        self.ratings_ = given
        self.off_ = given.data - expected
        progress(1, 1, "baseline")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Predicted ratings, float64 (len(users), n_items), not cut to the scale."""
        predicted = self.baseline_.rows(users)
        alike = self._alike(users)
        for place in range(len(users)):
            predicted[place] += self._correction(alike[place])
        return predicted

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        seen = self.ratings_.copy()
        seen.data[:] = 1.0  # a rating of 0 is seen as well
        return lists(self.scores, seen)

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "lists", "n_items": self.ratings_.shape[1]}

    def _alike(self, users: np.ndarray) -> np.ndarray:
        """s(u, v), float64 (len(users), n_users); 0 with oneself and below `support`."""
        given, there = self.ratings_, self.ratings_.copy()
        squares = given.multiply(given).tocsr()
        there.data[:] = 1.0
        common = (there[users] @ there.T).toarray()
        apart = (squares[users] @ there.T).toarray() + (there[users] @ squares.T).toarray()
        apart -= 2.0 * (given[users] @ given.T).toarray()
        enough = common >= self.params["support"]
        mean = np.divide(np.maximum(apart, 0.0), common, out=np.zeros_like(apart), where=enough)
        alike = np.where(enough, 1.0 / (1.0 + mean), 0.0)
        alike[np.arange(len(users)), users] = 0.0
        return alike

    def _correction(self, alike: np.ndarray) -> np.ndarray:
        """Weighted mean of what the k most alike raters of each item were off, (n_items,)."""
        n_items = self.ratings_.shape[1]
        order = np.argsort(-alike, kind="stable")  # ties: the lower code
        order = order[alike[order] > 0]
        counted = sparse.csr_matrix(
            (np.arange(self.ratings_.nnz), self.ratings_.indices, self.ratings_.indptr),
            shape=self.ratings_.shape,
        )
        nearest = counted[order]
        weights = np.repeat(alike[order], np.diff(nearest.indptr))
        source = nearest.data
        nearest.data = np.arange(nearest.nnz)
        columns = nearest.tocsc()  # keeps the order of the rows within each item
        item = np.repeat(np.arange(n_items), np.diff(columns.indptr))
        kept = np.arange(columns.nnz) - columns.indptr[item] < self.params["k"]
        taken = columns.data[kept]
        weight, off = weights[taken], self.off_[source[taken]]
        total = np.bincount(item[kept], weight, n_items)
        summed = np.bincount(item[kept], weight * off, n_items)
        return np.divide(summed, total, out=np.zeros(n_items), where=total > 0)
