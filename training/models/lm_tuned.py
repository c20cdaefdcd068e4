"""A language model that learns from who likes what, under the head and users of a two-tower.

First the head is trained on the frozen model, then both together from there, because a fresh head
would spoil the model with its first steps: Kumar et al.: Fine-tuning can distort pretrained
features and underperform out-of-distribution (ICLR 2022), §3. The loss is that of two_tower_text.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training.models.contract import Progress, within
from training.models.learnt import Factors
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "lm_tuned",
    "name": {"en": "Tuned language model", "zh-hans": "微调语言模型"},
    "kind": "top-n",
    "paper": "Hu et al.: LoRA (ICLR 2022), eq. 3; Zhang et al.: AdaLoRA (ICLR 2023), eq. 2-11; "
    "Houlsby et al.: Parameter-efficient transfer learning for NLP (ICML 2019), fig. 2; Kumar et "
    "al.: Fine-tuning can distort pretrained features (ICLR 2022), §3; Yi et al. (RecSys 2019), "
    "eq. 3-5",
    "help": {
        "en": "As “two_tower_text”, and the language model itself learns which words tell tastes "
        "apart. Where that does not raise validation NDCG@10, the untuned model is kept and the "
        "run says so.",
        "zh-hans": "与“two_tower_text”相同，且语言模型本身也学习哪些词语能区分口味。"
        "若验证集 NDCG@10 没有提高，则保留未微调的模型，并在实验中说明。",
    },
    "when": {
        "en": "Texts use words of a trade that general language knows little of, and there are "
        "at least ten thousand events. Measure it against “two_tower_text”: often little is "
        "gained for much time. 400 Beauty titles, nDCG@10 on items that nobody touched, three "
        "draws: lora .312, untuned .309, which may be chance (p .11), for eight times the time. "
        "Demo, films with a history: .068, untuned .070 (p .25), popularity .048.",
        "zh-hans": "文本含通用语言少见的行业词汇，且至少有一万条事件时使用。"
        "请与“two_tower_text”比较：往往耗时很多而收益很小。400 个 Beauty 标题、"
        "无人接触过的物品、三次抽取的 nDCG@10：lora 为 .312，未微调为 .309，"
        "差异可能出于偶然（p 为 .11），耗时却是八倍。演示数据中有历史的电影："
        "为 .068，未微调为 .070（p 为 .25），热门推荐为 .048。",
    },
    "cost": {
        "en": "Each of at most three epochs reads every text with gradients, then once more to "
        "measure: about two minutes for 10,000 titles on one core with bfloat16 (the demo in nine "
        "and a half minutes of a busy core), four times that without.",
        "zh-hans": "最多三轮，每轮带梯度阅读全部文本，再读一遍用于评估：支持 bfloat16 的单核上"
        "一万个标题约两分钟（演示数据在繁忙的单核上共九分半钟），否则约为四倍。",
    },
    "formula": "s(u, i) = cosine(x_u, W2 gelu(W1 [f_i, white(LM(text_i))])) / t; lora: W + 2 B A "
    "of rank r, B = 0 first; loss as two_tower_text",
    "needs": ["text"],
    "serving": "factors",
    "params": {
        "encoder": {
            "like": "encoder",
            "default": "minilm",
            "choices": ["minilm"],
            "help": {
                "en": "The language model that is tuned: minilm is built in (English); an admin "
                "may add folders.",
                "zh-hans": "要微调的语言模型：minilm 为内置（英文）；管理员可添加模型文件夹。",
            },
        },
        "tuning": {
            "type": "choice",
            "default": "lora",
            "choices": ["frozen", "lora", "adalora", "adapter", "full"],
            "tune": False,
            "help": {
                "en": "frozen: the head alone; lora: a low-rank change of the attention; adalora: "
                "the same, ranks where they matter; adapter: small layers between; full: all "
                "weights.",
                "zh-hans": "frozen：只训练头部；lora：对注意力做低秩修改；adalora：同上，"
                "并把秩分配到重要处；adapter：层间小网络；full：全部权重。",
            },
        },
        "rank": {
            "type": "int",
            "default": 8,
            "low": 1,
            "high": 128,
            "log": True,
            "tune": False,
            "help": {
                "en": "Rank of lora and adalora, width of an adapter. Higher can change more, and "
                "learn more by heart.",
                "zh-hans": "lora 与 adalora 的秩，或 adapter 的宽度。越高改动越大，也越易死记。",
            },
        },
        "pretraining": {
            "type": "choice",
            "default": "none",
            "choices": ["none", "mlm", "simcse"],
            "tune": False,
            "help": {
                "en": "What it reads the catalogue for first. mlm: hidden words; simcse: a text "
                "is nearest to itself. Kept only as far as held-out texts are read better.",
                "zh-hans": "先如何阅读目录文本。mlm：猜被遮住的词；simcse：文本与自身最近。"
                "只保留对留出文本有改进的部分。",
            },
        },
        "pretraining_steps": {
            "type": "int",
            "default": 300,
            "low": 1,
            "high": 100000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Steps of 64 texts of that reading.",
                "zh-hans": "该阅读的步数，每步 64 条文本。",
            },
        },
        "factors": {"like": "factors", "tune": [32, 128]},
        "hidden": {"like": "hidden"},
        "temperature": {"like": "temperature", "default": 0.15},
        "dropout": {"like": "dropout"},
        "decay": {
            "type": "float",
            "default": 0.01,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": [0.0, 0.1],
            "help": {
                "en": "Higher pulls all learnt weights towards 0 (AdamW).",
                "zh-hans": "越高，所有学习的权重越被拉向 0(AdamW)。",
            },
        },
        "head_learning_rate": {"like": "learning_rate", "default": 0.003, "tune": False},
        "head_epochs": {
            "like": "epochs",
            "tune": False,
            "help": {
                "en": "Passes with the language model frozen. Empty: until validation stops "
                "rising.",
                "zh-hans": "冻结语言模型时的轮数。留空：直到验证指标不再上升。",
            },
        },
        "learning_rate": {
            "like": "learning_rate",
            "default": 0.0005,
            "tune": [0.0001, 0.002],
            "help": {
                "en": "Length of a step with the language model; for full a tenth of it counts.",
                "zh-hans": "语言模型一同学习时的步长；full 方式取其十分之一。",
            },
        },
        "batch": {
            "type": "int",
            "default": 128,
            "low": 2,
            "high": 4096,
            "log": True,
            "tune": False,
            "help": {
                "en": "Texts that are read in a step; each stands against the others.",
                "zh-hans": "每一步阅读的文本数，各与其余文本对比。",
            },
        },
        "epochs": {
            "type": "int",
            "default": None,
            "low": 0,
            "high": 1000,
            "log": False,
            "tune": False,
            "help": {
                "en": "Passes with the language model learning; 0: none. Empty: until validation "
                "stops rising, at most 3.",
                "zh-hans": "语言模型一同学习的轮数；0 表示不学。"
                "留空：直到验证指标不再上升，最多 3 轮。",
            },
        },
        "accumulate": {"like": "accumulate"},
        "precision": {
            "like": "precision",
            "default": "auto",
            "choices": ["auto", "float32", "bfloat16"],
            "help": {
                "en": "Numbers that texts are read in while learning. auto: bfloat16 where the "
                "processor multiplies it, which is about three times as fast.",
                "zh-hans": "学习时阅读文本所用的数值精度。auto：处理器支持 bfloat16 乘法时使用它，"
                "速度约为三倍。",
            },
        },
    },
}

COMPONENTS = 128  # of the text vectors that the head reads, as in two_tower_text
MOST, PATIENCE = 3, 2  # epochs with the language model learning: ten minutes for 10,000 titles
GENTLY = 0.1  # of the learning rate, where every weight moves

NOTES = {
    "kept": {
        "en": "Tuning the language model moved validation NDCG@10 from {before:.4f} to "
        "{after:.4f}.",
        "zh-hans": "微调语言模型使验证集 NDCG@10 从 {before:.4f} 变为 {after:.4f}。",
    },
    "dropped": {
        "en": "Tuning the language model did not pay: validation NDCG@10 was {before:.4f} before "
        "and {after:.4f} after it. The untuned model is in use.",
        "zh-hans": "微调语言模型没有收益：验证集 NDCG@10 微调前为 {before:.4f}，"
        "微调后为 {after:.4f}。现使用未微调的模型。",
    },
}


class LmTuned(Factors):
    """Unit vectors of both sides, float32.

    facts_: what was gained by tuning, for the run's page: validation NDCG@10 of the frozen and of
    the tuned model (None where nothing was validated), numbers that learnt, and which one is used.
    """

    spec = SPEC

    def __init__(self, **params: Any) -> None:
        self.params = fill(SPEC, params)

    def fit(
        self,
        split: Split,
        *,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Learn from split.train; an interrupted run goes on from `checkpoint`.

        Raises ValueError without any text, folders.Refused (a ValueError) for an encoder that is
        not read, engine.diverged.Diverged when the loss is no number.
        """
        if split.items is None or not any(split.items.texts):
            raise ValueError("lm_tuned needs the items' texts, and no item of this split has one")
        import torch

        from training.engine.session import session
        from training.models.lm_tuned_stages import Stages

        with session(rng, torch.device("cpu")):
            stages = Stages(self.params, split, rng, checkpoint)
            stages.read(within(progress, 0, 20))
            stages.head(within(progress, 20, 40))
            stages.tune(within(progress, 40, 95))
            task = stages.best()
            task.module.eval()
            self.facts_: dict[str, Any] = stages.facts
            self.epochs_ = {"epochs": stages.epochs, "head_epochs": stages.head_epochs}
            self.keep(task, split)
        progress(100, 100, "done")
        return self

    def notes(self) -> list[dict[str, str]]:
        """What tuning gained, in each language; nothing where nothing was validated or tuned."""
        before, after = self.facts_["frozen"], self.facts_["tuned"]
        if before is None or after is None:
            return []
        code = "kept" if self.facts_["used"] != "frozen" else "dropped"
        return [
            {name: NOTES[code][name].format(before=before, after=after) for name in NOTES[code]}
        ]

    def serving_meta(self) -> dict[str, Any]:
        """The form, the epochs that a refit takes, and what tuning gained."""
        return {"form": "factors", "fold_in": "project", "tuning": self.facts_} | self.epochs_
