"""LightGCN whose items know facts: each starts as itself and the mean of its entities.

He et al.: LightGCN (SIGIR 2020), eq. 3-4, on items that have heard their neighbours in a knowledge
graph, as Wang, Zhao, Xie, Li, Guo: Knowledge graph convolutional networks (WWW 2019), §2.2, with
the plain mean instead of attention, whose gains are disputed. Every claim of a knowledge graph
needs its control: see `shuffled`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.knowledge import edges
from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "kg_cf",
    "class": "KnowledgeGCN",
    "name": {"en": "Knowledge graph CF", "zh-hans": "知识图谱协同过滤"},
    "kind": "top-n",
    "paper": "Wang, Zhao, Xie, Li, Guo: Knowledge graph convolutional networks for recommender "
    "systems (WWW 2019), §2.2, with the mean; He et al.: LightGCN (SIGIR 2020), eq. 3-4",
    "help": {
        "en": "LightGCN whose items also carry what they are made of (director, brand, category): "
        "an item that nobody took yet is known by its facts. For items with a history they change "
        "nothing (demo, categories as facts: nDCG@10 .075, shuffled .075, LightGCN .075).",
        "zh-hans": "在 LightGCN 的物品上加入其知识（导演、品牌、类别）："
        "尚无人接触的物品也可凭事实被了解。对已有历史的物品没有影响"
        "（演示数据，以类别为事实：nDCG@10 为 .075，打乱后 .075,LightGCN .075）。",
    },
    "when": {
        "en": "A file of triples (item, relation, entity) was uploaded, or categories are good, "
        "and there are new items. Train it once more with `shuffled`: only what is lost then came "
        "from the knowledge.",
        "zh-hans": "已上传三元组文件（物品、关系、实体）或类别质量好，且有新物品时使用。"
        "请再用 shuffled 训练一次：此时损失的部分才是知识带来的。",
    },
    "cost": {
        "en": "As LightGCN, plus triples x factors in every step.",
        "zh-hans": "与 LightGCN 相同，每步另加三元组数 x 因子数。",
    },
    "formula": "E(0) = [users; items + w mean of their entities], E(k+1) = D^-1/2 A D^-1/2 E(k); "
    "e = mean over k = 0..K; loss as LightGCN",
    "needs": ["graph"],
    "serving": "factors",
    "params": {
        "knowledge": {
            "type": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 100.0,
            "log": False,
            "tune": [0.0, 3.0],
            "help": {
                "en": "Weight of an item's facts beside its own vector. 0: LightGCN.",
                "zh-hans": "物品事实相对于自身向量的权重。0 即 LightGCN。",
            },
        },
        "source": {
            "type": "choice",
            "default": "auto",
            "choices": ["auto", "triples", "catalogue", "both"],
            "tune": False,
            "help": {
                "en": "Where the edges come from. catalogue: categories and decades; auto: the "
                "triples where there are any, else the catalogue.",
                "zh-hans": "边的来源。catalogue：类别与年代；"
                "auto：有三元组则用三元组，否则用目录。",
            },
        },
        "shuffled": {
            "type": "bool",
            "default": False,
            "tune": False,
            "help": {
                "en": "The control: each item gets the facts of another item, drawn at random. "
                "What a graph gains must be lost here.",
                "zh-hans": "对照：每个物品随机换上另一物品的事实。图谱带来的收益在此应当消失。",
            },
        },
        "loss": {"like": "graph_loss"},
        "layers": {"like": "layers"},
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


class KnowledgeGCN(LearntFactors):
    """Spread vectors of both sides; of length 1 with infonce, which compares directions."""

    spec = SPEC
    on_graph = True

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError where nothing is known of the items."""
        from training.models.kg_cf_task import Informed

        known = edges(split.items, self.params["source"], shuffled=self.params["shuffled"])
        return Informed(split.train, known, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}
