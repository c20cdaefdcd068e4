"""Factorisation of features: a vector is the sum of the vectors of everything known of it.

Kula: Metadata embeddings for user and item cold-start recommendations (CBRecSys 2015), eq. 1:
u = W I_u + b, one-hot ids among the features. Learnt by contrast as mf_ssm, which it becomes, bit
by bit, when only the ids are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.learnt import LearntFactors
from training.models.side import side
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "feature_mf",
    "class": "FeatureMF",
    "name": {"en": "Feature MF", "zh-hans": "特征矩阵分解"},
    "kind": "top-n",
    "paper": "Kula: Metadata embeddings for user and item cold-start recommendations (CBRecSys "
    "2015), eq. 1; softmax loss: Wu et al. (TOIS 2024), eq. 5",
    "help": {
        "en": "An item's vector is the sum of its own and those of its categories, its decade and, "
        "if wanted, its text; a person's is their own plus that of their profile. What is rare "
        "borrows from what it is like (demo: nDCG@10 .077; contrastive MF .075, popularity .048).",
        "zh-hans": "物品向量由自身向量与其类别、年代（可选：文本）的向量相加而成；"
        "用户向量为自身向量加其画像的向量。冷门物品可借用同类的信息"
        "（演示数据 nDCG@10 为 .077；对比学习矩阵分解 .075，热门推荐 .048）。",
    },
    "when": {
        "en": "The catalogue has categories or years, and many items have few events: an item that "
        "nobody took is ranked by its features alone.",
        "zh-hans": "目录含类别或年份且许多物品事件很少时使用：无人接触过的物品仅凭特征排序。",
    },
    "cost": {
        "en": "As contrastive MF, and a little more for the features: about 40 seconds for 100,000 "
        "events on 9,000 items.",
        "zh-hans": "与对比学习矩阵分解相近，特征略增开销：9,000 个物品、十万条事件约 40 秒。",
    },
    "formula": "u = W I_u + b, v = V I_v + c, I = [one-hot id; categories; decade; text]; "
    "min -ln(exp(s(u, v) / t) / sum over j of exp(s(u, v_j) / t)), s = cosine",
    "needs": ["topics"],
    "serving": "factors",
    "params": {
        "item_features": {
            "type": "bool",
            "default": True,
            "tune": False,
            "help": {
                "en": "Categories and decades of items. Without this, profiles and texts: plain "
                "contrastive MF.",
                "zh-hans": "使用物品的类别和年代。若此项、画像和文本均关闭，"
                "即普通对比学习矩阵分解。",
            },
        },
        "profiles": {
            "type": "bool",
            "default": True,
            "tune": False,
            "help": {
                "en": "The mean categories and decades of what a person took, as their features.",
                "zh-hans": "以用户接触过物品的平均类别和年代作为用户特征。",
            },
        },
        "text": {
            "type": "bool",
            "default": False,
            "tune": False,
            "help": {
                "en": "Also read the items' texts (vectors of a language model, encoded once).",
                "zh-hans": "同时读取物品文本（语言模型向量，只编码一次）。",
            },
        },
        "id_dropout": {
            "type": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 0.9,
            "log": False,
            "tune": [0.0, 0.5],
            "help": {
                "en": "Share of the items whose own vector is hidden in each step, so that the "
                "features learn to stand alone. Higher helps new items.",
                "zh-hans": "每一步隐藏自身向量的物品比例，使特征学会独立发挥作用。"
                "越高对新物品越有利。",
            },
        },
        "loss": {"like": "graph_loss"},
        "factors": {"like": "factors", "tune": [16, 128]},
        "temperature": {"like": "temperature"},
        "negatives": {"like": "shared_negatives"},
        "popularity": {"like": "popularity_logq"},
        "regularization": {"like": "pull_of_events"},
        "learning_rate": {"like": "learning_rate"},
        "batch": {"like": "batch_of_users"},
        "epochs": {"like": "epochs"},
        "accumulate": {"like": "accumulate"},
        "precision": {"like": "precision"},
    },
}


class FeatureMF(LearntFactors):
    """Summed vectors of both sides; of length 1 with infonce, which compares directions."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError where the catalogue lacks the features asked for."""
        from training.models.feature_mf_task import Summed

        wanted = [self.params[name] for name in ("item_features", "profiles", "text")]
        known = side(split, "feature_mf", text=self.params["text"]) if any(wanted) else None
        return Summed(split.train, known, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}

    def serving_meta(self) -> dict[str, Any]:
        """As of any factors; a new user is the sum of the items taken."""
        return super().serving_meta() | {"fold_in": "project"}
