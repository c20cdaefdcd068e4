"""Biased factorisation whose people start where few ratings lead far: a meta-learned start.

Lee et al.: MeLU, meta-learned user preference estimator for cold-start recommendation (KDD 2019),
§3, with the decision layer alone adapted (ANIL): items are those of biased factorisation. Beside
it, on people whom neither has seen, stands what it has to beat: the prior mean of empirical Bayes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.contract import Progress, within
from training.models.fewshot import curve, judged
from training.models.meta_start import SHOTS, Start, adapt, learn, told
from training.models.prior_mf import Prior, PriorMF, posterior
from training.models.stars import Baseline
from training.models.threads import one_blas_thread
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "meta_mf",
    "class": "MetaMF",
    "name": {"en": "Biased MF, meta-learned start", "zh-hans": "元学习起点的矩阵分解"},
    "kind": "rating",
    "paper": "Lee et al.: MeLU (KDD 2019), §3; Raghu et al.: Rapid learning or feature reuse? "
    "(ICLR 2020); Li et al.: Meta-SGD (2017), eq. 2",
    "help": {
        "en": "Practises on people whose ratings are known: from which start, and by how large "
        "steps, do their first few ratings lead to the rest? New people begin there. Each run says "
        "how far it gets after 0, 1, 2, 5 and 10 ratings, beside the prior mean and no prior. As "
        "lists it stands below popularity (demo: nDCG@10 .038 against .048).",
        "zh-hans": "在评分已知的用户上练习：从哪个起点、以多大步长，能由前几条评分推到其余评分？"
        "新用户即从该起点开始。每次运行都会说明 0、1、2、5、10 条评分之后的误差，"
        "并与先验均值和无先验比较。作为列表不及热门推荐（演示数据 nDCG@10：.038 对 .048）。",
    },
    "when": {
        "en": "To see whether meta-learning pays on your data. On the demo’s it does not: after 0, "
        "1, 2, 5, 10 ratings RMSE 1.017, 1.005, .980, .958, .938, from the prior mean 1.016, "
        "1.009, .978, .957, .933, without a prior 1.025, 1.011, .998, .975, .955 (three draws of "
        "67 people). Over all ratings .909: biased MF .903, “prior_mf” .923.",
        "zh-hans": "想知道元学习在您的数据上是否值得时使用。演示数据上并不值得："
        "0、1、2、5、10 条评分后 RMSE 为 1.017、1.005、.980、.958、.938，"
        "从先验均值出发为 1.016、1.009、.978、.957、.933，"
        "无先验为 1.025、1.011、.998、.975、.955（三次各抽 67 名用户）。"
        "全部评分上为 .909：带偏置的矩阵分解 .903，prior_mf .923。",
    },
    "cost": {
        "en": "Four to six times biased MF, half of it for the comparison.",
        "zh-hans": "约为带偏置的矩阵分解的四到六倍，其中一半用于比较。",
    },
    "formula": "x <- x - rate * (Z'Z x - Z'r) / (n + doubt), `steps` times from `mean`; mean, rate "
    "and doubt minimise the squared error on a person's other ratings; z_i = [y_i, 1]",
    "needs": ["ratings"],
    "serving": "factors",
    "params": {
        "factors": {"like": "factors", "default": 16, "high": 256},
        "regularization": {"like": "rated_regularization"},
        "bias_regularization": {"like": "rated_bias_regularization"},
        "iterations": {"like": "iterations"},
        "rounds": {
            "type": "int",
            "default": 5,
            "low": 1,
            "high": 200,
            "log": True,
            "tune": False,
            "help": {
                "en": "Rounds of EM for the prior that practice begins from.",
                "zh-hans": "作为练习起点的先验所用的 EM 轮数。",
            },
        },
        "steps": {
            "type": "int",
            "default": 5,
            "low": 1,
            "high": 50,
            "log": True,
            "tune": [1, 20],
            "help": {
                "en": "Steps downhill that a person's own ratings are given.",
                "zh-hans": "用户自己的评分所走的下降步数。",
            },
        },
        "practice": {
            "type": "int",
            "default": 30,
            "low": 0,
            "high": 1000,
            "log": False,
            "tune": False,
            "help": {
                "en": "Epochs of practice. 0: the prior mean and one usual step length.",
                "zh-hans": "练习轮数。0：使用先验均值和统一的步长。",
            },
        },
    },
}

PEOPLE = 256  # adapted together: each holds a square of the factors
NAMES = {"meta": ("meta-learned start", "元学习起点"), "prior": ("prior mean", "先验均值"),
         "none": ("no prior", "无先验")}  # fmt: skip


class MetaMF(PriorMF):
    """Factors and biases of both sides, float64; people are adapted to their own ratings."""

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
        """Items, prior and start from all of split.train; then the curve, learnt without those
        whom it judges. Raises ValueError when the ratings are all alike.
        """
        self._learnt(split, rng, within(progress, 0, 50), checkpoint)
        self.curve_ = self._curve(split, rng, within(progress, 50, 100))
        progress(100, 100, "done")
        return self

    def facts(self) -> dict[str, float]:
        """Error after so many ratings, by way: "meta_5" and so on; empty without enough people."""
        return {
            f"{way}_{shots}": error
            for way, errors in self.curve_.items()
            for shots, error in zip(SHOTS, errors, strict=True)
        }

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        if not self.curve_:
            return []
        shots = ", ".join(map(str, SHOTS))
        told = [
            "; ".join(
                f"{NAMES[way][zh]} " + ", ".join(f"{error:.3f}" for error in errors)
                for way, errors in self.curve_.items()
            )
            for zh in (False, True)
        ]
        return [
            {
                "en": f"RMSE on the other ratings of {self.judged_} people whom nothing was learnt "
                f"from, after {shots} of their own: {told[0]}.",
                "zh-hans": f"对 {self.judged_} 名未参与学习的用户，给出 {shots} 条评分后，"
                f"其余评分的 RMSE：{told[1]}。",
            }
        ]

    def _learnt(
        self,
        split: Split,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None,
    ) -> tuple[sparse.csr_matrix, np.ndarray]:
        """(ratings without mean and item bias, items' z): and the start, and everybody's taste."""
        super().fit(split, rng=rng, progress=within(progress, 0, 50), checkpoint=checkpoint)
        rows = np.column_stack([self.item_factors_, np.ones(split.n_items)])
        base, d = self.baseline_, self.item_factors_.shape[1] + 1
        given = sparse.csr_matrix(split.train, dtype=np.float64, copy=True)
        given.data -= base.mean + base.item[given.indices]
        # the usual step: half of what a square as curved as the average one would allow
        usual = 0.5 / max(float((rows**2).sum(axis=1).mean()), 1e-12)
        first = Start(self.prior_.mean, np.full(d, usual), 1.0)
        epochs = self.params["practice"]
        report = within(progress, 50, 100)
        with one_blas_thread():
            self.start_, self.risk_ = learn(
                given, rows, first, steps=self.params["steps"], epochs=epochs, rng=rng,
                report=lambda done: report(done, epochs, "epoch"),
            )  # fmt: skip
            tastes = np.concatenate(
                [
                    adapt(
                        self.start_, told(given[some : some + PEOPLE], rows), self.params["steps"]
                    )
                    for some in range(0, split.n_users, PEOPLE)
                ]
            )
        self.user_factors_ = tastes[:, :-1]
        self.baseline_ = Baseline(base.mean, tastes[:, -1], base.item)
        return given, rows

    def _curve(
        self, split: Split, rng: np.random.Generator, progress: Progress
    ) -> dict[str, list[float]]:
        people = judged(split.train, rng)
        self.judged_ = len(people)
        if not len(people):
            return {}
        kept = np.ones(split.n_users)
        kept[people] = 0.0
        others = sparse.csr_matrix(sparse.diags(kept) @ split.train)
        others.eliminate_zeros()
        made = MetaMF(**self.params)
        _, rows = made._learnt(replace(split, train=others), rng, progress, None)
        asked = sparse.csr_matrix(split.train[people], dtype=np.float64, copy=True)
        asked.data -= made.baseline_.mean + made.baseline_.item[asked.indices]
        penalty = np.full(rows.shape[1], float(self.params["regularization"]))
        penalty[-1] = self.params["bias_regularization"]
        bare = Prior(np.zeros(len(penalty)), np.diag(1.0 / penalty), 1.0)
        steps = self.params["steps"]
        ways = {
            "meta": lambda support: adapt(made.start_, told(support, rows), steps),
            "prior": lambda support: posterior(support, rows, made.prior_),
            "none": lambda support: posterior(support, rows, bare),
        }
        return curve(ways, asked, rows, rng)
