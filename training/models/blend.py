"""Two or three models in one score, by z-scores or by reciprocal ranks, with learnt weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from training import registry
from training.models.contract import Model, Progress, within
from training.models.fusion import gains, ranks, standard
from training.models.serving_forms import lists
from training.models.stacking import stacked
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "blend",
    "name": {"en": "Blend of models", "zh-hans": "多模型融合"},
    "kind": "top-n",
    "paper": "Fox, Shaw: Combination of multiple searches (TREC 1993), CombSUM, on z-scores; "
    "Cormack, Clarke, Buettcher: Reciprocal rank fusion outperforms Condorcet (SIGIR 2009), eq. 1; "
    "logistic: Wolpert: Stacked generalization (1992)",
    "help": {
        "en": "Lets two or three models vote. What each is worth is found on validation, so that a "
        "useless one gets nothing.",
        "zh-hans": "让两到三个模型共同投票。各自的权重由验证集确定，没有用处的模型权重为零。",
    },
    "when": {
        "en": "The last percent of accuracy, once single models are tuned. For content beside "
        "behaviour take “hybrid”.",
        "zh-hans": "单个模型已调好、还想再提高一点准确度时使用。内容与行为结合请用“hybrid”。",
    },
    "cost": {
        "en": "The sum of its models, and one pass over the validation part for the weights.",
        "zh-hans": "各模型成本之和，外加为确定权重扫描一遍验证集。",
    },
    "formula": "zscore: sum of w_m z_m(u, i); rrf: sum of w_m / (60 + rank_m(u, i)); weights sum "
    "to 1",
    "needs": [],
    "serving": "lists",
    "params": {
        "first": {
            "type": "choice",
            "default": "ease",
            "choices": ["ease", "ials", "itemknn", "userknn", "rp3beta", "puresvd", "markov"],
            "tune": False,
            "help": {
                "en": "The first model, with its usual settings. markov needs times and a split "
                "that is not random.",
                "zh-hans": "第一个模型，使用其常用设置。markov 需要时间，且划分不能是随机的。",
            },
        },
        "second": {
            "type": "choice",
            "default": "ials",
            "choices": ["ials", "ease", "itemknn", "userknn", "rp3beta", "puresvd", "markov"],
            "tune": False,
            "help": {"en": "The second model.", "zh-hans": "第二个模型。"},
        },
        "third": {
            "type": "choice",
            "default": "none",
            "choices": [
                "none",
                "itemknn",
                "userknn",
                "rp3beta",
                "puresvd",
                "ials",
                "ease",
                "markov",
                "pop",
            ],
            "tune": False,
            "help": {"en": "A third one, or none.", "zh-hans": "第三个模型，或不使用。"},
        },
        "method": {
            "type": "choice",
            "default": "zscore",
            "choices": ["zscore", "rrf"],
            "help": {
                "en": "zscore: how far above average each model puts an item; rrf: only its place "
                "in each list, whatever the scores are.",
                "zh-hans": "zscore：各模型对物品的评价高出平均多少；rrf：只看在各列表中的名次。",
            },
        },
        "learn": {
            "type": "choice",
            "default": "grid",
            "choices": ["grid", "logistic"],
            "tune": False,
            "help": {
                "en": "How empty weights are found on validation. grid: by nDCG@10 over tenths; "
                "logistic: stacking, a logistic regression of what was taken.",
                "zh-hans": "留空的权重如何在验证集上确定。grid：按十分之一档搜索 nDCG@10;"
                "logistic：堆叠，即对是否选择做逻辑回归。",
            },
        },
        "weight": {
            "type": "float",
            "default": None,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "1: the first model alone; 0: the others alone. Empty: the best of 0, .1 ... "
                "1 on validation.",
                "zh-hans": "1：只用第一个模型；0：只用其他模型。"
                "留空：取验证集上 0、0.1 … 1 中最好的。",
            },
        },
        "share": {
            "type": "float",
            "default": None,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "help": {
                "en": "Of what is left: 1 to the second model, 0 to the third. Empty: the best "
                "quarter on validation.",
                "zh-hans": "剩余权重的分配：1 全给第二个，0 全给第三个。"
                "留空：取验证集上最好的四分之一档。",
            },
        },
    },
}

NOTES = {
    "found": {
        "en": "What each model counts, found on validation: {told}.",
        "zh-hans": "各模型的权重（在验证集上求得）：{told}。",
    },
    "given": {"en": "What each model counts, as given: {told}.",
              "zh-hans": "各模型的权重（按给定值）：{told}。"},
}  # fmt: skip
TENTHS, QUARTERS = tuple(range(11)), (4, 3, 2, 1, 0)
CUSHION = 60.0  # of reciprocal ranks, as the paper found it


class Blend:
    """`weights_` (models,) are those in use and sum to 1."""

    def __init__(self, **params: Any) -> None:
        self.params = fill(SPEC, params)
        named = [self.params[place] for place in ("first", "second", "third")]
        self.names = list(dict.fromkeys(name for name in named if name != "none"))

    def fit(
        self,
        split: Split,
        *,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Fit the models on split.train and, when not given, the weights on split.validation.

        Raises ValueError when the same model is named twice, and what a model refuses.
        """
        if len(self.names) < 2 or self.params["third"] in self.names[:2]:
            raise ValueError(
                f"a blend needs different models, got {self.params['first']}, "
                f"{self.params['second']} and {self.params['third']}"
            )
        self.train_, n = split.train, len(self.names)
        self.known_ = np.bincount(split.train.indices, minlength=split.n_items) > 0
        self.models_: list[Model] = []
        for place, name in enumerate(self.names):
            share = within(progress, 90 * place // n, 90 * (place + 1) // n)
            made: Model = registry.load_model(name)()
            self.models_.append(made.fit(split, rng=rng, progress=share))
        self.weight_, self.share_ = self._choose(split, rng, within(progress, 90, 100))
        self.weights_ = self._weights(self.weight_, self.share_)
        progress(100, 100, "done")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Fused scores, float64 (len(users), n_items)."""
        return self._fused(self._parts(users), self.weights_)

    def serving(self) -> dict[str, np.ndarray]:
        """Stored lists (form lists)."""
        return lists(self.scores, self.train_)

    def serving_meta(self) -> dict[str, Any]:
        """The form, and the weights that a refit keeps."""
        chosen = {"weight": self.weight_, "share": self.share_}
        return {"form": "lists", "n_items": self.train_.shape[1]} | chosen

    def facts(self) -> dict[str, float]:
        """What each model counts, together 1; empty where all was given."""
        if self._settled():
            return {}
        named = zip(self.names, self.weights_, strict=True)
        return {f"weight_{name}": float(weight) for name, weight in named}

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        named = zip(self.names, self.weights_, strict=True)
        told = ", ".join(f"{name} {weight:.1%}" for name, weight in named)
        said = NOTES["given" if self._settled() else "found"]
        return [{language: text.format(told=told) for language, text in said.items()}]

    def _settled(self) -> bool:
        weight, share = self.params["weight"], self.params["share"]
        return weight is not None and (len(self.names) == 2 or share is not None)

    def _parts(self, users: np.ndarray) -> list[np.ndarray]:
        """What each model says (m, n_items) on the common scale, higher is better."""
        found = []
        for made in self.models_:
            scores = np.array(made.scores(users), dtype=np.float64)
            if self.params["method"] == "zscore":
                found.append(standard(scores, scores[:, self.known_]))
                continue
            scores[self.train_[users].nonzero()] = -np.inf  # places among what may be recommended
            found.append(1.0 / (CUSHION + ranks(scores)))
        return found

    def _fused(self, parts: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
        return np.asarray(sum(w * part for w, part in zip(weights, parts, strict=True)))

    def _weights(self, weight: float, share: float) -> np.ndarray:
        left = 1.0 - weight
        if len(self.names) == 2:
            return np.array([weight, left])
        return np.array([weight, left * share, left * (1.0 - share)])

    def _choose(
        self, split: Split, rng: np.random.Generator, progress: Progress
    ) -> tuple[float, float]:
        """(weight, share) by NDCG@10 on validation (ties: the first in the grid) or by stacking.

        Without validation (a refit keeps what was chosen): alike for all.
        """
        weight, share = self.params["weight"], self.params["share"]
        tried = [weight] if weight is not None else [tenth / 10 for tenth in TENTHS]
        shares = [share] if share is not None else [quarter / 4 for quarter in QUARTERS]
        grid = [(w, s) for w in tried for s in (shares if len(self.names) == 3 else [1.0])]
        if len(grid) == 1:
            return grid[0]
        if self.params["learn"] == "logistic" and weight is None and share is None:
            worth = stacked(self._parts, len(self.names), split, rng, progress)
            if worth is not None:
                left = 1.0 - worth[0]
                return float(worth[0]), min(float(worth[1] / left), 1.0) if left > 0 else 1.0

        def each(users: np.ndarray) -> Iterator[np.ndarray]:
            parts = self._parts(users)
            return (self._fused(parts, self._weights(w, s)) for w, s in grid)

        gained = gains(each, len(grid), split, rng, progress)
        if gained is None:
            n = len(self.names)
            return (1 / n if weight is None else weight), (0.5 if n == 3 else 1.0)
        return grid[int(np.argmax(gained))]
