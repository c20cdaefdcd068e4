"""LightGCN that also learns to know each vector again behind noise.

Yu, Yin, Xia, Chen, Cui, Nguyen: Are graph augmentations necessary? (SIGIR 2022), SimGCL: two noisy
views of every node, pulled together and apart from the other nodes of the batch (eq. 3 and 9).
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
    "id": "simgcl",
    "class": "SimGCL",
    "name": {"en": "SimGCL", "zh-hans": "SimGCL(图对比学习)"},
    "kind": "top-n",
    "paper": "Yu, Yin, Xia, Chen, Cui, Nguyen: Are graph augmentations necessary? Simple graph "
    "contrastive learning for recommendation (SIGIR 2022), eq. 3, 9; on LightGCN (SIGIR 2020)",
    "help": {
        "en": "LightGCN with self-supervision: each vector must be found again behind noise, which "
        "spreads the items out and helps the rare ones.",
        "zh-hans": "带自监督的 LightGCN:每个向量加噪声后仍须能被认出,"
        "这使物品分布更均匀,有利于冷门物品。",
    },
    "when": {
        "en": "As LightGCN, when the popular items crowd out the others.",
        "zh-hans": "与 LightGCN 相同,尤其当热门物品挤占其他物品时。",
    },
    "cost": {
        "en": "Several times LightGCN: about two minutes for 100,000 events on 9,000 items; every "
        "step spreads two more views and compares the batch's items with each other.",
        "zh-hans": "为 LightGCN 的数倍:9,000 个物品、十万条事件约两分钟;"
        "每步另需传播两个视图,并将本批物品两两比较。",
    },
    "formula": "LightGCN's loss + weight x InfoNCE(e', e''), e' and e'' the mean over layers "
    "1..K of E + noise of length eps in E's own orthant",
    "needs": [],
    "serving": "factors",
    "params": {
        "loss": {
            "type": "choice",
            "default": "infonce",
            "choices": ["infonce", "bpr"],
            "tune": False,
            "help": {
                "en": "What is minimised. infonce: softmax against all; bpr: what was taken above "
                "what was not, pair by pair, as in the paper.",
                "zh-hans": "要最小化的损失。infonce:与所有物品对比的 softmax;"
                "bpr:逐对让接触过的排在未接触的之前(论文做法)。",
            },
        },
        "layers": {
            "type": "int",
            "default": 2,
            "low": 0,
            "high": 8,
            "log": False,
            "tune": [1, 4],
            "help": {
                "en": "Steps that taste spreads. 0 is plain factorisation; many make all alike.",
                "zh-hans": "口味传播的步数。0 即普通矩阵分解;过多会使所有向量趋同。",
            },
        },
        "weight": {
            "type": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 0.5],
            "help": {
                "en": "How much self-supervision counts beside the events. 0: LightGCN.",
                "zh-hans": "自监督相对于事件的权重。0 即 LightGCN。",
            },
        },
        "eps": {
            "type": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 2.0,
            "log": False,
            "tune": [0.05, 0.3],
            "help": {
                "en": "Length of the noise added in every layer. More makes the task harder.",
                "zh-hans": "每层所加噪声的长度。越大任务越难。",
            },
        },
        "view_temperature": {
            "type": "float",
            "default": 0.2,
            "low": 0.01,
            "high": 10.0,
            "log": True,
            "tune": [0.1, 0.5],
            "help": {
                "en": "Temperature between the views. Lower looks hardest at the nearest others.",
                "zh-hans": "两个视图之间的温度。越低越关注最接近的其他向量。",
            },
        },
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
        "temperature": {
            "type": "float",
            "default": 0.2,
            "low": 0.01,
            "high": 10.0,
            "log": True,
            "tune": [0.05, 0.5],
            "help": {
                "en": "Lower looks hardest at the items that are nearly right (infonce).",
                "zh-hans": "越低越关注差一点就正确的物品(infonce)。",
            },
        },
        "negatives": {
            "type": "int",
            "default": 512,
            "low": 1,
            "high": 20000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Items drawn against each batch, where not all of them stand there: infonce "
                "from 20,000 items on, bpr always.",
                "zh-hans": "每批抽取的负例物品数(当不与全部物品对比时):infonce 在物品超过 "
                "20,000 个时使用,bpr 始终使用。",
            },
        },
        "popularity": {
            "type": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "How negatives are drawn: 0 every item alike, 1 as often as it was taken "
                "(infonce corrects for it by logQ).",
                "zh-hans": "负例抽取方式:0 每个物品等概率,1 按被接触次数(infonce 用 logQ 校正)。",
            },
        },
        "regularization": {
            "type": "float",
            "default": 0.0001,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "bpr only: higher pulls the vectors of each event towards 0.",
                "zh-hans": "仅用于 bpr:越高,每个事件的向量越被拉向 0。",
            },
        },
        "learning_rate": {
            "type": "float",
            "default": 0.01,
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
            "default": 8192,
            "low": 1,
            "high": 1000000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Events of one step (whole users, as many as have so many).",
                "zh-hans": "每一步的事件数(取整用户)。",
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
                "en": "Parts that a step is computed in: less memory, and views of fewer others.",
                "zh-hans": "将一步拆成几部分计算:更省内存,但视图的对比对象更少。",
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


class SimGCL:
    """Spread vectors of both sides; of length 1 with infonce, which compares directions."""

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
        from training.engine.session import best_device, session
        from training.engine.state import identity
        from training.engine.task import plan_of
        from training.models.simgcl_task import Noisy

        with session(rng, best_device(sparse=True)) as device:
            task = Noisy(split.train, self.params, device)
            self.trained_: Trained = train(
                task,
                plan_of(self.params, batch=task.log.batch(self.params["batch"]), most=150),
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
