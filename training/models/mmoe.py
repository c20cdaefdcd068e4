"""Two questions on one network: will they take it, and will they be glad they did.

Ma, Zhao, Yi, Chen, Hong, Chi: Modeling task relationships in multi-task learning with multi-gate
mixture-of-experts (KDD 2018), eq. 6-8: experts that both tasks share, a gate a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.models.learnt import Learnt
from training.models.serving_forms import lists
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "mmoe",
    "class": "MixtureOfExperts",
    "name": {"en": "Click and satisfaction (MMoE)", "zh-hans": "点击与满意度（MMoE）"},
    "kind": "top-n",
    "paper": "Ma, Zhao, Yi, Chen, Hong, Chi: Modeling task relationships in multi-task learning "
    "with multi-gate mixture-of-experts (KDD 2018), eq. 6-8",
    "help": {
        "en": "Learns two things at once: what people take, and which of it satisfies them (a high "
        "rating, a purchase after a view). Lists mix both. Demo, one model asked with satisfaction "
        "0 and .25: nDCG@10 .061 and .053, on items that satisfied .050 and .052 (popularity "
        ".048 and .043).",
        "zh-hans": "同时学习两件事：用户会接触什么，以及其中哪些令其满意（高评分、浏览后购买）。"
        "列表综合两者。演示数据，同一模型在 satisfaction 为 0 和 .25 时：nDCG@10 为 .061 和 .053，"
        "仅计令人满意的物品为 .050 和 .052（热门推荐 .048 和 .043）。",
    },
    "when": {
        "en": "What is clicked is not what pleases. The log must tell: ratings that count as much "
        "as their value, or events of different weight.",
        "zh-hans": "点击的不等于喜欢的。日志须能区分：评分按其值计入，或不同事件有不同权重。",
    },
    "cost": {
        "en": "As NeuMF: two or three minutes for 100,000 events on 9,000 items.",
        "zh-hans": "与 NeuMF 相近：9,000 个物品、十万条事件约两三分钟。",
    },
    "formula": "y_k = tower_k(sum over e of g_ke(x) expert_e(x)), g_k = softmax(W_k x), "
    "x = [user; item; p_u * q_i]; score = ln P(taken) + satisfaction ln P(satisfied | taken)",
    "needs": ["grades"],
    "serving": "lists",
    "params": {
        "satisfaction": {
            "type": "float",
            "default": 0.25,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": [0.0, 1.0],
            "help": {
                "en": "How much satisfaction counts in the lists. 0: only what is taken; 1: what "
                "is taken and satisfies.",
                "zh-hans": "满意度在列表中的比重。0：只看是否接触；1：看是否接触且满意。",
            },
        },
        "satisfied": {
            "type": "float",
            "default": None,
            "low": 0.0,
            "high": 1000000.0,
            "log": False,
            "tune": False,
            "from": "log",
            "help": {
                "en": "Confidence from which a positive satisfied. Empty: the first one above the "
                "mean.",
                "zh-hans": "从多大置信度起算作满意。留空：高于平均值的最小置信度。",
            },
        },
        "second": {
            "type": "float",
            "default": 0.3,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 1.0],
            "help": {
                "en": "Weight of the second question while learning. 0: the first is learnt alone.",
                "zh-hans": "训练时第二个问题的权重。0：只学习第一个。",
            },
        },
        "experts": {
            "type": "int",
            "default": 4,
            "low": 1,
            "high": 32,
            "log": True,
            "tune": False,
            "help": {
                "en": "Small networks that both questions share; each mixes them its own way.",
                "zh-hans": "两个问题共享的小网络数，各自以不同方式混合。",
            },
        },
        "hidden": {
            "type": "int",
            "default": 32,
            "low": 2,
            "high": 512,
            "log": True,
            "tune": [16, 64],
            "help": {"en": "Width of each expert.", "zh-hans": "每个专家网络的宽度。"},
        },
        "factors": {"like": "factors", "default": 32, "tune": [16, 64]},
        "regularization": {"like": "weight_decay", "default": 0.01},
        "negatives": {"like": "negatives", "default": 4},
        "popularity": {"like": "popularity"},
        "learning_rate": {"like": "learning_rate", "default": 0.002, "tune": [0.0005, 0.01]},
        "batch": {"like": "batch", "default": 2048},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class MixtureOfExperts(Learnt):
    """Scores come from the network, so that lists are what leaves for serving."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError where all positives count the same."""
        from training.models.mmoe_task import Questions

        return Questions(split, self._from(split), self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"most": 40, "usual": 15, "patience": 6, "every": 2}

    def keep(self, task: Any, split: Split) -> None:
        """The network, whose lists are stored, and how well satisfaction is told on validation."""
        self.network_, self.train_ = task.frozen(), split.train
        self.satisfied_ = task.least
        self.auc_ = _auc(*task.told(split.validation))

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Log P(taken) + satisfaction x log P(satisfied), float32 (len(users), n_items)."""
        return np.asarray(self.network_(users))

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form, epochs and threshold for a refit, and the AUC of satisfaction (or None)."""
        return {
            "form": "lists",
            "n_items": self.train_.shape[1],
            "epochs": self.trained_.epochs,
            "satisfied": self.satisfied_,
            "satisfaction_auc": self.auc_,
        }

    def facts(self) -> dict[str, float]:
        """The AUC of satisfaction among what was taken; empty where validation cannot tell."""
        return {} if self.auc_ is None else {"satisfaction_auc": self.auc_}

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        if self.auc_ is None:
            return []
        return [
            {
                "en": f"Satisfied: a confidence of at least {self.satisfied_:g}. Of two validation "
                f"pairs, one that satisfied and one that did not, the model tells which in "
                f"{self.auc_:.1%} of the cases (chance: 50 %).",
                "zh-hans": f"满意：置信度不低于 {self.satisfied_:g}。对于一满意、一不满意的两个验证"
                f"样本对，模型有 {self.auc_:.1%} 的把握分辨（随机为 50%）。",
            }
        ]

    def _from(self, split: Split) -> float:
        """The confidence from which a positive satisfied."""
        given, found = self.params["satisfied"], np.unique(split.train.data)
        if given is None:
            above = found[found > split.train.data.mean()]
            given = float(above[0]) if len(above) else float("inf")
        if not (found < given).any() or not (found >= given).any():
            raise ValueError(
                "mmoe needs positives that satisfied and others that did not, and in this log all "
                "count the same: let ratings count as their value, or weigh a stronger event more"
            )
        return float(given)


def _auc(logits: np.ndarray, satisfied: np.ndarray) -> float | None:
    """Chance that a pair that satisfied scores above one that did not (Mann-Whitney), ties half."""
    n, rest = int(satisfied.sum()), int((~satisfied).sum())
    if not n or not rest:
        return None
    from scipy.stats import rankdata

    return float((rankdata(logits)[satisfied].sum() - n * (n + 1) / 2) / (n * rest))
