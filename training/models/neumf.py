"""Neural matrix factorisation: a product of vectors beside a small network over their pair.

He, Liao, Zhang, Nie, Hu, Chua: Neural collaborative filtering (WWW 2017), eq. 9-12, log loss with
drawn negatives. A baseline: Rendle et al. (RecSys 2020) show the tuned dot product ahead of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.models.learnt import Learnt
from training.models.serving_forms import lists
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "neumf",
    "class": "NeuMF",
    "name": {"en": "NeuMF", "zh-hans": "NeuMF（神经矩阵分解）"},
    "kind": "top-n",
    "paper": "He, Liao, Zhang, Nie, Hu, Chua: Neural collaborative filtering (WWW 2017), eq. 9-12; "
    "read with Rendle, Krichene, Zhang, Anderson: Neural collaborative filtering vs. matrix "
    "factorization revisited (RecSys 2020)",
    "help": {
        "en": "A network looks at a person and an item together and says yes or no. It does not "
        "repay its cost: below BPR on the same events (MovieLens 100K, one split: nDCG@10 .27 "
        "against .30).",
        "zh-hans": "由神经网络同时查看用户和物品并回答是或否。效果配不上成本："
        "同样的事件上不如 BPR(MovieLens 100K 的一个划分：nDCG@10 为 .27 对 .30)。",
    },
    "when": {
        "en": "As a baseline that papers compare with; a tuned dot product is better and faster.",
        "zh-hans": "作为论文常用的对比基线；调好的点积更好也更快。",
    },
    "cost": {
        "en": "2 seconds an epoch for 100,000 events on 1,700 items, 4 on 9,000; a minute or "
        "two in all. Scoring looks at every pair.",
        "zh-hans": "十万条事件每轮约 2 秒（1,700 个物品）到 4 秒（9,000 个物品），共约一两分钟。"
        "打分时须逐对计算。",
    },
    "formula": "min -ln sigmoid(s(u, i)) - mean over j of ln(1 - sigmoid(s(u, j))), "
    "s = h [p_u * q_i ; MLP([p'_u ; q'_i])]",
    "needs": [],
    "serving": "lists",
    "params": {
        "factors": {"like": "factors", "default": 32, "tune": [16, 128]},
        "hidden": {
            "type": "int",
            "default": 64,
            "low": 4,
            "high": 1024,
            "log": True,
            "tune": [16, 128],
            "help": {
                "en": "Width of the network's first layer; each of three halves it.",
                "zh-hans": "网络第一层的宽度；共三层，逐层减半。",
            },
        },
        "dropout": {
            "type": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 0.9,
            "log": False,
            "tune": [0.0, 0.5],
            "help": {
                "en": "Share of the network's inputs that is hidden in each step.",
                "zh-hans": "每一步中对网络隐藏的输入比例。",
            },
        },
        "regularization": {"like": "weight_decay", "default": 0.001},
        "negatives": {"like": "negatives", "default": 4},
        "popularity": {"like": "popularity"},
        "learning_rate": {"like": "learning_rate", "default": 0.002, "tune": [0.0005, 0.01]},
        "batch": {"like": "batch", "default": 2048},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class NeuMF(Learnt):
    """Scores come from the network, so that lists are what leaves for serving."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.neumf_task import Network

        return Network(split.train, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"most": 100, "usual": 20}

    def keep(self, task: Any, split: Split) -> None:
        """The network, and whose lists are stored."""
        self.network_, self.train_ = task.frozen(), split.train

    def scores(self, users: np.ndarray) -> np.ndarray:
        """The network's logits, float32 (len(users), n_items)."""
        return np.asarray(self.network_(users))

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form, and the epochs that a refit on the whole log takes."""
        return {
            "form": "lists",
            "n_items": self.train_.shape[1],
            "epochs": self.trained_.epochs,
        }
