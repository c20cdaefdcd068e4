"""Neural matrix factorisation: a product of vectors beside a small network over their pair.

He, Liao, Zhang, Nie, Hu, Chua: Neural collaborative filtering (WWW 2017), eq. 9-12, log loss with
drawn negatives. A baseline: Rendle et al. (RecSys 2020) show the tuned dot product ahead of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from training.models.contract import Progress
from training.models.serving_forms import lists
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

if TYPE_CHECKING:
    from training.engine.loop import Trained

SPEC: dict[str, Any] = {
    "id": "neumf",
    "class": "NeuMF",
    "name": {"en": "NeuMF", "zh-hans": "NeuMF(神经矩阵分解)"},
    "kind": "top-n",
    "paper": "He, Liao, Zhang, Nie, Hu, Chua: Neural collaborative filtering (WWW 2017), eq. 9-12; "
    "read with Rendle, Krichene, Zhang, Anderson: Neural collaborative filtering vs. matrix "
    "factorization revisited (RecSys 2020)",
    "help": {
        "en": "A network looks at a person and an item together and says yes or no. It does not "
        "repay its cost: below BPR on the same events (MovieLens 100K, one split: nDCG@10 .27 "
        "against .30).",
        "zh-hans": "由神经网络同时查看用户和物品并回答是或否。效果配不上成本:"
        "同样的事件上不如 BPR(MovieLens 100K 的一个划分:nDCG@10 为 .27 对 .30)。",
    },
    "when": {
        "en": "As a baseline that papers compare with; a tuned dot product is better and faster.",
        "zh-hans": "作为论文常用的对比基线;调好的点积更好也更快。",
    },
    "cost": {
        "en": "2 seconds an epoch for 100,000 events on 1,700 items, 4 on 9,000; a minute or "
        "two in all. Scoring looks at every pair.",
        "zh-hans": "十万条事件每轮约 2 秒(1,700 个物品)到 4 秒(9,000 个物品),共约一两分钟。"
        "打分时须逐对计算。",
    },
    "formula": "min -ln sigmoid(s(u, i)) - mean over j of ln(1 - sigmoid(s(u, j))), "
    "s = h [p_u * q_i ; MLP([p'_u ; q'_i])]",
    "needs": [],
    "serving": "lists",
    "params": {
        "factors": {
            "type": "int",
            "default": 32,
            "low": 1,
            "high": 1024,
            "log": True,
            "tune": [16, 128],
            "help": {
                "en": "Length of the vectors. More can tell finer tastes apart and costs more.",
                "zh-hans": "向量长度。越大越能区分细微口味,成本也越高。",
            },
        },
        "hidden": {
            "type": "int",
            "default": 64,
            "low": 4,
            "high": 1024,
            "log": True,
            "tune": [16, 128],
            "help": {
                "en": "Width of the network's first layer; each of three halves it.",
                "zh-hans": "网络第一层的宽度;共三层,逐层减半。",
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
        "regularization": {
            "type": "float",
            "default": 0.001,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 0.05],
            "help": {
                "en": "Higher keeps the vectors of an event's user and items closer to 0.",
                "zh-hans": "越高,事件中用户和物品的向量越接近 0。",
            },
        },
        "negatives": {
            "type": "int",
            "default": 4,
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
            "default": 0.002,
            "low": 0.00001,
            "high": 1.0,
            "log": True,
            "tune": [0.0005, 0.01],
            "help": {
                "en": "Length of a step. Higher learns faster and may diverge.",
                "zh-hans": "步长。越高学得越快,但可能发散。",
            },
        },
        "batch": {
            "type": "int",
            "default": 2048,
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


class NeuMF:
    """Scores come from the network, so that lists are what leaves for serving."""

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
        from training.engine.loop import train
        from training.engine.session import session
        from training.engine.state import identity
        from training.engine.task import plan_of
        from training.models.neumf_task import Network

        with session(rng) as device:
            task = Network(split.train, self.params, device)
            self.trained_: Trained = train(
                task,
                plan_of(self.params, most=100, usual=20),
                split,
                identity=identity(SPEC["id"], self.params, split.train),
                progress=progress,
                checkpoint=checkpoint,
            )
            self.network_, self.train_ = task.frozen(), split.train
        return self

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
