"""Pairwise ranking: what was taken above what was not, one drawn pair at a time.

Rendle, Freudenthaler, Gantner, Schmidt-Thieme: BPR (UAI 2009), eq. BPR-Opt, on factors with an item
bias. Users and items are regularised apart, as Milogradskii et al. (RecSys 2024) found it to need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "bpr",
    "class": "BPR",
    "name": {"en": "BPR matrix factorisation", "zh-hans": "BPR 矩阵分解（贝叶斯个性化排序）"},
    "kind": "top-n",
    "paper": "Rendle, Freudenthaler, Gantner, Schmidt-Thieme: BPR: Bayesian personalized ranking "
    "from implicit feedback (UAI 2009), BPR-Opt; Milogradskii et al.: Revisiting BPR (RecSys 2024)",
    "help": {
        "en": "Learns from pairs: of two items, the one that a person took should stand above one "
        "drawn from those they did not.",
        "zh-hans": "从成对比较中学习：用户接触过的物品应排在随机抽取的未接触物品之前。",
    },
    "when": {
        "en": "The classic that papers compare with; its cost does not grow with the catalogue.",
        "zh-hans": "论文常用的经典对比方法；成本不随物品数增长。",
    },
    "cost": {
        "en": "15 seconds for 100,000 events; linear in events x epochs, not in items.",
        "zh-hans": "十万条事件约 15 秒；随事件数 x 轮数线性增长，与物品数无关。",
    },
    "formula": "min sum over (u, i, j) of -ln sigmoid(s(u, i) - s(u, j)) + reg, "
    "s(u, i) = x_u y_i + b_i, i taken and j not",
    "needs": [],
    "serving": "factors",
    "params": {
        "factors": {"like": "factors", "tune": [16, 128]},
        "user_regularization": {"like": "user_regularization"},
        "item_regularization": {"like": "item_regularization"},
        "negatives": {"like": "negatives"},
        "popularity": {"like": "popularity"},
        "learning_rate": {"like": "learning_rate", "default": 0.005},
        "batch": {"like": "batch"},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class BPR(LearntFactors):
    """Factors of both sides; the item bias travels as a factor whose partner is 1."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.bpr_task import Pairwise

        return Pairwise(split.train, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"most": 400, "usual": 150}
