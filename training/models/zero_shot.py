"""A language model elsewhere puts candidates in order, without having learnt from this log.

Hou et al.: Large language models are zero-shot rankers for recommender systems (ECIR 2024), §2:
the history and numbered candidates in, an order out. What was not offered is dropped and counted.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from training import registry
from training.models.contract import Model, Progress, within
from training.models.cross_encoder import CrossEncoder
from training.models.two_stage import candidates, recall
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "zero_shot",
    "name": {"en": "Zero-shot language model", "zh-hans": "零样本大语言模型排序"},
    "kind": "top-n",
    "paper": "Hou et al.: Large language models are zero-shot rankers for recommender systems "
    "(ECIR 2024), §2",
    "help": {
        "en": "A first model picks candidates; the language model that an admin has set up "
        "(LLM_URL) puts them in order, as far as that pays on validation. Titles of what people "
        "chose leave this machine: no user id, no time. Answers that were not offered are dropped "
        "and counted.",
        "zh-hans": "先由一个模型挑出候选，再由管理员设置的语言模型（LLM_URL）排序，"
        "并在验证集上有收益的程度内采用。用户选过的物品标题会离开本机，用户 ID 和时间不会。"
        "不在候选中的回答会被丢弃并计数。",
    },
    "when": {
        "en": "To see what a large model knows of your items before anything is learnt, on a few "
        "hundred people. Only those asked are re-ordered: compare with the first model.",
        "zh-hans": "想在不训练的情况下、用几百名用户了解大模型对您的物品知道多少时使用。"
        "只有被询问的用户会重新排序：请与第一阶段模型比较。",
    },
    "cost": {
        "en": "One question a person, at that service's price and speed; asked again when the "
        "model is published.",
        "zh-hans": "每名用户一次提问，费用和速度取决于该服务；发布模型时会再次提问。",
    },
    "formula": "order of the candidates of whom was asked: w z(first) + (1 - w) z(-place in the "
    "answer)",
    "needs": ["text", "endpoint"],
    "serving": "lists",
    "params": {
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
            "default": 20,
            "low": 2,
            "high": 100,
            "log": True,
            "tune": False,
            "help": {
                "en": "Items that are offered to be put in order.",
                "zh-hans": "提供给语言模型排序的物品数。",
            },
        },
        "history": {
            "type": "int",
            "default": 10,
            "low": 1,
            "high": 100,
            "log": True,
            "tune": False,
            "help": {
                "en": "Titles of the past that are told, the newest where times are known.",
                "zh-hans": "告知的历史标题数，有时间时取最新的。",
            },
        },
        "people": {
            "type": "int",
            "default": 200,
            "low": 1,
            "high": 100000,
            "log": True,
            "tune": False,
            "help": {
                "en": "People that are asked about, drawn at random, those with items held "
                "out for validation first. The others keep the first model's order.",
                "zh-hans": "询问的用户数，随机抽取，优先验证集中有留出物品的用户。"
                "其余用户保持第一阶段的顺序。",
            },
        },
        "weight": {
            "type": "float",
            "default": None,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "1: candidates stay in the first model's order; 0: by the answer alone. "
                "Empty: the best of 0, .1 ... 1 on validation.",
                "zh-hans": "1：保持第一阶段的顺序；0：只按回答。"
                "留空：取验证集上 0、0.1 … 1 中最好的。",
            },
        },
    },
}

NOTE = {
    "en": "The language model was asked about {asked} of {people} people ({requests} requests, "
    "{again} of them second tries); {answered} answers hold an order, {failed} never came. "
    "Dropped: {invented} entries that were not offered, {repeated} repeats. The answer counts "
    "{read:.0%} of the order.",
    "zh-hans": "就 {people} 名用户中的 {asked} 名询问了语言模型（{requests} 次请求，"
    "其中 {again} 次为重试）；{answered} 个回答含有排序，{failed} 个没有得到回答。"
    "丢弃：{invented} 个不在候选中的条目、{repeated} 个重复条目。回答在排序中占 {read:.0%}。",
}


class ZeroShot(CrossEncoder):
    """As the cross-encoder, with the places of an answer for scores; NaN where nobody was asked.

    counts_: asked, answered, failed, unread, invented, repeated, requests, again.
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
        """Fit the first model on split.train and ask; the weight is found on split.validation.

        An interrupted run asks only what it has not been told yet. Raises ValueError without any
        text, endpoint.settings.Unanswered (a ValueError) where no language model is set up, or
        where it refuses, or leaves more than half of the questions without an answer.
        """
        if split.items is None or not any(split.items.texts):
            raise ValueError("zero_shot needs the items' titles, and no item here has one")
        from training.endpoint.settings import endpoint
        from training.models.zero_shot_ask import ask

        spot = endpoint()
        self.train_, self.first_ = split.train, registry.load_model(self.params["first"])()
        first: Model = self.first_
        first.fit(split, rng=rng, progress=within(progress, 0, 15))
        self.candidates_ = candidates(self.first_, split, self.params["candidates"])
        self.first_recall_ = recall(self.candidates_, split)
        told = within(progress, 15, 95)
        self.said_, self.counts_ = ask(
            spot, split, self.candidates_, self.params, rng, told, checkpoint
        )
        given = self.params["weight"]
        choosing = within(progress, 95, 100)
        self.weight_ = self._choose(split, rng, choosing) if given is None else float(given)
        progress(100, 100, "done")
        return self

    def facts(self) -> dict[str, float]:
        """What was asked, what came back and what of it was dropped."""
        return {name: float(count) for name, count in self.counts_.items()}

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        facts = {**self.counts_, "people": self.train_.shape[0], "read": 1.0 - self.weight_}
        return [{name: text.format(**facts) for name, text in NOTE.items()}, *super().notes()]
