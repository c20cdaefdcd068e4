"""One tower a view, joined late: what people took, what the catalogue says, what the text says.

Late fusion of views as in Elkahky, Song, He: A multi-view deep learning approach (WWW 2015),
with a gate by popularity that lets rare items speak by their content, the idea of Zhang et al.:
Empowering long-tail item recommendation through cross decoupling network (KDD 2023); the gate
itself is Buehlmann's credibility n / (n + k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.models.learnt import LearntFactors
from training.models.side import side
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "multi_view",
    "name": {"en": "Multi-view towers", "zh-hans": "多视图塔"},
    "kind": "top-n",
    "paper": "Elkahky, Song, He: A multi-view deep learning approach for cross domain user "
    "modeling (WWW 2015); gate by popularity: Zhang et al.: cross decoupling network (KDD "
    "2023)",
    "help": {
        "en": "Compares person and item once in each view (behaviour, catalogue, text) and adds "
        "up. The more often an item was taken, the more its behaviour counts: separate towers for "
        "head and tail (demo: nDCG@10 .077; contrastive MF .075, popularity .048).",
        "zh-hans": "在每个视图（行为、目录、文本）中各比较一次用户与物品再相加。"
        "物品被接触越多，行为视图的权重越大：头部与长尾各有侧重"
        "（演示数据 nDCG@10 为 .077；对比学习矩阵分解 .075，热门推荐 .048）。",
    },
    "when": {
        "en": "Popular items are known by who took them, rare ones by what they are. Switch views "
        "off one by one to see what each brings.",
        "zh-hans": "热门物品靠行为了解、冷门物品靠内容了解时使用。逐个关闭视图可看出各自的贡献。",
    },
    "cost": {
        "en": "About as many times contrastive MF as there are views.",
        "zh-hans": "约为对比学习矩阵分解的视图数倍。",
    },
    "formula": "s(u, i) = sum over views v of w_v(i) cosine(u_v, i_v), "
    "w_behaviour(i) = n_i / (n_i + trust), the others share the rest; loss as contrastive MF",
    "needs": ["topics"],
    "serving": "factors",
    "params": {
        "behaviour": {
            "type": "bool",
            "default": True,
            "tune": False,
            "help": {
                "en": "The view of who took what (a vector for each item's id).",
                "zh-hans": "行为视图（每个物品标识一个向量）。",
            },
        },
        "catalogue": {
            "type": "bool",
            "default": True,
            "tune": False,
            "help": {
                "en": "The view of categories and decades.",
                "zh-hans": "目录视图（类别与年代）。",
            },
        },
        "text": {
            "type": "bool",
            "default": False,
            "tune": False,
            "help": {
                "en": "The view of the items' texts (vectors of a language model, encoded once).",
                "zh-hans": "文本视图（语言模型向量，只编码一次）。",
            },
        },
        "trust": {
            "type": "float",
            "default": 5.0,
            "low": 0.0,
            "high": 10000.0,
            "log": False,
            "tune": [0.0, 20.0],
            "help": {
                "en": "Events of an item from which on its behaviour counts more than the other "
                "views together. 0: behaviour alone, wherever there is any.",
                "zh-hans": "物品的事件数超过此值时，行为视图的权重大于其余视图之和。"
                "0：只要有行为就只看行为。",
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


class MultiView(LearntFactors):
    """Unit vectors of each view side by side, the items' times the weight of the view."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError without a view, or where the catalogue lacks one."""
        from training.models.multi_view_task import VIEWS, Views

        if not any(self.params[view] for view in VIEWS):
            raise ValueError("multi_view needs at least one view: behaviour, catalogue or text")
        known = side(split, "multi_view", text=self.params["text"])
        return Views(split.train, known, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}

    def keep(self, task: Any, split: Split) -> None:
        """Factors, and how much each view counts on items of the head and of the tail."""
        super().keep(task, split)
        self.weights_ = task.weights.cpu().numpy()  # (n_items, views)
        taken = split.train.getnnz(axis=0)
        head = taken >= np.quantile(taken, 0.8)
        self.shares_ = {
            f"{view}_{part}": float(self.weights_[rows, column].mean())
            for column, view in enumerate(task.names)
            for part, rows in (("head", head), ("tail", ~head))
            if rows.any()
        }

    def facts(self) -> dict[str, float]:
        """Mean weight of each view on the fifth of items taken most (head) and the rest (tail)."""
        return dict(self.shares_)

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        told = ", ".join(
            f"{name.replace('_', ' ')} {share:.0%}" for name, share in self.shares_.items()
        )
        return [
            {
                "en": f"Mean weight of each view on the fifth of items taken most (head) and on "
                f"the others (tail): {told}.",
                "zh-hans": "各视图在最热门五分之一物品（head）和其余物品（tail）上的"
                f"平均权重：{told}。",
            }
        ]

    def serving_meta(self) -> dict[str, Any]:
        """As of any factors; a new user is the sum of the items taken."""
        return super().serving_meta() | {"fold_in": "project"}
