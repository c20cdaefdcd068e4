"""A click model with explicit feature crosses, and probabilities that can be believed.

Wang, Shivanna, Cheng, Jain, Lin, Hong, Chi: DCN V2 (WWW 2021), eq. 1, cross network and deep
network side by side. Its scores rank; calibrated on validation they are probabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.calibration import Calibration, calibrate, told
from training.models.learnt import Learnt
from training.models.serving_forms import lists
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "dcn",
    "class": "CrossNetwork",
    "name": {"en": "Deep & cross network", "zh-hans": "深度交叉网络（DCN-V2）"},
    "kind": "top-n",
    "paper": "Wang, Shivanna, Cheng, Jain, Lin, Hong, Chi: DCN V2: Improved deep & cross network "
    "(WWW 2021), eq. 1; calibration: Platt (1999), Zadrozny and Elkan (KDD 2002)",
    "help": {
        "en": "Says how likely somebody takes an item, from ids, categories, decade, popularity "
        "and, if wanted, hour and weekday; cross layers multiply these features with each other. "
        "Demo: nDCG@10 .070 (popularity .048, ease .080); log loss on test .726 before "
        "calibration, .390 after (isotonic .367), .500 by the share of taken pairs; calibration "
        "error .081, .051 (isotonic .019).",
        "zh-hans": "根据标识、类别、年代、热度（可选：小时和星期）预测用户接触物品的概率；"
        "交叉层将这些特征相乘。演示数据：nDCG@10 为 .070（热门推荐 .048，ease .080）；"
        "测试集对数损失校准前 .726，校准后 .390（isotonic .367），仅按正例占比 .500；"
        "校准误差 .081，校准后 .051（isotonic .019）。",
    },
    "when": {
        "en": "You want probabilities (click rates), or a context that changes what is taken. As a "
        "ranker alone, ease and ials are better and a hundred times as fast.",
        "zh-hans": "需要概率（点击率）或情境会改变行为时使用。"
        "仅作排序时，ease 和 ials 更好且快百倍。",
    },
    "cost": {
        "en": "Two or three minutes for 100,000 events on 9,000 items; every pair is looked at.",
        "zh-hans": "9,000 个物品、十万条事件约两三分钟。打分时须逐对计算。",
    },
    "formula": "x(l+1) = x(0) * (W x(l) + b) + x(l), x(0) = [user; item; context]; "
    "P = sigmoid(slope (w [x(L); MLP(x(0))]) + offset); min log loss against drawn items",
    "needs": [],
    "serving": "lists",
    "params": {
        "factors": {"like": "factors", "default": 16, "tune": [8, 32]},
        "layers": {
            "type": "int",
            "default": 2,
            "low": 0,
            "high": 6,
            "log": False,
            "tune": [1, 3],
            "help": {
                "en": "Cross layers: n of them make products of up to n + 1 features. 0: none.",
                "zh-hans": "交叉层数：n 层可产生最多 n + 1 个特征的乘积。0 表示不用。",
            },
        },
        "hidden": {
            "type": "int",
            "default": 64,
            "low": 0,
            "high": 1024,
            "log": False,
            "tune": [0, 128],
            "help": {
                "en": "Width of the deep network's first layer, the second has half. 0: none.",
                "zh-hans": "深度网络第一层宽度，第二层减半。0 表示不用。",
            },
        },
        "context": {
            "type": "bool",
            "default": False,
            "tune": False,
            "help": {
                "en": "Read hour and weekday (UTC) of each event, where the log has times. Lists "
                "are made for the hour of a person's newest event.",
                "zh-hans": "日志含时间时，读取每个事件的小时和星期（UTC）。"
                "列表按用户最近一次事件的时刻生成。",
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
                "en": "Share of the features that is hidden from the deep network in each step.",
                "zh-hans": "每一步对深度网络隐藏的特征比例。",
            },
        },
        "regularization": {"like": "weight_decay", "default": 0.01},
        "calibration": {
            "type": "choice",
            "default": "platt",
            "choices": ["platt", "isotonic", "none"],
            "tune": False,
            "help": {
                "en": "How scores become probabilities, fitted on validation. platt: two numbers, "
                "kept for the published model; isotonic: free steps, for thousands of pairs. A "
                "published model has no validation left to find steps on and takes platt's numbers "
                "of its candidate.",
                "zh-hans": "将得分变为概率的方式，在验证集上拟合。platt：两个数，发布的模型沿用；"
                "isotonic：自由阶梯，需数千个样本对。"
                "发布的模型没有验证集可用于求阶梯，沿用候选模型的 platt 两个数。",
            },
        },
        "slope": {
            "type": "float",
            "default": None,
            "low": 0.000001,
            "high": 1000.0,
            "log": True,
            "tune": False,
            "help": {
                "en": "platt only. Empty: found on validation. Below 1 the model was too sure.",
                "zh-hans": "仅用于 platt。留空：在验证集上求得。小于 1 表示模型过于自信。",
            },
        },
        "offset": {
            "type": "float",
            "default": None,
            "low": -1000.0,
            "high": 1000.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "platt only. Empty: found on validation. Below 0 it promised too much.",
                "zh-hans": "仅用于 platt。留空：在验证集上求得。小于 0 表示模型估计过高。",
            },
        },
        "negatives": {"like": "negatives", "default": 4},
        "popularity": {"like": "popularity"},
        "learning_rate": {"like": "learning_rate", "default": 0.002, "tune": [0.0005, 0.01]},
        "batch": {"like": "batch", "default": 2048},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}

QUALITY = {
    "en": "Probabilities, on half of the validation pairs ({pairs}, the drawn ones among them): "
    "log loss {log_loss} ({log_loss_raw} uncalibrated, {base_log_loss} by the share of taken pairs "
    "alone), calibration error {ece} ({ece_raw} uncalibrated).",
    "zh-hans": "概率质量（半数验证样本对，共 {pairs} 个，含抽取的负例）：对数损失 {log_loss}"
    "（未校准 {log_loss_raw}，仅按正例占比 {base_log_loss}），校准误差 {ece}（未校准 {ece_raw}）。",
}


class CrossNetwork(Learnt):
    """Scores are logits; `probabilities` are for a pair shown among `negatives` drawn ones."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.dcn_task import Clicks

        return Clicks(split, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"most": 40, "usual": 10, "patience": 6, "every": 2}

    def keep(self, task: Any, split: Split) -> None:
        """The network, whose lists are stored, and what its scores are worth on validation."""
        self.network_, self.train_ = task.frozen(), split.train
        shown = task.shown(split.validation)
        self.calibration_, self.quality_ = self._calibrated(*shown)
        self.platt_ = self._platt(*shown)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """The network's logits, float32 (len(users), n_items)."""
        return np.asarray(self.network_.everything(users))

    def probabilities(
        self, users: np.ndarray, items: np.ndarray, at: np.ndarray | None = None
    ) -> np.ndarray:
        """Calibrated P(taken) of pairs, float64 (n,), shown as often as training draws items.

        users, items: codes (n,); at: epoch seconds (n,), None = as at each user's newest event.
        """
        return self.calibration_(self.network_.pairs(users, items, at))

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form, epochs and Platt's numbers for a refit, and the quality of probabilities."""
        fitted = self.platt_.method == "platt"
        settled = {"slope": self.platt_.slope, "offset": self.platt_.offset}
        return {
            "form": "lists",
            "n_items": self.train_.shape[1],
            "epochs": self.trained_.epochs,
            **(settled if fitted else {}),
            **({"calibration_quality": self.quality_} if self.quality_ else {}),
        }

    def facts(self) -> dict[str, float]:
        """Pairs, log loss and calibration error before and after; empty without validation."""
        return dict(self.quality_)

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        if not self.quality_:
            return []
        told = {name: f"{value:.3f}" for name, value in self.quality_.items()}
        told |= {"pairs": f"{self.quality_['pairs']}"}
        return [{language: text.format(**told) for language, text in QUALITY.items()}]

    def _calibrated(
        self, logits: np.ndarray, labels: np.ndarray
    ) -> tuple[Calibration, dict[str, Any]]:
        """The map from all validation pairs; its quality: fitted on one half, told on the other."""
        given = (self.params["slope"], self.params["offset"])
        method = self.params["calibration"]
        told_before = method != "none" and None not in given
        if told_before and (method == "platt" or not len(labels)):
            return Calibration("platt", *given), {}
        if not len(labels):  # the whole log is in train: what a refit is not told stays raw
            return Calibration(), {}
        odd = np.arange(len(labels)) // (self.params["negatives"] + 1) % 2 == 1
        if not odd.any():
            return calibrate(logits, labels, method), {}
        half = calibrate(logits[~odd], labels[~odd], method)
        return calibrate(logits, labels, method), told(half, logits[odd], labels[odd])

    def _platt(self, logits: np.ndarray, labels: np.ndarray) -> Calibration:
        """Two numbers that a refit can be told, where the map in use has too many."""
        if self.calibration_.method != "isotonic":
            return self.calibration_
        return calibrate(logits, labels, "platt")
