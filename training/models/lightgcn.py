"""Light graph convolution: vectors that their neighbours in the graph of events have spread.

He, Deng, Wang, Li, Zhang, Wang: LightGCN (SIGIR 2020). Linear, without weights of its own: a layer
is one product with the symmetrically normalised graph, and a vector is the mean over its layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.models.learnt import LearntFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "lightgcn",
    "class": "LightGCN",
    "name": {"en": "LightGCN", "zh-hans": "LightGCN（轻量图卷积）"},
    "kind": "top-n",
    "paper": "He, Deng, Wang, Li, Zhang, Wang: LightGCN: Simplifying and powering graph "
    "convolution network for recommendation (SIGIR 2020), eq. 3-4, 7; softmax loss: Wu et al. "
    "(TOIS 2024), eq. 5",
    "help": {
        "en": "Lets taste spread along the graph of who took what: a person is described by what "
        "they took, by who else took it, and so on.",
        "zh-hans": "让口味沿“谁接触过什么”的图传播：用户由其接触过的物品、"
        "同样接触过这些物品的人等来描述。",
    },
    "when": {
        "en": "Short histories: neighbours of neighbours fill in what a person has not shown.",
        "zh-hans": "历史较短时使用：邻居的邻居可补充用户尚未表现出的偏好。",
    },
    "cost": {
        "en": "10 seconds for 100,000 events on 1,700 items; as contrastive MF, plus events x "
        "factors x layers in every step.",
        "zh-hans": "1,700 个物品、十万条事件约 10 秒；与对比学习矩阵分解相同，"
        "每步另加事件数 x 因子数 x 层数。",
    },
    "formula": "E(k+1) = D^-1/2 A D^-1/2 E(k); e = mean over k = 0..K; "
    "min -ln(exp(s(u, i) / t) / sum over j of exp(s(u, j) / t)), s = cosine(e_u, e_i)",
    "needs": [],
    "serving": "factors",
    "params": {
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


class LightGCN(LearntFactors):
    """Spread vectors of both sides; of length 1 with infonce, which compares directions."""

    spec = SPEC
    on_graph = True

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task."""
        from training.models.lightgcn_task import Propagated

        return Propagated(split.train, self.params, device)

    def plan(self, task: Any) -> dict[str, Any]:
        """engine.task.Plan."""
        return {"batch": task.log.batch(self.params["batch"]), "most": 150}
