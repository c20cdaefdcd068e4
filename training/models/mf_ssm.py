"""Two-tower matrix factorisation of ids, learnt by contrast: what was taken against the rest.

Wu et al.: On the effectiveness of sampled softmax loss for item recommendation (TOIS 2024), eq. 5
with cosine scores over a temperature. The other losses stand here to be compared with it.
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
    "id": "mf_ssm",
    "class": "SoftmaxMF",
    "name": {"en": "Contrastive MF", "zh-hans": "对比学习矩阵分解"},
    "kind": "top-n",
    "paper": "Wu et al.: On the effectiveness of sampled softmax loss for item recommendation "
    "(TOIS 2024), eq. 5; van den Oord, Li, Vinyals: Representation learning with contrastive "
    "predictive coding (2018), eq. 4; logQ: Yi et al. (RecSys 2019)",
    "help": {
        "en": "Gives every person and item a direction, and turns each person towards what they "
        "took and away from everything else.",
        "zh-hans": "为每个用户和物品学习一个方向,使用户靠近其接触过的物品、远离其余物品。",
    },
    "when": {
        "en": "You want contrastive learning on ids alone, or to compare losses on one model. Long "
        "tails gain: a softmax does not run after the popular items.",
        "zh-hans": "需要仅基于标识的对比学习,或在同一模型上比较不同损失时使用。"
        "长尾物品会受益:softmax 不会只追逐热门物品。",
    },
    "cost": {
        "en": "5 seconds for 100,000 events on 1,700 items, 12 on 9,000; linear in users x items x "
        "epochs (from 20,000 items on: x negatives).",
        "zh-hans": "1,700 个物品、十万条事件约 5 秒,9,000 个物品约 12 秒;"
        "随用户数 x 物品数 x 轮数线性增长(物品超过 20,000 个时:x 负例数)。",
    },
    "formula": "infonce: min -ln(exp(s(u, i) / t) / sum over j of exp(s(u, j) / t)), "
    "s = cosine(x_u, y_i); hinge: max(0, margin - s(u, i) + s(u, j))",
    "needs": [],
    "serving": "factors",
    "params": {
        "loss": {
            "type": "choice",
            "default": "infonce",
            "choices": ["infonce", "hinge", "focal", "bce", "mse"],
            "tune": False,
            "help": {
                "en": "What is minimised. infonce: softmax against all; hinge: a margin ahead of "
                "others; bce, focal: yes or no; mse: 1 or 0.",
                "zh-hans": "要最小化的损失。infonce:与所有物品对比的 softmax;hinge:领先一个间隔;"
                "bce、focal:是或否;mse:1 或 0。",
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
                "en": "Lower looks hardest at the items that are nearly right. Divides the score "
                "in infonce, bce and focal.",
                "zh-hans": "越低越关注差一点就正确的物品。在 infonce、bce 和 focal 中用来除得分。",
            },
        },
        "margin": {
            "type": "float",
            "default": 0.5,
            "low": 0.01,
            "high": 2.0,
            "log": True,
            "tune": False,
            "help": {
                "en": "hinge only: how far ahead of others is far enough.",
                "zh-hans": "仅用于 hinge:领先多少才算足够。",
            },
        },
        "gamma": {
            "type": "float",
            "default": 2.0,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "focal only: higher looks away from what is already right; 0 is bce.",
                "zh-hans": "仅用于 focal:越高越忽略已判断正确的样本;0 即 bce。",
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
                "from 20,000 items on, the other losses always.",
                "zh-hans": "每批抽取的负例物品数(当不与全部物品对比时):infonce 在物品超过 "
                "20,000 个时使用,其他损失始终使用。",
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
            "default": 0.05,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "mse only: higher pulls the vectors of each event towards 0.",
                "zh-hans": "仅用于 mse:越高,每个事件的向量越被拉向 0。",
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


class SoftmaxMF:
    """Factors of both sides, of length 1 but for mse: all other losses compare directions."""

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
        from training.models.mf_ssm_task import Contrast

        with session(rng) as device:
            task = Contrast(split.train, self.params, device)
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
