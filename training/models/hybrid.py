"""Behaviour and content in one score: what people did where it is known, what it is where not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from training.models.content_ridge import ContentRidge
from training.models.contract import Progress, within
from training.models.ease import Ease
from training.models.fusion import gains, standard
from training.models.ials import Ials
from training.models.serving_forms import lists
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "hybrid",
    "name": {"en": "Hybrid of behaviour and content", "zh-hans": "行为与内容的混合"},
    "kind": "top-n",
    "paper": "Burke: Hybrid recommender systems (UMUAI 2002), §3.1 weighted",
    "help": {
        "en": "Adds the scores of a behaviour model and of the content model after bringing both "
        "to one scale. Items without events are ranked by content alone.",
        "zh-hans": "把行为模型和内容模型的得分统一尺度后相加。没有事件的物品只按内容排序。",
    },
    "when": {
        "en": "New items arrive, yet most of the list should come from behaviour.",
        "zh-hans": "有新物品加入，但列表主要仍应来自行为时使用。",
    },
    "cost": {
        "en": "The sum of its two models, and one pass over the validation part for the weight.",
        "zh-hans": "两个模型成本之和，外加为确定权重扫描一遍验证集。",
    },
    "formula": "score = w z(behaviour) + (1 - w) z(content); without events: z(behaviour) is "
    "what z(content) predicts, r z(content), r = their correlation over the other items",
    "needs": ["text"],
    "serving": "lists",
    "params": {
        "encoder": {"like": "encoder"},
        "base": {
            "type": "choice",
            "default": "ials",
            "choices": ["ials", "ease"],
            "help": {
                "en": "The behaviour model. ials costs nothing more: the content model has it.",
                "zh-hans": "行为模型。选 ials 不增加成本，因为内容模型已包含它。",
            },
        },
        "weight": {
            "type": "float",
            "default": None,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "1: by behaviour alone; 0: by content alone. Empty: the best of 0, .1 ... 1 "
                "on validation.",
                "zh-hans": "1：只看行为；0：只看内容。留空：取验证集上 0、0.1 … 1 中最好的。",
            },
        },
        "ridge": {
            "type": "float",
            "default": 100.0,
            "low": 0.01,
            "high": 1000000.0,
            "log": True,
            "help": {
                "en": "Regularisation of the content model.",
                "zh-hans": "内容模型的正则化强度。",
            },
        },
    },
}

NOTES = {
    "found": {
        "en": "Behaviour counts {behaviour:.0%} and content {content:.0%}, found on validation.",
        "zh-hans": "行为占 {behaviour:.0%}，内容占 {content:.0%}（在验证集上求得）。",
    },
    "given": {
        "en": "Behaviour counts {behaviour:.0%} and content {content:.0%}, as given.",
        "zh-hans": "行为占 {behaviour:.0%}，内容占 {content:.0%}（按给定值）。",
    },
}
GRID = np.arange(11) / 10
LEAST = 0.01  # agreement that keeps items without events in the order of their content


class Hybrid:
    """z-score fusion; `weight_` is the one in use."""

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
        """Fit both models on split.train and, when not given, the weight on split.validation."""
        content = ContentRidge(ridge=self.params["ridge"])
        content.fit(split, rng=rng, progress=within(progress, 0, 70), checkpoint=checkpoint)
        self.content_ = content
        # iALS is inside the content model already: the same one serves as base
        self.base_: Ease | Ials = content.tastes_
        if self.params["base"] == "ease":
            self.base_ = Ease().fit(split, rng=rng, progress=within(progress, 70, 85))
        self.train_ = split.train
        self.known_ = np.bincount(split.train.indices, minlength=split.n_items) > 0
        given = self.params["weight"]
        choosing = within(progress, 85, 100)
        self.weight_ = self._choose(split, rng, choosing) if given is None else float(given)
        progress(100, 100, "done")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Fused z-scores, float64 (len(users), n_items)."""
        return self._fused(*self._parts(users), self.weight_)

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form and the weight in use."""
        return {"form": "lists", "n_items": self.train_.shape[1], "weight": self.weight_}

    def facts(self) -> dict[str, float]:
        """What behaviour counts, the rest is content; empty where that was given."""
        return {"weight": self.weight_} if self.params["weight"] is None else {}

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        parts = {"behaviour": self.weight_, "content": 1.0 - self.weight_}
        said = NOTES["found" if self.params["weight"] is None else "given"]
        return [{language: text.format(**parts) for language, text in said.items()}]

    def _parts(self, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """z-scores (m, n_items) of behaviour (over items with events) and content (over all)."""
        base = self.base_.scores(users).astype(np.float64)
        content = self.content_.scores(users).astype(np.float64)
        base = standard(base, base[:, self.known_])
        content = standard(content, content)
        # without events z(content) in full would beat most items that have some: an unknown
        # z(behaviour) is only expected to be the share of z(content) that carries over
        carried = _agreement(base[:, self.known_], content[:, self.known_])
        return np.where(self.known_, base, carried * content), content

    def _fused(self, base: np.ndarray, content: np.ndarray, weight: float) -> np.ndarray:
        return np.asarray(weight * base + (1.0 - weight) * content)

    def _choose(self, split: Split, rng: np.random.Generator, progress: Progress) -> float:
        """The GRID weight with the best NDCG@10 on validation; ties: the one nearest behaviour."""

        def each(users: np.ndarray) -> Iterator[np.ndarray]:
            base, content = self._parts(users)
            return (self._fused(base, content, weight) for weight in GRID)

        gained = gains(each, len(GRID), split, rng, progress)
        if gained is None:
            return 1.0  # nothing to choose by (a final refit on the whole log gives the weight)
        return float(GRID[np.flatnonzero(gained == gained.max())[-1]])


def _agreement(base: np.ndarray, content: np.ndarray) -> np.ndarray:
    """Correlation of the two scores per row (m, 1), at least LEAST."""
    base, content = standard(base, base), standard(content, content)
    return np.asarray(np.maximum((base * content).mean(axis=1, keepdims=True), LEAST))
