"""Light graph convolution: vectors that their neighbours in the graph of events have spread.

He, Deng, Wang, Li, Zhang, Wang: LightGCN (SIGIR 2020). Linear, without weights of its own: a layer
is one product with the symmetrically normalised graph, and a vector is the mean over its layers.
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
    "id": "lightgcn",
    "class": "LightGCN",
    "name": {"en": "LightGCN", "zh-hans": "LightGCN(轻量图卷积)"},
    "kind": "top-n",
    "paper": "He, Deng, Wang, Li, Zhang, Wang: LightGCN: Simplifying and powering graph "
    "convolution network for recommendation (SIGIR 2020), eq. 3-4, 7; softmax loss: Wu et al. "
    "(TOIS 2024), eq. 5",
    "help": {
        "en": "Lets taste spread along the graph of who took what: a person is described by what "
        "they took, by who else took it, and so on.",
        "zh-hans": "让口味沿“谁接触过什么”的图传播:用户由其接触过的物品、"
        "同样接触过这些物品的人等来描述。",
    },
    "when": {
        "en": "Short histories: neighbours of neighbours fill in what a person has not shown.",
        "zh-hans": "历史较短时使用:邻居的邻居可补充用户尚未表现出的偏好。",
    },
    "cost": {
        "en": "10 seconds for 100,000 events on 1,700 items; as contrastive MF, plus events x "
        "factors x layers in every step.",
        "zh-hans": "1,700 个物品、十万条事件约 10 秒;与对比学习矩阵分解相同,"
        "每步另加事件数 x 因子数 x 层数。",
    },
    "formula": "E(k+1) = D^-1/2 A D^-1/2 E(k); e = mean over k = 0..K; "
    "min -ln(exp(s(u, i) / t) / sum over j of exp(s(u, j) / t)), s = cosine(e_u, e_i)",
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


class LightGCN:
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
        from training.models.lightgcn_task import Propagated

        with session(rng, best_device(sparse=True)) as device:
            task = Propagated(split.train, self.params, device)
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
