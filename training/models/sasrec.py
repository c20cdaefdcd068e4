"""A transformer that reads what a person took, oldest first, and says what comes next.

Kang, McAuley: Self-attentive sequential recommendation (ICDM 2018), with the softmax over many
shared negatives that Klenitskiy and Vasilev (RecSys 2023) show to matter more than the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from training.attention import states
from training.models.learnt import Learnt
from training.models.order import Histories, histories
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "sasrec",
    "class": "SASRec",
    "name": {"en": "SASRec (what comes next)", "zh-hans": "SASRec（下一个是什么）"},
    "kind": "sequence",
    "paper": "Kang, McAuley: Self-attentive sequential recommendation (ICDM 2018), §III; loss: "
    "Klenitskiy, Vasilev (RecSys 2023); gbce: Petrov, Macdonald: gSASRec (RecSys 2023), eq. 17",
    "help": {
        "en": "Reads each history in its order and learns what tends to follow what. A session "
        "that it never saw is read the same way when it is served. On the demo's films, where "
        "order says little, it reached nDCG@10 .056 against popularity's .048, which may be chance "
        "(p .16); markov .063.",
        "zh-hans": "按顺序阅读每个用户的历史，学习什么之后常接什么。"
        "服务时也以同样方式读取从未见过的会话。"
        "演示数据的电影中顺序信息很少：nDCG@10 为 .056，热门推荐为 .048，"
        "差异可能出于偶然（p 为 .16）；markov 为 .063。",
    },
    "when": {
        "en": "The order matters: sessions, episodes, refills. Needs times, and a split by time: "
        "on a random split the order would tell the answer.",
        "zh-hans": "顺序重要时使用：会话、剧集、补购。需要时间，并按时间划分："
        "随机划分中顺序会泄露答案。",
    },
    "cost": {
        "en": "Four to five minutes for 150,000 events; linear in events x epochs x negatives.",
        "zh-hans": "十五万条事件约四到五分钟；随事件数 x 轮数 x 负例数线性增长。",
    },
    "formula": "h = transformer(v_1 ... v_t), causal; min -ln(exp(h v_next) / (exp(h v_next) + sum "
    "over drawn j of exp(h v_j)))",
    "needs": ["time"],
    "serving": "factors",
    "params": {
        "loss": {
            "type": "choice",
            "default": "softmax",
            "choices": ["softmax", "gbce"],
            "tune": False,
            "help": {
                "en": "softmax: the next item against all drawn ones at once; gbce: yes or no for "
                "each, calibrated for how few are drawn (gSASRec).",
                "zh-hans": "softmax：下一个物品与所有抽取的物品一起对比；"
                "gbce：逐个判断是或否，并按抽取数量校准（gSASRec）。",
            },
        },
        "factors": {
            "type": "int",
            "default": 64,
            "low": 4,
            "high": 512,
            "log": True,
            "tune": [32, 128],
            "help": {
                "en": "Length of the vectors, rounded up to a multiple of heads. More can tell "
                "finer tastes apart and costs more.",
                "zh-hans": "向量长度，向上取整为头数的倍数。越大越能区分细微口味，成本也越高。",
            },
        },
        "blocks": {
            "type": "int",
            "default": 2,
            "low": 1,
            "high": 8,
            "log": False,
            "tune": False,
            "help": {
                "en": "Layers of attention. More can combine more and costs more.",
                "zh-hans": "注意力层数。越多能组合的关系越多，成本也越高。",
            },
        },
        "heads": {
            "type": "int",
            "default": 2,
            "low": 1,
            "high": 8,
            "log": False,
            "tune": False,
            "help": {
                "en": "Things that a layer can look at side by side.",
                "zh-hans": "每层可并行关注的方面数。",
            },
        },
        "dropout": {
            "type": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 0.9,
            "log": False,
            "tune": [0.1, 0.6],
            "help": {
                "en": "Share of the signals that is switched off while learning. Higher for short, "
                "sparse histories; 0.2 for long ones.",
                "zh-hans": "学习时随机关闭的信号比例。历史短而稀疏时取高值；历史长时取 0.2。",
            },
        },
        "longest": {
            "type": "int",
            "default": 50,
            "low": 1,
            "high": 500,
            "log": True,
            "tune": False,
            "help": {
                "en": "Newest items of a history that are read.",
                "zh-hans": "读取历史中最新的多少个物品。",
            },
        },
        "negatives": {
            "type": "int",
            "default": 1024,
            "low": 1,
            "high": 20000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Items drawn against each batch; in a smaller catalogue all of them.",
                "zh-hans": "每批抽取的负例物品数；目录较小时取全部物品。",
            },
        },
        "popularity": {
            "like": "popularity_logq",
            "help": {
                "en": "How they are drawn where not all are taken: 0 every item alike, 1 as often "
                "as it was taken (softmax corrects for it by logQ; gbce does not, and leans to "
                "the tail).",
                "zh-hans": "不取全部物品时的抽取方式：0 每个物品等概率，1 按被接触次数"
                "(softmax 用 logQ 校正；gbce 不校正，会偏向长尾)。",
            },
        },
        "calibration": {
            "type": "float",
            "default": 0.75,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "gbce only: 0 is plain binary cross-entropy, 1 undoes the overconfidence of "
                "few negatives wholly.",
                "zh-hans": "仅用于 gbce:0 为普通二元交叉熵，1 完全消除负例过少造成的过度自信。",
            },
        },
        "learning_rate": {"like": "learning_rate", "default": 0.001, "tune": [0.0003, 0.003]},
        "batch": {
            "type": "int",
            "default": 256,
            "low": 1,
            "high": 100000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Histories (long ones in parts) of one step; fewer where an epoch would have "
                "less than 50 steps.",
                "zh-hans": "每一步的历史数（长历史分段计）；若一轮不足 50 步则自动减少。",
            },
        },
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}

PATIENCE = {"most": 100, "usual": 22, "patience": 10, "every": 2}  # epochs
STEPS = 50  # of an epoch at least: a small log is learnt in small batches
AT_ONCE = 256  # histories whose states are computed together


class SASRec(Learnt):
    """Causal self-attention; a user is the state after the newest item of the history."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError without times, on a random split, and without a
        history of two items.
        """
        known = histories(split, SPEC["id"])
        if not (np.diff(known.ends) > 1).any():
            raise ValueError("sasrec needs a history of at least two items, and there is none")
        from training.models.sasrec_task import NextItem

        heads = self.params["heads"]
        width = -(-self.params["factors"] // heads) * heads
        return NextItem(split, known, self.params | {"factors": width}, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return PATIENCE | {"batch": max(1, min(self.params["batch"], task.examples // STEPS))}

    def log(self, split: Split) -> sparse.csr_matrix:
        """The order of the events counts, too."""
        return split.train if split.train_at is None else split.train_at

    def keep(self, task: Any, split: Split) -> None:
        """The weights, and every user's state by them."""
        self.weights_: dict[str, np.ndarray] = task.weights()
        self.observe(split)

    def observe(self, split: Split) -> Self:
        """The same weights, reading the histories of `split`; nothing is learnt from them."""
        return self._read(histories(split, SPEC["id"]))

    def scores(self, users: np.ndarray) -> np.ndarray:
        """State after the newest item times item vectors, float32 (len(users), n_items)."""
        return np.asarray(self.user_factors_[users] @ self.weights_["item_factors"].T)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors and what attention.py reads, float32 (form factors)."""
        return self.weights_ | {"user_factors": self.user_factors_}

    def serving_meta(self) -> dict[str, Any]:
        """The form, that a history is read by attention.py, and the epochs that a refit takes."""
        return {"form": "factors", "fold_in": "sequence", "epochs": self.trained_.epochs}

    def _read(self, known: Histories) -> Self:
        """user_factors_ (n_users, d): 0 for who has no history, of whom nothing is known."""
        longest, table = self.params["longest"], self.weights_["item_factors"]
        self.user_factors_ = np.zeros((len(known.ends) - 1, table.shape[1]), np.float32)
        counts = np.minimum(np.diff(known.ends), longest)
        order = np.argsort(counts, kind="stable")  # like lengths together: no padding is computed
        order = order[counts[order] > 0]
        for start in range(0, len(order), AT_ONCE):
            users = order[start : start + AT_ONCE]
            self.user_factors_[users] = states(self.weights_, *known.windows(users, longest))
        return self
