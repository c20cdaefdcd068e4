"""Two-tower matrix factorisation of ids, learnt by contrast: what was taken against the rest.

Wu et al.: On the effectiveness of sampled softmax loss for item recommendation (TOIS 2024), eq. 5
with cosine scores over a temperature. The other losses stand here to be compared with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

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
        "zh-hans": "为每个用户和物品学习一个方向，使用户靠近其接触过的物品、远离其余物品。",
    },
    "when": {
        "en": "You want contrastive learning on ids alone, or to compare losses on one model. Long "
        "tails gain: a softmax does not run after the popular items.",
        "zh-hans": "需要仅基于标识的对比学习，或在同一模型上比较不同损失时使用。"
        "长尾物品会受益：softmax 不会只追逐热门物品。",
    },
    "cost": {
        "en": "5 seconds for 100,000 events on 1,700 items, 12 on 9,000; linear in users x items x "
        "epochs (from 20,000 items on: x negatives).",
        "zh-hans": "1,700 个物品、十万条事件约 5 秒，9,000 个物品约 12 秒；"
        "随用户数 x 物品数 x 轮数线性增长（物品超过 20,000 个时：x 负例数）。",
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
                "zh-hans": "要最小化的损失。infonce：与所有物品对比的 softmax；"
                "hinge：领先一个间隔；bce、focal：是或否；mse：1 或 0。",
            },
        },
        "factors": {"like": "factors", "tune": [16, 128]},
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
                "zh-hans": "仅用于 hinge：领先多少才算足够。",
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
                "zh-hans": "仅用于 focal：越高越忽略已判断正确的样本；0 即 bce。",
            },
        },
        "negatives": {
            "like": "shared_negatives",
            "help": {
                "en": "Items drawn against each batch, where not all of them stand there: infonce "
                "from 20,000 items on, the other losses always.",
                "zh-hans": "每批抽取的负例物品数（当不与全部物品对比时）：infonce 在物品超过 "
                "20,000 个时使用，其他损失始终使用。",
            },
        },
        "popularity": {"like": "popularity_logq"},
        "regularization": {
            "type": "float",
            "default": 0.05,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "mse only: higher pulls the vectors of each event towards 0.",
                "zh-hans": "仅用于 mse：越高，每个事件的向量越被拉向 0。",
            },
        },
        "learning_rate": {"like": "learning_rate"},
        "batch": {"like": "batch_of_users"},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class SoftmaxMF(LearntFactors):
    """Factors of both sides, of length 1 but for mse: all other losses compare directions."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.mf_ssm_task import Contrast

        return Contrast(split.train, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}
