"""A language model reads what a person chose and what might be next, side by side, and scores it.

Nogueira, Cho: Passage re-ranking with BERT (2019), §2: the two texts in one sequence, a score from
its vector; candidates come from a cheap first stage. Learnt as one right answer among several:
InfoNCE (van den Oord et al. 2018, eq. 4).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training import registry
from training.models.contract import Model, Progress, within
from training.models.fusion import gains, standard
from training.models.serving_forms import lists
from training.models.two_stage import candidates, recall
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "cross_encoder",
    "name": {"en": "Cross-encoder re-ranker", "zh-hans": "交叉编码重排"},
    "kind": "top-n",
    "paper": "Nogueira, Cho: Passage re-ranking with BERT (2019), §2",
    "help": {
        "en": "A first model picks at most 100 candidates; a language model then reads the titles "
        "that a person chose together with each candidate's, and re-orders them as far as that "
        "pays on validation.",
        "zh-hans": "先由一个模型挑出最多 100 个候选，再由语言模型把用户选过的标题与每个候选的"
        "标题放在一起阅读，并在验证集上有收益的程度内重新排序。",
    },
    "when": {
        "en": "Few users, telling texts, and time: nothing can be computed before both sides are "
        "known. Look at the first stage's recall first: what it misses cannot be re-ordered. "
        "Demo, 30 candidates of iALS, nine minutes of a busy core: nDCG@10 .085 against the first "
        "stage's .084, which may be chance (p .07); by what was read alone .057 (popularity .048).",
        "zh-hans": "用户不多、文本信息丰富且时间充足时使用：双方都确定之前无法预先计算。"
        "请先看第一阶段的召回率：漏掉的物品无法被重新排序。演示数据上取 iALS 的 30 个候选，"
        "繁忙的单核用时九分钟：nDCG@10 为 .085，第一阶段为 .084，差异可能出于偶然（p 为 .07）；"
        "只按阅读结果排序为 .057（热门推荐为 .048）。",
    },
    "cost": {
        "en": "Users times candidates texts are read: 1,000 users and 30 candidates take about "
        "two minutes on one core with bfloat16, four times that without, after the training.",
        "zh-hans": "需阅读“用户数×候选数”条文本：1000 个用户、30 个候选在支持 bfloat16 的单核上"
        "约两分钟，否则约四倍，另加训练时间。",
    },
    "formula": "s(u, i) = w' LM([history of u; text of i]); -ln(exp(s+) / (exp(s+) + sum of "
    "exp(s-))); order of the candidates: w z(first) + (1 - w) z(s)",
    "needs": ["text"],
    "serving": "lists",
    "params": {
        "encoder": {
            "like": "encoder",
            "default": "minilm",
            "choices": ["minilm"],
            "help": {
                "en": "The language model that reads: minilm is built in (English); an admin may "
                "add folders.",
                "zh-hans": "用来阅读的语言模型：minilm 为内置（英文）；管理员可添加模型文件夹。",
            },
        },
        "first": {
            "type": "choice",
            "default": "ials",
            "choices": ["ials", "ease", "itemknn", "pop"],
            "tune": False,
            "help": {
                "en": "The model whose best items are the candidates.",
                "zh-hans": "提供候选物品的第一阶段模型。",
            },
        },
        "candidates": {
            "type": "int",
            "default": 30,
            "low": 2,
            "high": 100,
            "log": True,
            "tune": False,
            "help": {
                "en": "Items of a user that are re-ordered. More can lift more up, at that much "
                "more cost.",
                "zh-hans": "每个用户参与重排的物品数。越多越有机会提升，成本成比例增加。",
            },
        },
        "history": {
            "type": "int",
            "default": 4,
            "low": 1,
            "high": 20,
            "log": True,
            "tune": False,
            "help": {
                "en": "Items of the past that are read, the newest where times are known.",
                "zh-hans": "读取的历史物品数，有时间时取最新的。",
            },
        },
        "tuning": {
            "type": "choice",
            "default": "full",
            "choices": ["frozen", "lora", "adapter", "full"],
            "tune": False,
            "help": {
                "en": "What learns beside the score itself: nothing (frozen), few new weights "
                "(lora, adapter), or the whole model (full).",
                "zh-hans": "除打分层外还训练什么：不训练（frozen）、少量新权重"
                "（lora、adapter）或整个模型（full）。",
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
                "en": "Rank of lora, width of an adapter; frozen and full have neither.",
                "zh-hans": "lora 的秩，或 adapter 的宽度；frozen 与 full 不使用此项。",
            },
        },
        "against": {
            "type": "int",
            "default": 3,
            "low": 1,
            "high": 50,
            "log": True,
            "tune": False,
            "help": {
                "en": "Wrong answers beside each right one: half of them candidates, half by how "
                "often they were taken.",
                "zh-hans": "每个正确答案旁的错误答案数：一半取自候选，一半按流行度抽取。",
            },
        },
        "examples": {
            "type": "int",
            "default": 2000,
            "low": 1,
            "high": 10000000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Events that are drawn in an epoch. More learns better and takes longer.",
                "zh-hans": "每轮抽取的事件数。越多学得越好，也越慢。",
            },
        },
        "learning_rate": {"like": "learning_rate", "default": 0.0001, "tune": [2e-5, 0.0005]},
        "batch": {"like": "batch", "default": 16, "high": 1024},
        "epochs": {"like": "epochs", "default": 1, "tune": False},
        "precision": {
            "like": "precision",
            "default": "auto",
            "choices": ["auto", "float32", "bfloat16"],
            "help": {
                "en": "Numbers that texts are read in. auto: bfloat16 where the processor "
                "multiplies it, which is about three times as fast.",
                "zh-hans": "阅读文本所用的数值精度。auto：处理器支持 bfloat16 乘法时使用它，"
                "速度约为三倍。",
            },
        },
        "weight": {
            "type": "float",
            "default": None,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "1: candidates stay in the first model's order; 0: by what was read alone. "
                "Empty: the best of 0, .1 ... 1 on validation.",
                "zh-hans": "1：保持第一阶段的顺序；0：只按阅读结果。"
                "留空：取验证集上 0、0.1 … 1 中最好的。",
            },
        },
    },
}

ABOVE = 1e-6  # of a standard deviation of the first model's scores
GRID = np.linspace(0.0, 1.0, 11)

NOTE = {
    "en": "The first stage's {n} candidates hold {recall:.1%} of a user's held-out items on "
    "validation (recall@{n}): no re-ordering gets beyond that. What was read counts "
    "{read:.0%} of the order.",
    "zh-hans": "第一阶段的 {n} 个候选包含用户验证集留出物品的 {recall:.1%}(recall@{n})，"
    "重排无法超越这一上限。阅读结果在排序中占 {read:.0%}。",
}


class CrossEncoder:
    """candidates_ int32 (n_users, n), -1 padded: the first model's best unseen items; said_ the
    language model's scores of them; weight_ of the first model; first_recall_: the share of the
    held-out items of validation that are among the candidates, None without validation.
    """

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
        """Learn from split.train; the weight is found on split.validation.

        Raises ValueError without any text, folders.Refused (a ValueError) for an encoder that is
        not read, engine.diverged.Diverged when the loss is no number.
        """
        if split.items is None or not any(split.items.texts):
            raise ValueError("cross_encoder needs the items' texts, and no item here has one")
        from training.models.cross_encoder_fit import learn, read

        self.train_, self.first_ = split.train, registry.load_model(self.params["first"])()
        first: Model = self.first_
        first.fit(split, rng=rng, progress=within(progress, 0, 15))
        self.candidates_ = candidates(self.first_, split, self.params["candidates"])
        self.first_recall_ = recall(self.candidates_, split)
        watched = within(progress, 15, 55)
        made = learn(self.params, split, self.candidates_, rng, watched, checkpoint)
        self.said_ = read(made, self.candidates_, within(progress, 55, 95))
        given = self.params["weight"]
        choosing = within(progress, 95, 100)
        self.weight_ = self._choose(split, rng, choosing) if given is None else float(given)
        self.facts_ = {
            "first_recall": self.first_recall_,
            "candidates": self.params["candidates"],
            "weight": self.weight_,
        }
        progress(100, 100, "done")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """First model's z-scores (m, n_items), candidates re-ordered above everything else."""
        return self._fused(users, self.weight_)

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form, the weight in use and the first stage's recall."""
        facts = {"weight": self.weight_, "first_recall": self.first_recall_}
        return {"form": "lists", "n_items": self.train_.shape[1]} | facts

    def notes(self) -> list[dict[str, str]]:
        """What the first stage lets through, and how much what was read counts, by language."""
        if self.first_recall_ is None:
            return []
        facts = {
            "n": self.params["candidates"],
            "recall": self.first_recall_,
            "read": 1.0 - self.weight_,
        }
        return [{name: text.format(**facts) for name, text in NOTE.items()}]

    def _fused(self, users: np.ndarray, weight: float) -> np.ndarray:
        scores = np.array(self.first_.scores(users), dtype=np.float64)
        scores = standard(scores, scores)
        for row, user in enumerate(users):
            mine = self.candidates_[user][self.candidates_[user] >= 0]
            if len(mine) < 2 or not self.train_.indptr[user + 1] - self.train_.indptr[user]:
                continue  # nothing to order, or nothing that was chosen to read
            if np.isnan(self.said_[user][0]):
                continue  # nobody was asked
            first = scores[row, mine]
            own, read = (
                standard(part[None, :], part[None, :])[0]
                for part in (first, self.said_[user][: len(mine)].astype(np.float64))
            )
            fused = weight * own + (1.0 - weight) * read
            # all stay above what was no candidate, also where that ties with the last of them
            scores[row, mine] = first.min() + fused - fused.min() + ABOVE
        return scores

    def _choose(self, split: Split, rng: np.random.Generator, progress: Progress) -> float:
        """The GRID weight with the best NDCG@10 on validation; ties: nearest the first model."""

        def each(users: np.ndarray) -> Any:
            return (self._fused(users, float(weight)) for weight in GRID)

        gained = gains(each, len(GRID), split, rng, progress)
        if gained is None:
            return 1.0  # nothing to choose by (a final refit on the whole log gives the weight)
        return float(GRID[np.flatnonzero(gained == gained.max())[-1]])
