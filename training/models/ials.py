"""Implicit alternating least squares: all people from all items, all items from all people.

Hu, Koren, Volinsky: Collaborative filtering for implicit feedback datasets (ICDM 2008), eq. 4:
x_u = (Y'Y + Y'(C_u - I)Y + reg_u I)^-1 Y'C_u p_u, with c = 1 + alpha r for what u took and 1 else.
reg_u by frequency: Rendle, Krichene, Zhang, Koren: Revisiting the performance of iALS on item
recommendation benchmarks (RecSys 2022). How the rows are solved stands in ials_solver.py.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.confidence import balance, hold, relative
from training.models.contract import Progress
from training.models.ials_solver import Side, improve, loss, side
from training.models.threads import one_blas_thread
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "ials",
    "name": {"en": "iALS", "zh-hans": "iALS（隐式交替最小二乘）"},
    "kind": "top-n",
    "paper": "Hu, Koren, Volinsky: Collaborative filtering for implicit feedback datasets (ICDM "
    "2008), eq. 4; Rendle, Krichene, Zhang, Koren: Revisiting the performance of iALS (2022)",
    "help": {
        "en": "Gives every person and item a short vector of tastes; what was never touched counts "
        "as a weak no. Tuned, it keeps up with far heavier models.",
        "zh-hans": "为每个用户和物品学习一个简短的口味向量；从未接触的物品算作弱的“否”。"
        "调好参数后可与复杂得多的模型相当。",
    },
    "when": {
        "en": "The default for logs of any size; new events can be folded in without training.",
        "zh-hans": "适用于任何规模日志的默认选择；新事件无需训练即可折入。",
    },
    "cost": {
        "en": "A second for 100,000 events, 13 for eight million (factors 64, 8 rounds); linear in "
        "events and factors.",
        "zh-hans": "十万条事件约 1 秒，八百万条约 13 秒（64 个因子，8 轮）；"
        "随事件数和因子数线性增长。",
    },
    "formula": "min sum over all (u, i) of c (p - x_u y_i)^2 + sum of reg_u |x_u|^2 + sum of "
    "reg_i |y_i|^2, c = 1 + alpha r, r = confidence / its mean, reg_u ~ (sum over all i of c)^f",
    "needs": [],
    "serving": "factors",
    "params": {
        "factors": {"like": "factors", "tune": [16, 128]},
        "regularization": {"like": "ridge"},
        "alpha": {"like": "alpha"},
        "frequency": {
            "type": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 1.0,
            "log": False,
            "tune": False,
            "help": {
                "en": "0 holds all vectors alike; towards 1, those of people and items with many "
                "events are held more, the others less. The mean stays.",
                "zh-hans": "0 表示对所有向量施加相同的正则化；越接近 1，"
                "事件多的用户和物品约束越强，其余越弱，平均值不变。",
            },
        },
        "iterations": {
            "type": "int",
            "default": 15,
            "low": 1,
            "high": 500,
            "log": True,
            "tune": False,
            "help": {
                "en": "Rounds of solving all people, then all items. Each one saves a checkpoint.",
                "zh-hans": "轮数：每轮先求解所有用户，再求解所有物品，并保存一个检查点。",
            },
        },
    },
}


# what is taken from the training matrix where it is left empty
RULES: dict[str, Callable[[sparse.csr_matrix], float]] = {"alpha": balance, "regularization": hold}
NOTE = {"en": "Left empty, and set from the log:", "zh-hans": "留空，由日志决定："}
FEW = 500_000  # events: below, waiting for a busy second core costs more than it gives
STEPS = 3  # of conjugate gradients in each half round


class Ials:
    """iALS by conjugate gradients from where each row stood, float32.

    Once it is fitted, params holds the alpha and regularization that were used; by_rule_: those of
    them that came from the log.
    """

    rules = RULES

    def __init__(self, **params: Any) -> None:
        self.params = fill(SPEC, params)
        self.by_rule_ = tuple(name for name in RULES if self.params[name] is None)

    def fit(
        self,
        split: Split,
        *,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Alternate on split.train; an interrupted run goes on from `checkpoint`, bit for bit.

        A checkpoint of other parameters or another log is not used.
        """
        ruled = {name: RULES[name](split.train) for name in self.by_rule_}
        self.params = self.params | ruled
        weights, mean = relative(split.train)
        self.alpha_ = self.params["alpha"] / mean  # of the confidences as the log has them
        surer = sparse.csr_matrix(
            (
                (self.params["alpha"] * weights.data).astype(np.float32),
                weights.indices,
                weights.indptr,
            ),
            shape=weights.shape,
        )
        del weights  # in double precision: a large log would be held twice
        identity = {"model": SPEC["id"], "params": self.params, "log": _mark(surer)}
        reg, often = self.params["regularization"], self.params["frequency"]
        sides = side(surer, reg, often), side(surer.T.tocsr(), reg, often)
        self.usual_ = sides[0].usual
        done = self._start(split, rng, checkpoint, identity)
        self._alternate(sides, done, rng, progress, checkpoint, identity)
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """User factors times item factors, float32 (len(users), n_items)."""
        return np.asarray(self.user_factors_[users] @ self.item_factors_.T)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors, gram = Y'Y, all float32 (form factors)."""
        gram = self.item_factors_.T @ self.item_factors_
        return {
            "user_factors": self.user_factors_,
            "item_factors": self.item_factors_,
            "gram": gram,
        }

    def serving_meta(self) -> dict[str, Any]:
        """The form and what a fold-in needs: c = 1 + alpha r with r as the log stores it, and a
        ridge of reg ((sum over all items of c) ** frequency) / usual.
        """
        reg, often = self.params["regularization"], self.params["frequency"]
        more = {"alpha": self.alpha_, "frequency": often, "usual": self.usual_}
        settled = {name: self.params[name] for name in RULES}  # alpha over the mean confidence
        return {"form": "factors", "fold_in": "ials", "reg": reg, "settled": settled, **more}

    def facts(self) -> dict[str, float]:
        """What the log called for; empty where all was given."""
        return {name: self.params[name] for name in self.by_rule_}

    def notes(self) -> list[dict[str, str]]:
        """The same in words, by language."""
        told = ", ".join(f"{name} {value:.3g}" for name, value in self.facts().items())
        return [{language: f"{text} {told}" for language, text in NOTE.items()}] if told else []

    def _start(
        self,
        split: Split,
        rng: np.random.Generator,
        checkpoint: Checkpoint | None,
        identity: dict[str, Any],
    ) -> int:
        """Iterations already done, with the factors they left; 0 with fresh small ones."""
        state = checkpoint.load() if checkpoint else None
        if state and {key: state[2].get(key) for key in identity} == identity:
            done, arrays, meta = state
            self.user_factors_ = np.array(arrays["user_factors"])
            self.item_factors_ = np.array(arrays["item_factors"])
            rng.bit_generator.state = meta["rng"]
            return done
        factors = self.params["factors"]
        # users are solved first, so only the items' start matters; 0.1 / sqrt(f) as Rendle 2021
        spread = np.float32(0.1 / np.sqrt(factors))
        self.user_factors_ = np.zeros((split.n_users, factors), dtype=np.float32)
        self.item_factors_ = spread * rng.standard_normal((split.n_items, factors), np.float32)
        self.item_factors_[np.bincount(split.train.indices, minlength=split.n_items) == 0] = 0.0
        return 0

    def _alternate(
        self,
        sides: tuple[Side, Side],
        done: int,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None,
        identity: dict[str, Any],
    ) -> None:
        users, items = self.user_factors_, self.item_factors_
        events = sum(np.count_nonzero(group.surer) for group in sides[0].groups)
        threads = 1 if events < FEW else _cores()
        total = self.params["iterations"]
        for step in range(done + 1, total + 1):
            with one_blas_thread():
                improve(users, items, sides[0], STEPS, threads=threads)
                watched = checkpoint is not None  # only for somebody to look at
                seen = improve(items, users, sides[1], STEPS, threads=threads, watched=watched)
                if checkpoint:
                    checkpoint.note(step, {"loss": loss(seen, users, items, sides)})
                    factors = {"user_factors": users, "item_factors": items}
                    checkpoint.save(step, factors, identity | {"rng": rng.bit_generator.state})
            progress(step, total, "iteration")


def _cores() -> int:
    """Cores that this process may use."""
    mine = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(mine(0)) if mine else os.cpu_count() or 1


def _mark(surer: sparse.csr_matrix) -> list[int]:
    """Shape and checksums: tells whether a checkpoint belongs to this log."""
    parts = (surer.indptr, surer.indices, surer.data)
    return [*surer.shape, *(zlib.crc32(np.ascontiguousarray(part).data) for part in parts)]
