"""What tends to follow what: transitions from each item to the ones taken after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.confidence import recent, relative
from training.models.contract import Progress
from training.models.order import Histories, histories
from training.models.serving_forms import BLOCK, item_item
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "markov",
    "name": {"en": "Markov chain (what follows)", "zh-hans": "马尔可夫链（什么接什么）"},
    "kind": "sequence",
    "paper": "Shani, Heckerman, Brafman: An MDP-based recommender system (JMLR 2005), §4.1 with "
    "its skipping; Rendle, Freudenthaler, Schmidt-Thieme: Factorizing personalized Markov chains "
    "(WWW 2010), §4",
    "help": {
        "en": "Counts what people took next after each item, and a little what they took later. "
        "The newest item speaks loudest, older ones back it up.",
        "zh-hans": "统计人们在每个物品之后接着选了什么，也少量计入更晚选的。"
        "最新的物品影响最大，较早的作为补充。",
    },
    "when": {
        "en": "The baseline for every sequence model: seconds, and on sparse histories hard to "
        "beat. Anonymous sessions are served at once.",
        "zh-hans": "所有序列模型的基线：只需数秒，在稀疏历史上很难超越。可立即服务匿名会话。",
    },
    "cost": {
        "en": "A second for 100,000 events; linear in events x window.",
        "zh-hans": "十万条事件约一秒；随事件数 x 窗口线性增长。",
    },
    "formula": "score(u, t) = sum over j in history of c(u, j) recency^(items taken after j) "
    "P(j, t); P(j, t) = sum over g of decay^(g - 1) n_g(j, t) / (n(j) + shrink), n_g = times "
    "that t came g places after j",
    "needs": ["time"],
    "serving": "item-item",
    "params": {
        "window": {
            "type": "int",
            "default": 20,
            "low": 1,
            "high": 100,
            "log": True,
            "help": {
                "en": "How many places later still counts. 1: the next item alone, a chain of "
                "first order.",
                "zh-hans": "之后多少个位置仍计入。1：只看下一个物品，即一阶链。",
            },
        },
        "decay": {
            "type": "float",
            "default": 0.8,
            "low": 0.01,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "Weight of a place relative to the one before it. 1: all places of the "
                "window alike.",
                "zh-hans": "每个位置相对于前一个位置的权重。1：窗口内各位置相同。",
            },
        },
        "shrink": {
            "type": "float",
            "default": 10.0,
            "low": 0.0,
            "high": 1000.0,
            "log": False,
            "help": {
                "en": "Pulls the transitions of rare items towards 0. 0: not at all.",
                "zh-hans": "把少见物品的转移概率拉向 0。0 表示不收缩。",
            },
        },
        "recency": {
            "type": "float",
            "default": 0.6,
            "low": 0.01,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "Weight of an item of the history relative to the next newer one. Towards 0 "
                "only the newest one speaks; 1: all alike.",
                "zh-hans": "历史中一个物品相对于下一个更新物品的权重。趋近 0 时只看最新的；"
                "1 表示全部相同。",
            },
        },
    },
}


class Markov:
    """Item to item by order; confidences weigh a history, not what follows what."""

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
        """Count split.train. Raises ValueError without times and on a random split."""
        known = histories(split, SPEC["id"])
        counts = self._counted(known, split.n_items, progress)
        seen = np.bincount(known.items, minlength=split.n_items) + self.params["shrink"]
        share = np.divide(1.0, seen, out=np.zeros(split.n_items), where=seen > 0)
        self.weights_ = sparse.csr_matrix(sparse.diags(share) @ counts)
        log, _ = relative(split.train)
        self.history_ = recent(log, split, self.params["recency"])
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Faded sums of transitions, float64 (len(users), n_items)."""
        return np.asarray((self.history_[users] @ self.weights_).todense())

    def serving(self) -> dict[str, np.ndarray]:
        """Strongest transitions of each item (form item-item)."""
        return item_item(_rows(self.weights_), self.weights_.shape[0])

    def serving_meta(self) -> dict[str, Any]:
        """The form and the recency that weighs a history or a live session."""
        return {"form": "item-item", "recency": self.params["recency"]}

    def _counted(self, known: Histories, n_items: int, progress: Progress) -> sparse.csr_matrix:
        """Csr (n_items, n_items): faded counts of t after j; an item never follows itself."""
        total = sparse.csr_matrix((n_items, n_items), dtype=np.float64)
        window = min(self.params["window"], max(int(np.diff(known.ends).max()) - 1, 1))
        for gap in range(1, window + 1):
            same = known.users[gap:] == known.users[:-gap]
            before, after = known.items[:-gap][same], known.items[gap:][same]
            weight = np.full(len(before), self.params["decay"] ** (gap - 1))
            total = total + sparse.csr_matrix((weight, (before, after)), shape=total.shape)
            progress(gap, window, "transitions")
        return total


def _rows(weights: sparse.csr_matrix) -> Iterator[np.ndarray]:
    for start in range(0, weights.shape[0], BLOCK):
        yield weights[start : start + BLOCK].toarray()
