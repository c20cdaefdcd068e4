"""People on one side, the words of items on the other: a small head on a frozen language model.

Yi et al.: Sampling-bias-corrected neural modeling for large corpus item recommendations (RecSys
2019), eq. 3 to 5: in-batch softmax with logQ; the frozen text encoder with a small head is that of
Sheng et al.: Language representations can be what recommenders need (ICLR 2025), §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from training.features import item_features
from training.models.contract import Progress
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

if TYPE_CHECKING:
    from training.engine.loop import Trained

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
        "zh-hans": "冻结的语言模型阅读每个物品,其上的小网络学习谁喜欢所读到的内容。"
        "无人接触过的物品与其他物品一样拥有向量。",
    },
    "when": {
        "en": "Texts say much and new items come often. Items with a long history are known "
        "better by ials; combine by “hybrid” or “content_map”.",
        "zh-hans": "文本信息丰富且新物品频繁出现时使用。历史较长的物品用 ials 更准,"
        "可用“hybrid”或“content_map”结合。",
    },
    "cost": {
        "en": "Encoding the texts once (about a minute for 10,000 titles), then one to two "
        "minutes for 100,000 events.",
        "zh-hans": "文本只需编码一次(一万个标题约一分钟),之后十万条事件约一到两分钟。",
    },
    "formula": "s(u, i) = cosine(x_u, W2 gelu(W1 f_i)) / t; min -ln(exp(s(u, i)) / (exp(s(u, i)) "
    "+ sum over the batch's other j of exp(s(u, j) - ln Q_j)))",
    "needs": ["text"],
    "serving": "factors",
    "params": {
        "factors": {
            "type": "int",
            "default": 64,
            "low": 1,
            "high": 1024,
            "log": True,
            "tune": [32, 128],
            "help": {
                "en": "Length of the vectors. More can tell finer tastes apart and costs more.",
                "zh-hans": "向量长度。越大越能区分细微口味,成本也越高。",
            },
        },
        "hidden": {
            "type": "int",
            "default": 128,
            "low": 1,
            "high": 4096,
            "log": True,
            "tune": False,
            "help": {
                "en": "Width of the head's middle layer.",
                "zh-hans": "头部中间层的宽度。",
            },
        },
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
        "dropout": {
            "type": "float",
            "default": 0.2,
            "low": 0.0,
            "high": 0.9,
            "log": False,
            "help": {
                "en": "Share of the head's signals that is switched off while learning.",
                "zh-hans": "学习时随机关闭的头部信号比例。",
            },
        },
        "decay": {
            "type": "float",
            "default": 0.01,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": [0.0, 0.1],
            "help": {
                "en": "Higher pulls all weights towards 0 (AdamW).",
                "zh-hans": "越高,所有权重越被拉向 0(AdamW)。",
            },
        },
        "learning_rate": {
            "type": "float",
            "default": 0.003,
            "low": 0.00001,
            "high": 1.0,
            "log": True,
            "tune": [0.001, 0.01],
            "help": {
                "en": "Length of a step. Higher learns faster and may diverge.",
                "zh-hans": "步长。越高学得越快,但可能发散。",
            },
        },
        "batch": {
            "type": "int",
            "default": 1024,
            "low": 2,
            "high": 100000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Events of one step, each standing against the items of the others.",
                "zh-hans": "每一步的事件数,每条事件与其他事件的物品对比。",
            },
        },
        "epochs": {
            "type": "int",
            "default": None,
            "low": 1,
            "high": 10000,
            "log": True,
            "help": {
                "en": "Passes over the log. Empty: until validation stops rising, the best kept.",
                "zh-hans": "遍历日志的轮数。留空:直到验证指标不再上升,并保留最好的一轮。",
            },
        },
        "accumulate": {
            "type": "int",
            "default": 1,
            "low": 1,
            "high": 1024,
            "log": True,
            "tune": False,
            "help": {
                "en": "Parts that a step is computed in: less memory, the same step.",
                "zh-hans": "将一步拆成几部分计算:更省内存,结果相同。",
            },
        },
        "precision": {
            "type": "choice",
            "default": "float32",
            "choices": ["float32", "bfloat16"],
            "tune": False,
            "help": {
                "en": "bfloat16 is faster on graphics cards and new processors, and coarser.",
                "zh-hans": "bfloat16 在显卡和新处理器上更快,但精度较低。",
            },
        },
    },
}

COMPONENTS = 128  # of the text vectors that the head reads


class TwoTowerText:
    """Unit vectors of both sides, float32; items come from their content alone."""

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
        """Learn from split.train; an interrupted run goes on from `checkpoint`, bit for bit.

        Raises ValueError without usable content, engine.diverged.Diverged (a ValueError) when the
        loss is no number.
        """
        features = contents(split)
        from training.engine.factors import served
        from training.engine.loop import train
        from training.engine.session import session
        from training.engine.state import identity
        from training.engine.task import plan_of
        from training.models.two_tower_text_task import Contrast

        with session(rng) as device:
            task = Contrast(split.train, features, self.params, device)
            self.trained_: Trained = train(
                task,
                plan_of(self.params, most=100, usual=20, decay=self.params["decay"]),
                split,
                identity=identity(SPEC["id"], self.params, split.train),
                progress=progress,
                checkpoint=checkpoint,
            )
            task.module.eval()
            self.user_factors_, self.item_factors_ = served(task.vectors, split.train)
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Cosines, float32 (len(users), n_items)."""
        return np.asarray(self.user_factors_[users] @ self.item_factors_.T)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors float32 (form factors)."""
        return {"user_factors": self.user_factors_, "item_factors": self.item_factors_}

    def serving_meta(self) -> dict[str, Any]:
        """The form; a new user is the sum of the items taken; the epochs that a refit takes."""
        return {"form": "factors", "fold_in": "project", "epochs": self.trained_.epochs}


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
