"""People on one side, the words of items on the other: a small head on a frozen language model.

Yi et al.: Sampling-bias-corrected neural modeling for large corpus item recommendations (RecSys
2019), eq. 3 to 5: in-batch softmax with logQ; the frozen text encoder with a small head is that of
Sheng et al.: Language representations can be what recommenders need (ICLR 2025), §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.features import item_features
from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "two_tower_text",
    "name": {"en": "Two towers on text", "zh-hans": "文本双塔"},
    "kind": "top-n",
    "paper": "Yi et al.: Sampling-bias-corrected neural modeling for large corpus item "
    "recommendations (RecSys 2019), eq. 3-5; Sheng et al.: Language representations can be what "
    "recommenders need (ICLR 2025), §3",
    "help": {
        "en": "A frozen language model reads each item; a small network on top learns who likes "
        "what it reads. An item that nobody touched has a vector like any other.",
        "zh-hans": "冻结的语言模型阅读每个物品，其上的小网络学习谁喜欢所读到的内容。"
        "无人接触过的物品与其他物品一样拥有向量。",
    },
    "when": {
        "en": "Texts say much and new items come often. Items with a long history are known "
        "better by ials; combine by “hybrid” or “content_map”.",
        "zh-hans": "文本信息丰富且新物品频繁出现时使用。历史较长的物品用 ials 更准，"
        "可用“hybrid”或“content_map”结合。",
    },
    "cost": {
        "en": "Encoding the texts once (about a minute for 10,000 titles), then one to two "
        "minutes for 100,000 events.",
        "zh-hans": "文本只需编码一次（一万个标题约一分钟），之后十万条事件约一到两分钟。",
    },
    "formula": "s(u, i) = cosine(x_u, W2 gelu(W1 f_i)) / t; min -ln(exp(s(u, i)) / (exp(s(u, i)) "
    "+ sum over the batch's other j of exp(s(u, j) - ln Q_j)))",
    "needs": ["text"],
    "serving": "factors",
    "params": {
        "encoder": {"like": "encoder"},
        "factors": {"like": "factors", "tune": [32, 128]},
        "hidden": {"like": "hidden"},
        "temperature": {
            "type": "float",
            "default": 0.15,
            "low": 0.01,
            "high": 10.0,
            "log": True,
            "tune": [0.05, 0.5],
            "help": {
                "en": "Lower looks hardest at the items that are nearly right.",
                "zh-hans": "越低越关注差一点就正确的物品。",
            },
        },
        "dropout": {"like": "dropout"},
        "decay": {
            "type": "float",
            "default": 0.01,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": [0.0, 0.1],
            "help": {
                "en": "Higher pulls all weights towards 0 (AdamW).",
                "zh-hans": "越高，所有权重越被拉向 0(AdamW)。",
            },
        },
        "learning_rate": {"like": "learning_rate", "default": 0.003, "tune": [0.001, 0.01]},
        "batch": {
            "type": "int",
            "default": 1024,
            "low": 2,
            "high": 100000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Events of one step, each standing against the items of the others.",
                "zh-hans": "每一步的事件数，每条事件与其他事件的物品对比。",
            },
        },
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}

COMPONENTS = 128  # of the text vectors that the head reads


class TwoTowerText(LearntFactors):
    """Unit vectors of both sides, float32; items come from their content alone."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.two_tower_text_task import Contrast

        return Contrast(split.train, contents(split), self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"most": 100, "usual": 20, "decay": self.params["decay"]}

    def serving_meta(self) -> dict[str, Any]:
        """As of any factors; a new user is the sum of the items taken."""
        return super().serving_meta() | {"fold_in": "project"}


def contents(split: Split) -> np.ndarray:
    """What the head reads, float32 (n_items, f): topics, decades and whitened text, centred.

    Raises ValueError where the catalogue says nothing of any item.
    """
    if split.items is None:
        raise ValueError("two_tower_text needs the items' texts, and this split has no items")
    features = item_features(split.items, components=COMPONENTS)
    if not features.any():
        raise ValueError("two_tower_text found no topic, year or text vector on any item")
    return np.asarray(features - features.mean(axis=0), dtype=np.float32)
