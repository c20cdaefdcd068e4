"""Two towers, one for items that many took and one for those that few did, joined by a gate.

Zhang et al.: Empowering long-tail item recommendation through cross decoupling network (KDD 2023):
memorisation of the head by ids, generalisation to the tail by content, a mixture of both experts
gated by an item's frequency; the tail's expert learns from a balanced sample, too, as in their
regularised adapter, §4.3. The gate is learnt on validation, not on the events (gate.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.gated import GatedFactors
from training.models.side import side
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "head_tail",
    "name": {"en": "Towers for head and tail", "zh-hans": "头部塔与长尾塔"},
    "kind": "top-n",
    "paper": "Zhang et al.: Empowering long-tail item recommendation through cross decoupling "
    "network (KDD 2023), §4; Zhou et al.: BBN: bilateral-branch network (CVPR 2020), §4.2",
    "help": {
        "en": "Two experts: one knows items by who took them, the other by what they are and "
        "studies rare items as closely as popular ones. How much each has to say goes by how "
        "often an item was taken, and is learnt on validation (demo: nDCG@10 .080, and .33 % of "
        "held-out events on the rarer four fifths found; contrastive MF .075 and .03 %, "
        "popularity .048 and none).",
        "zh-hans": "两个专家：一个按谁接触过来认识物品，另一个按内容认识物品，"
        "并同等重视冷门与热门物品。各自的发言权取决于物品被接触的次数，并在验证集上学得"
        "（演示数据 nDCG@10 为 .080，较冷门五分之四物品的留出事件命中 .33%；"
        "对比学习矩阵分解为 .075 和 .03%，热门推荐为 .048 和 0）。",
    },
    "when": {
        "en": "The long tail matters: compare its “tail” segment with that of “mf_ssm”.",
        "zh-hans": "重视长尾时使用：把它的长尾分组与 mf_ssm 的长尾分组比较。",
    },
    "cost": {
        "en": "About twice contrastive MF.",
        "zh-hans": "约为对比学习矩阵分解的两倍。",
    },
    "formula": "s(u, i) = w_i cosine(p_u, q_i) + (1 - w_i) cosine(p'_u, W f_i), "
    "w_i = n_i^s / (n_i^s + m^s); loss: softmax of s against all + tail x softmax of the second "
    "cosine alone, its events weighed by n_i^-balance",
    "needs": ["topics"],
    "serving": "factors",
    "params": {
        "tail": {"like": "gate_tail"},
        "balance": {
            "type": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "What it studies by itself. 0: every event alike; 1: every item alike, "
                "however rare.",
                "zh-hans": "长尾专家的学习方式。0：每个事件同等；1：每个物品同等，不论多冷门。",
            },
        },
        "middle": {"like": "gate_middle"},
        "sharpness": {"like": "gate_sharpness"},
        "text": {
            "type": "bool",
            "default": False,
            "tune": False,
            "help": {
                "en": "The tail's expert also reads the items' texts (encoded once).",
                "zh-hans": "长尾专家也阅读物品文本（只编码一次）。",
            },
        },
        "factors": {"like": "factors", "tune": [16, 128]},
        "temperature": {"like": "temperature", "default": 0.15},
        "negatives": {"like": "softmax_negatives"},
        "popularity": {"like": "softmax_popularity"},
        "learning_rate": {"like": "learning_rate"},
        "batch": {"like": "batch_of_users"},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class HeadTail(GatedFactors):
    """The head's tower on ids, the tail's on categories, decades and, if wanted, texts."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError where the catalogue says nothing of any item."""
        from training.models.gated_task import Gated
        from training.models.head_tail_task import Described

        known = side(split, SPEC["id"], text=self.params["text"])
        return Gated(split.train, Described(known, self.params["factors"]), self.params, device)
