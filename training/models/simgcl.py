"""LightGCN that also learns to know each vector again behind noise.

Yu, Yin, Xia, Chen, Cui, Nguyen: Are graph augmentations necessary? (SIGIR 2022), SimGCL: two noisy
views of every node, pulled together and apart from the other nodes of the batch (eq. 3 and 9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "simgcl",
    "class": "SimGCL",
    "name": {"en": "SimGCL", "zh-hans": "SimGCL（图对比学习）"},
    "kind": "top-n",
    "paper": "Yu, Yin, Xia, Chen, Cui, Nguyen: Are graph augmentations necessary? Simple graph "
    "contrastive learning for recommendation (SIGIR 2022), eq. 3, 9; on LightGCN (SIGIR 2020)",
    "help": {
        "en": "LightGCN with self-supervision: each vector must be found again behind noise, which "
        "spreads the items out and helps the rare ones. On films it brings little: demo, nDCG@10 "
        ".081 (LightGCN .079, popularity .048).",
        "zh-hans": "带自监督的 LightGCN：每个向量加噪声后仍须能被认出，"
        "这使物品分布更均匀，有利于冷门物品。在电影数据上收益很小："
        "演示数据 nDCG@10 为 .081（LightGCN .079，热门推荐 .048）。",
    },
    "when": {
        "en": "As LightGCN, when the popular items crowd out the others.",
        "zh-hans": "与 LightGCN 相同，尤其当热门物品挤占其他物品时。",
    },
    "cost": {
        "en": "Several times LightGCN: about two minutes for 100,000 events on 9,000 items; every "
        "step spreads two more views and compares the batch's items with each other.",
        "zh-hans": "为 LightGCN 的数倍：9,000 个物品、十万条事件约两分钟；"
        "每步另需传播两个视图，并将本批物品两两比较。",
    },
    "formula": "LightGCN's loss + weight x InfoNCE(e', e''), e' and e'' the mean over layers "
    "1..K of E + noise of length eps in E's own orthant",
    "needs": [],
    "serving": "factors",
    "params": {
        "loss": {"like": "graph_loss"},
        "layers": {"like": "layers"},
        "weight": {
            "type": "float",
            "default": 0.03,
            "low": 0.0,
            "high": 10.0,
            "log": False,
            "tune": [0.0, 0.5],
            "help": {
                "en": "How much self-supervision counts beside the events. 0: LightGCN. Much of it "
                "costs accuracy (validation of MovieLens 100K, nDCG@10: 0 .271, 0.03 .272, 0.1 "
                ".270, 0.3 .256).",
                "zh-hans": "自监督相对于事件的权重。0 即 LightGCN。过大会降低准确度"
                "（MovieLens 100K 验证集 nDCG@10：0 为 .271，0.03 为 .272，0.1 为 .270，"
                "0.3 为 .256）。",
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
        "factors": {"like": "factors", "tune": [16, 128]},
        "temperature": {"like": "temperature"},
        "negatives": {"like": "shared_negatives"},
        "popularity": {"like": "popularity_logq"},
        "regularization": {"like": "pull_of_events"},
        "learning_rate": {"like": "learning_rate"},
        "batch": {"like": "batch_of_users"},
        "epochs": {"like": "epochs"},
        "accumulate": {
            "type": "int",
            "default": 1,
            "low": 1,
            "high": 1024,
            "log": True,
            "tune": False,
            "help": {
                "en": "Parts that a step is computed in: less memory, and views of fewer others.",
                "zh-hans": "将一步拆成几部分计算：更省内存，但视图的对比对象更少。",
            },
        },
        "precision": {"like": "precision"},
    },
}


class SimGCL(LearntFactors):
    """Spread vectors of both sides; of length 1 with infonce, which compares directions."""

    spec = SPEC
    on_graph = True

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.simgcl_task import Noisy

        return Noisy(split.train, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}
