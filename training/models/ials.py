"""Implicit alternating least squares, each row solved exactly by the library implicit.

Hu, Koren, Volinsky: Collaborative filtering for implicit feedback datasets (ICDM 2008), eq. 4:
x_u = (Y'Y + Y'(C_u - I)Y + reg I)^-1 Y'C_u p_u, with c = 1 + alpha r for what u took and 1 else.
implicit calls the stored value itself the confidence, so it is given 1 + alpha r and alpha 1.
"""

from __future__ import annotations

import zlib
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.confidence import relative
from training.models.contract import Progress
from training.models.threads import one_blas_thread
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "ials",
    "name": {"en": "iALS", "zh-hans": "iALS（隐式交替最小二乘）"},
    "kind": "top-n",
    "paper": "Hu, Koren, Volinsky: Collaborative filtering for implicit feedback datasets (ICDM "
    "2008), eq. 4; Rendle, Krichene, Zhang, Koren: Revisiting the performance of iALS (2021)",
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
        "en": "2-4 seconds for 100,000 events; linear in events, cubic in factors.",
        "zh-hans": "十万条事件 2-4 秒；随事件数线性增长，随因子数立方增长。",
    },
    "formula": "min sum over all (u, i) of c (p - x_u y_i)^2 + reg (|x|^2 + |y|^2), "
    "c = 1 + alpha r, r = confidence / its mean",
    "needs": [],
    "serving": "factors",
    "params": {
        "factors": {"like": "factors", "tune": [16, 128]},
        "regularization": {"like": "ridge"},
        "alpha": {"like": "alpha"},
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


FEW = 50_000  # events


class Ials:
    """iALS by Cholesky solves (no conjugate gradients), float32 as implicit computes."""

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
        """Alternate on split.train; an interrupted run goes on from `checkpoint`, bit for bit.

        A checkpoint of other parameters or another log is not used.
        """
        weights, mean = relative(split.train)
        self.alpha_ = self.params["alpha"] / mean  # of the confidences as the log has them
        weights.data = (1.0 + self.params["alpha"] * weights.data).astype(np.float32)
        identity = {"model": SPEC["id"], "params": self.params, "log": _mark(weights)}
        done = self._start(split, rng, checkpoint, identity)
        self._alternate(weights, done, rng, progress, checkpoint, identity)
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
        """The form and what a fold-in needs: c = 1 + alpha r with r as the log stores it."""
        reg = self.params["regularization"]
        return {"form": "factors", "fold_in": "ials", "reg": reg, "alpha": self.alpha_}

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
        return 0

    def _alternate(
        self,
        weights: sparse.csr_matrix,
        done: int,
        rng: np.random.Generator,
        progress: Progress,
        checkpoint: Checkpoint | None,
        identity: dict[str, Any],
    ) -> None:
        from implicit.als import AlternatingLeastSquares

        total = self.params["iterations"]

        def after(step: int, seconds: float, loss: float | None) -> None:
            if checkpoint:
                if loss is not None:
                    checkpoint.note(done + step + 1, {"loss": float(loss)})
                factors = {"user_factors": solver.user_factors, "item_factors": solver.item_factors}
                meta = identity | {"rng": rng.bit_generator.state}
                checkpoint.save(done + step + 1, factors, meta)
            progress(done + step + 1, total, "iteration")

        with one_blas_thread():
            solver = AlternatingLeastSquares(
                factors=self.params["factors"],
                regularization=self.params["regularization"],
                alpha=1.0,
                iterations=total - done,
                use_cg=False,
                use_gpu=False,
                # a hundredth of the solve; only for somebody to look at
                calculate_training_loss=checkpoint is not None,
                # on a small log waiting for a busy second core costs more than it gives; the
                # factors are the same, for each row is solved by one thread alone
                num_threads=1 if weights.nnz < FEW else 0,
            )
            solver.user_factors, solver.item_factors = self.user_factors_, self.item_factors_
            if done < total:
                solver.fit(weights, show_progress=False, callback=after)


def _mark(weights: sparse.csr_matrix) -> list[int]:
    """Shape and checksums: tells whether a checkpoint belongs to this log."""
    parts = (weights.indptr, weights.indices, weights.data)
    return [*weights.shape, *(zlib.crc32(part.tobytes()) for part in parts)]
