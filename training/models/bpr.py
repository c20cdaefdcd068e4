"""Pairwise ranking: what was taken above what was not, one drawn pair at a time.

Rendle, Freudenthaler, Gantner, Schmidt-Thieme: BPR (UAI 2009), eq. BPR-Opt, on factors with an item
bias. Users and items are regularised apart, as Milogradskii et al. (RecSys 2024) found it to need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from training.models.contract import Progress
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

if TYPE_CHECKING:
    from training.engine.loop import Trained

SPEC: dict[str, Any] = {
    "id": "bpr",
    "class": "BPR",
    "name": {"en": "BPR matrix factorisation", "zh-hans": "BPR 矩阵分解(贝叶斯个性化排序)"},
    "kind": "top-n",
    "paper": "Rendle, Freudenthaler, Gantner, Schmidt-Thieme: BPR: Bayesian personalized ranking "
    "from implicit feedback (UAI 2009), BPR-Opt; Milogradskii et al.: Revisiting BPR (RecSys 2024)",
    "help": {
        "en": "Learns from pairs: of two items, the one that a person took should stand above one "
        "drawn from those they did not.",
        "zh-hans": "从成对比较中学习:用户接触过的物品应排在随机抽取的未接触物品之前。",
    },
    "when": {
        "en": "The classic that papers compare with; its cost does not grow with the catalogue.",
        "zh-hans": "论文常用的经典对比方法;成本不随物品数增长。",
    },
    "cost": {
        "en": "15 seconds for 100,000 events; linear in events x epochs, not in items.",
        "zh-hans": "十万条事件约 15 秒;随事件数 x 轮数线性增长,与物品数无关。",
    },
    "formula": "min sum over (u, i, j) of -ln sigmoid(s(u, i) - s(u, j)) + reg, "
    "s(u, i) = x_u y_i + b_i, i taken and j not",
    "needs": [],
    "serving": "factors",
    "params": {
        "factors": {
            "type": "int",
            "default": 64,
            "low": 1,
            "high": 1024,
            "log": True,
            "tune": [16, 128],
            "help": {
                "en": "Length of the vectors. More can tell finer tastes apart and costs more.",
                "zh-hans": "向量长度。越大越能区分细微口味,成本也越高。",
            },
        },
        "user_regularization": {
            "type": "float",
            "default": 0.01,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 0.05],
            "help": {
                "en": "Higher keeps the vectors of users closer to 0.",
                "zh-hans": "越高,用户向量越接近 0。",
            },
        },
        "item_regularization": {
            "type": "float",
            "default": 0.01,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 0.05],
            "help": {
                "en": "Higher keeps the vectors and biases of items closer to 0.",
                "zh-hans": "越高,物品的向量和偏置越接近 0。",
            },
        },
        "negatives": {
            "type": "int",
            "default": 1,
            "low": 1,
            "high": 1000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Items drawn against each event, anew in every epoch; their losses average.",
                "zh-hans": "每个事件抽取的负例物品数,每轮重新抽取;损失取平均。",
            },
        },
        "popularity": {
            "type": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "How they are drawn: 0 every item alike, 1 as often as it was taken.",
                "zh-hans": "抽取方式:0 每个物品等概率,1 按被接触次数。",
            },
        },
        "learning_rate": {
            "type": "float",
            "default": 0.005,
            "low": 0.00001,
            "high": 1.0,
            "log": True,
            "tune": [0.001, 0.02],
            "help": {
                "en": "Length of a step. Higher learns faster and may diverge.",
                "zh-hans": "步长。越高学得越快,但可能发散。",
            },
        },
        "batch": {
            "type": "int",
            "default": 4096,
            "low": 1,
            "high": 1000000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Events of one step.",
                "zh-hans": "每一步的事件数。",
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


class BPR:
    """Factors of both sides; the item bias travels as a factor whose partner is 1."""

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

        Raises engine.diverged.Diverged (a ValueError) when the loss is no number.
        """
        from training.engine.factors import served
        from training.engine.loop import train
        from training.engine.session import session
        from training.engine.state import identity
        from training.engine.task import plan_of
        from training.models.bpr_task import Pairwise

        with session(rng) as device:
            task = Pairwise(split.train, self.params, device)
            self.trained_: Trained = train(
                task,
                plan_of(self.params, most=400, usual=150),
                split,
                identity=identity(SPEC["id"], self.params, split.train),
                progress=progress,
                checkpoint=checkpoint,
            )
            self.user_factors_, self.item_factors_ = served(task.vectors, split.train)
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """User factors times item factors, float32 (len(users), n_items)."""
        return np.asarray(self.user_factors_[users] @ self.item_factors_.T)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors float32 (form factors)."""
        return {"user_factors": self.user_factors_, "item_factors": self.item_factors_}

    def serving_meta(self) -> dict[str, Any]:
        """The form, and the epochs that a refit on the whole log takes."""
        return {"form": "factors", "epochs": self.trained_.epochs}
