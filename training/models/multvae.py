"""A variational autoencoder of histories under a multinomial: many tastes, none of them linear.

Liang, Krishnan, Hoffman, Jebara: Variational autoencoders for collaborative filtering (WWW 2018):
a history goes through a narrow normal code and comes back as a distribution over the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "multvae",
    "class": "MultVAE",
    "name": {"en": "Mult-VAE", "zh-hans": "Mult-VAE（多项式变分自编码器）"},
    "kind": "top-n",
    "paper": "Liang, Krishnan, Hoffman, Jebara: Variational autoencoders for collaborative "
    "filtering (WWW 2018), eq. 3-7, beta annealed as in section 2.2.2",
    "help": {
        "en": "Squeezes a history through a narrow, noisy code and learns to restore it; what it "
        "restores beyond the history is what it recommends.",
        "zh-hans": "把历史压缩成带噪声的窄编码再学习还原；还原结果中超出历史的部分就是推荐。",
    },
    "when": {
        "en": "Many users with long histories, and tastes that no weighted sum describes.",
        "zh-hans": "用户多且历史长，口味无法用加权和描述时使用。",
    },
    "cost": {
        "en": "Half a minute for 100,000 events on 1,700 items; linear in users x items x hidden "
        "x epochs.",
        "zh-hans": "1,700 个物品、十万条事件约半分钟；随用户数 x 物品数 x 层宽 x 轮数线性增长。",
    },
    "formula": "max E_q[sum over i of x_ui ln softmax(f(z))_i] - beta KL(q(z | x_u) || N(0, I)), "
    "q(z | x) = N(mu(x), sigma(x)), x dropped out and of length 1",
    "needs": [],
    "serving": "factors",
    "params": {
        "hidden": {
            "type": "int",
            "default": 600,
            "low": 1,
            "high": 4096,
            "log": True,
            "tune": [100, 800],
            "help": {
                "en": "Width of the layers before and behind the code.",
                "zh-hans": "编码前后各层的宽度。",
            },
        },
        "code": {
            "type": "int",
            "default": 200,
            "low": 1,
            "high": 2048,
            "log": True,
            "tune": [50, 300],
            "help": {
                "en": "Length of the code that a history is squeezed into.",
                "zh-hans": "历史被压缩成的编码长度。",
            },
        },
        "beta": {
            "type": "float",
            "default": 0.2,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 1.0],
            "help": {
                "en": "Higher keeps codes nearer to the normal law and remembers less of each.",
                "zh-hans": "越高编码越接近正态分布，记住的个体信息越少。",
            },
        },
        "anneal": {
            "type": "int",
            "default": 500,
            "low": 0,
            "high": 10000000,
            "log": False,
            "tune": False,
            "help": {
                "en": "Steps in which beta grows from 0 to its value.",
                "zh-hans": "beta 从 0 增长到设定值所用的步数。",
            },
        },
        "dropout": {
            "type": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 0.95,
            "log": False,
            "tune": [0.2, 0.8],
            "help": {
                "en": "Share of a history that is hidden from the model in each step.",
                "zh-hans": "每一步中对模型隐藏的历史比例。",
            },
        },
        "decay": {
            "type": "float",
            "default": 0.01,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 0.1],
            "help": {
                "en": "Higher pulls all weights towards 0 (AdamW's weight decay).",
                "zh-hans": "越高，所有权重越被拉向 0(AdamW 权重衰减)。",
            },
        },
        "learning_rate": {"like": "learning_rate", "default": 0.001, "tune": [0.0002, 0.005]},
        "batch": {
            "type": "int",
            "default": 128,
            "low": 1,
            "high": 1000000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Users of one step.",
                "zh-hans": "每一步的用户数。",
            },
        },
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class MultVAE(LearntFactors):
    """The last layer is linear: its input is a user's vector, its rows are the items' vectors."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.multvae_task import Restored

        return Restored(split.train, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"decay": self.params["decay"], "most": 300, "usual": 100, "patience": 20}
