"""Behaviour and the vectors that a catalogue brings along (images, sound), fused late by gates.

Arevalo et al.: Gated multimodal units for information fusion (ICLR workshop 2017), eq. 1 to 3, for
several modalities of an item; late fusion with behaviour as in multi_view, by a gate on an item's
frequency that is learnt on validation (gate.py). The control is the same model with the vectors
dealt out to other items, as in Zhou: MMRec (2023): it must lose the gain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.features import whitened
from training.models.gated import GatedFactors
from training.split import Split

if TYPE_CHECKING:
    import torch

SPEC: dict[str, Any] = {
    "id": "modal_fusion",
    "name": {"en": "Modalities with a gate", "zh-hans": "多模态门控融合"},
    "kind": "top-n",
    "paper": "Arevalo et al.: Gated multimodal units for information fusion (ICLR workshop 2017), "
    "eq. 1 to 3; Zhou: MMRec (MM Asia 2023) for the shuffled control",
    "help": {
        "en": "Learns from vectors that you upload with the items (a column such as image_vector "
        "or audio_vector), or that an image encoder of your admin makes of pictures (none is "
        "delivered): items without events are ranked by them, others by both. With several "
        "vectors an item's gate says which one to believe.",
        "zh-hans": "从随物品上传的向量（如 image_vector、audio_vector 列）中学习，"
        "也可使用管理员的图像编码器由图片生成的向量（系统不附带编码器）："
        "没有事件的物品按向量排序，其余物品两者并用。有多种向量时，由门控决定相信哪一种。",
    },
    "when": {
        "en": "Another model has made vectors of your images, sound or video. Train it a second "
        "time with “shuffled”: what is left then is not owed to the vectors (MovieLens, new films "
        "by title vectors: nDCG@10 .155, shuffled .021, chance .019; three draws).",
        "zh-hans": "已有其他模型为图像、声音或视频生成向量时使用。再用 shuffled 训练一次："
        "剩下的效果就不来自这些向量（MovieLens 新影片、标题向量：nDCG@10 为 .155，"
        "打乱后 .021，随机 .019；三次抽样）。",
    },
    "cost": {
        "en": "About twice contrastive MF, whatever the length of the vectors.",
        "zh-hans": "约为对比学习矩阵分解的两倍，与向量长度无关。",
    },
    "formula": "s(u, i) = w_i cosine(p_u, q_i) + (1 - w_i) cosine(p'_u, sum over modalities m of "
    "g_im W_m x_im), g_i = softmax over the modalities that i has, w_i = n_i^s / (n_i^s + m^s); "
    "loss: softmax of s against all + tail x softmax of the second cosine alone",
    "needs": ["vectors"],
    "serving": "factors",
    "params": {
        "shuffled": {
            "type": "bool",
            "default": False,
            "tune": False,
            "help": {
                "en": "Control: the same vectors, dealt out to other items. It should lose what "
                "the real ones gain.",
                "zh-hans": "对照：把同样的向量分给其他物品。真实向量带来的收益应随之消失。",
            },
        },
        "components": {
            "type": "int",
            "default": 128,
            "low": 1,
            "high": 1024,
            "log": True,
            "tune": [32, 256],
            "help": {
                "en": "Directions of each vector that are read, those that vary most.",
                "zh-hans": "每种向量读取的方向数，取变化最大的方向。",
            },
        },
        "tail": {"like": "gate_tail"},
        "middle": {"like": "gate_middle"},
        "sharpness": {"like": "gate_sharpness"},
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


class ModalFusion(GatedFactors):
    """The head's tower on ids, the other one on what the catalogue's vectors say."""

    spec = SPEC

    def task(self, split: Split, device: torch.device) -> Any:
        """engine.task.Task. Raises ValueError where the catalogue came without vectors."""
        from training.models.gated_task import Gated
        from training.models.modal_fusion_task import Modal

        known = modalities(split, self.params["components"], shuffled=self.params["shuffled"])
        content = Modal(known, self.params["factors"])
        return Gated(split.train, content, self.params | {"balance": 0.0}, device)

    def keep(self, task: Any, split: Split) -> None:
        """Factors, and which modality counts how much."""
        super().keep(task, split)
        self.believed_ = task.content.believed()

    def facts(self) -> dict[str, float]:
        """The gates: behaviour against content, and each modality's mean over the items with it."""
        return super().facts() | {f"{name}_gate": each for name, each in self.believed_.items()}

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        told = ", ".join(f"{name} {each:.0%}" for name, each in self.believed_.items())
        zh = f"门控给各向量的平均权重：{told}。"
        more = {"en": f"What the gate believes on average: {told}.", "zh-hans": zh}
        control = {
            "en": "A control: the vectors were dealt out to other items.",
            "zh-hans": "对照运行：向量已分给其他物品。",
        }
        return [*super().notes(), more, *([control] if self.params["shuffled"] else [])]


def modalities(split: Split, components: int, *, shuffled: bool = False) -> dict[str, np.ndarray]:
    """White vectors of each modality, float32 (n_items, <= components), a row of NaN = none.

    Mean and axes are those of the items that have one. shuffled: the same rows on other items, by
    one fixed draw. Raises ValueError where the catalogue has no vectors, or none that differ.
    """
    given = {} if split.items is None else split.items.modalities
    made: dict[str, np.ndarray] = {}
    for number, (name, rows) in enumerate(given.items()):
        there = np.flatnonzero(~np.isnan(rows[:, 0]))
        found = whitened(np.asarray(rows[there]), components)
        if not found.shape[1]:
            continue
        if shuffled:
            found = found[np.random.default_rng(number).permutation(len(found))]
        made[name] = np.full((len(rows), found.shape[1]), np.nan, np.float32)
        made[name][there] = found
    if not made:
        raise ValueError("modal_fusion needs item vectors, and this catalogue has none that differ")
    return made
