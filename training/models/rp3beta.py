"""A walk of three steps from a person over the log, with popular ends made less likely.

Christoffel, Paudel, Newell, Bernstein: Blockbusters and wallflowers (RecSys 2015), and Paudel et
al. (TiiS 2017): P3alpha raises each step's probability to alpha, RP3beta divides the chance of
ending at an item by its degree to beta.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.confidence import relative
from training.models.contract import Progress
from training.models.serving_forms import BLOCK, item_item
from training.models.strongest import strongest
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "rp3beta",
    "class": "RP3beta",
    "name": {"en": "RP3beta random walk", "zh-hans": "RP3beta 随机游走"},
    "kind": "top-n",
    "paper": "Paudel, Christoffel, Newell, Bernstein: Updatable, accurate, diverse, and scalable "
    "recommendations for interactive applications (TiiS 2017), RP3beta",
    "help": {
        "en": "Walks from a person to their items, to people who share them, to what those took. "
        "The more beta, the more it leaves blockbusters behind.",
        "zh-hans": "从用户走到其物品，再走到共享这些物品的人，最后走到他们选择的物品。"
        "beta 越大，越远离大热门。",
    },
    "when": {
        "en": "As quick as item neighbours and often better; its beta trades fame for the long "
        "tail.",
        "zh-hans": "与基于物品的近邻一样快，往往更好；beta 可在热门与长尾之间取舍。",
    },
    "cost": {
        "en": "Under a second for 100,000 events; memory grows with items x k.",
        "zh-hans": "十万条事件不到一秒；内存随物品数 x k 增长。",
    },
    "formula": "score(u, t) = sum over j in history of c(u, j) W(j, t); W(j, t) = "
    "sum over v of P(j -> v)^alpha P(v -> t)^alpha / degree(t)^beta, kept for the k best t of "
    "each j",
    "needs": [],
    "serving": "item-item",
    "params": {
        "alpha": {
            "type": "float",
            "default": 0.8,
            "low": 0.0,
            "high": 2.0,
            "log": False,
            "help": {
                "en": "Exponent of each step's probability. Higher follows people and items with "
                "few events; 0 lets every step count alike.",
                "zh-hans": "每一步概率的指数。越高越重视事件少的用户和物品；0 表示每一步同等重要。",
            },
        },
        "beta": {
            "type": "float",
            "default": 0.6,
            "low": 0.0,
            "high": 2.0,
            "log": False,
            "help": {
                "en": "How much fame counts against an item. 0: not at all; higher reaches further "
                "into the long tail.",
                "zh-hans": "热门程度对物品的惩罚。0 表示不惩罚；越高越深入长尾。",
            },
        },
        "k": {
            "type": "int",
            "default": 200,
            "low": 1,
            "high": 2000,
            "log": True,
            "help": {
                "en": "Items that each item of a history may speak for. More is smoother, less is "
                "sharper.",
                "zh-hans": "历史中每个物品可以推荐的物品数。越多越平滑，越少越敏锐。",
            },
        },
    },
}


class RP3beta:
    """Three-step walk as an item-item matrix, k best targets of each source item."""

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
        """Walk over split.train; confidences are the weights of its edges."""
        self.history_, _ = relative(split.train)
        self.weights_ = self._walk(self.history_, progress)
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Summed walks from the history, float64 (len(users), n_items)."""
        return np.asarray((self.history_[users] @ self.weights_).todense())

    def serving(self) -> dict[str, np.ndarray]:
        """Strongest weights of each item (form item-item)."""
        return item_item(_rows(self.weights_), self.weights_.shape[0])

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "item-item"}

    def _walk(self, log: sparse.csr_matrix, progress: Progress) -> sparse.csr_matrix:
        """Csr float64 (n_items, n_items): row j holds the k items that a walk from j ends at.

        Pruned by source: by target, the walks of items with a single event, which hardly any
        history holds, would crowd out all others.
        """
        alpha = self.params["alpha"]
        sources = _steps(log.T.tocsr(), alpha)  # (n_items, n_users): P(j -> v)^alpha
        to_item = _steps(log, alpha)  # (n_users, n_items): P(v -> t)^alpha
        degree = np.asarray(log.sum(axis=0)).ravel()
        less = np.zeros(len(degree))
        np.power(degree, -self.params["beta"], out=less, where=degree > 0)
        kept = []
        for start in range(0, len(degree), BLOCK):
            stop = min(start + BLOCK, len(degree))
            walked = (sources[start:stop] @ to_item).toarray() * less
            walked[np.arange(stop - start), np.arange(start, stop)] = 0.0
            # equal walks summed in another order differ in the last bits: still a tie
            walked[~strongest(_rounded(walked), self.params["k"])] = 0.0
            kept.append(sparse.csr_matrix(walked))
            progress(stop, len(degree), "walks")
        return sparse.csr_matrix(sparse.vstack(kept, format="csr"))


def _steps(log: sparse.csr_matrix, alpha: float) -> sparse.csr_matrix:
    """Chances of one step from each row to the power alpha: (w / row sum)^alpha where w > 0."""
    lengths = np.repeat(np.asarray(log.sum(axis=1)).ravel(), np.diff(log.indptr))
    chances = (log.data / lengths) ** alpha
    return sparse.csr_matrix((chances, log.indices, log.indptr), shape=log.shape)


def _rounded(walked: np.ndarray) -> np.ndarray:
    """Twelve digits behind the largest of each row: walks have no common scale as cosines do."""
    top = walked.max(axis=1, keepdims=True)
    scale = np.where(top > 0, top, 1.0)
    return np.asarray(np.round(walked / scale, 12))


def _rows(weights: sparse.csr_matrix) -> Iterator[np.ndarray]:
    for start in range(0, weights.shape[0], BLOCK):
        yield weights[start : start + BLOCK].toarray()
