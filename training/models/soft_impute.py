"""The blanks of the rating matrix filled in by the simplest matrix that agrees with what is there.

Mazumder, Hastie, Tibshirani: Spectral regularization algorithms for learning large incomplete
matrices (JMLR 2010), eq. 8: singular values are pulled down by lambda. Solved by alternating ridge
regressions that never hold the filled matrix: Hastie, Mazumder, Lee, Zadeh: Matrix completion and
low-rank SVD via fast alternating least squares (JMLR 2015), algorithm 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.contract import Progress
from training.models.stars import Baseline, baseline, ratings
from training.models.threads import one_blas_thread
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "soft_impute",
    "name": {"en": "Matrix completion (soft-impute)", "zh-hans": "矩阵补全（soft-impute）"},
    "kind": "rating",
    "paper": "Mazumder, Hastie, Tibshirani: Spectral regularization algorithms for learning large "
    "incomplete matrices (JMLR 2010), eq. 8; solver: Hastie et al. (JMLR 2015), algorithm 3.1",
    "help": {
        "en": "Fills in the ratings that are missing by the simplest table that agrees with those "
        "given. What people chose not to rate is treated as missing by chance, which it seldom is: "
        "as lists it stands below popularity (demo: nDCG@10 .031 against .048).",
        "zh-hans": "用与已有评分一致的最简单的表格补全缺失的评分。"
        "用户未评分的部分被当作随机缺失，而实际上很少如此："
        "作为推荐列表不如热门推荐（演示数据 nDCG@10 为 .031 对 .048）。",
    },
    "when": {
        "en": "Predicted stars are wanted and the number of tastes should find itself: lambda "
        "decides how many are kept.",
        "zh-hans": "需要预测评分，且希望口味维数自动确定时使用：由收缩程度决定保留多少。",
    },
    "cost": {
        "en": "A few seconds for 100,000 ratings; linear in ratings x rank.",
        "zh-hans": "十万条评分约几秒；随评分数 x 秩线性增长。",
    },
    "formula": "min 1/2 sum over rated (u, i) of (r - baseline - Z_ui)^2 + lambda |Z|_*, |Z|_* = "
    "sum of its singular values",
    "needs": ["ratings"],
    "serving": "factors",
    "params": {
        "shrinkage": {
            "type": "float",
            "default": 0.4,
            "low": 0.001,
            "high": 1.0,
            "log": True,
            "tune": [0.05, 0.9],
            "help": {
                "en": "lambda, as a share of the largest singular value of the ratings' deviations "
                "from the baseline. 1: the baseline alone; lower keeps more tastes.",
                "zh-hans": "lambda 占评分与基线之差的最大奇异值的比例。1：只用基线；"
                "越低保留的口味越多。",
            },
        },
        "rank": {
            "type": "int",
            "default": 40,
            "low": 1,
            "high": 256,
            "log": True,
            "tune": False,
            "help": {
                "en": "Most tastes that may be kept; more costs time and changes nothing once "
                "lambda keeps fewer.",
                "zh-hans": "最多保留的口味数；当 lambda 保留得更少时，增大它只会增加时间。",
            },
        },
        "iterations": {
            "type": "int",
            "default": 40,
            "low": 1,
            "high": 1000,
            "log": True,
            "tune": False,
            "help": {
                "en": "Rounds at most of solving for users, then for items; it stops when nothing "
                "moves.",
                "zh-hans": "求解用户再求解物品的最多轮数；不再变化时停止。",
            },
        },
    },
}

STILL = 1e-10  # relative change of the filled matrix from which on nothing moves
USER_REG, ITEM_REG, ROUNDS = 15.0, 10.0, 10  # of the baseline, as Surprise has them


@dataclass(frozen=True)
class _Parts:
    """Z = left diag(sizes) right': left (n, r), right (m, r) orthonormal columns, sizes (r,)."""

    left: np.ndarray
    sizes: np.ndarray
    right: np.ndarray

    def turned(self) -> _Parts:
        return _Parts(self.right, self.sizes, self.left)


class SoftImpute:
    """Baseline plus the soft-thresholded completion of what it leaves, float64."""

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
        """Complete split.train. Raises ValueError when its ratings are all alike."""
        given = ratings(split.train, SPEC["id"])
        self.baseline_ = baseline(given, user_reg=USER_REG, item_reg=ITEM_REG, rounds=ROUNDS)
        rows = np.repeat(np.arange(split.n_users), np.diff(given.indptr))
        given.data -= (
            self.baseline_.mean + self.baseline_.user[rows] + self.baseline_.item[given.indices]
        )
        with one_blas_thread():
            found = self._complete(given, rng, progress)
        scale = np.sqrt(found.sizes)
        self.user_factors_, self.item_factors_ = found.left * scale, found.right * scale
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Predicted ratings, float64 (len(users), n_items), not cut to the scale."""
        taste = self.user_factors_[users] @ self.item_factors_.T
        return np.asarray(self.baseline_.rows(users) + taste)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors, user_bias, item_bias float32 (form factors)."""
        base: Baseline = self.baseline_
        return {
            "user_factors": self.user_factors_.astype(np.float32),
            "item_factors": self.item_factors_.astype(np.float32),
            "user_bias": (base.mean + base.user).astype(np.float32),
            "item_bias": base.item.astype(np.float32),
        }

    def serving_meta(self) -> dict[str, Any]:
        """The form."""
        return {"form": "factors"}

    def _complete(
        self, given: sparse.csr_matrix, rng: np.random.Generator, progress: Progress
    ) -> _Parts:
        """Z of the deviations `given`; the last step thresholds exactly."""
        rank, rounds = min(self.params["rank"], *given.shape), self.params["iterations"]
        now = _start(given, rank, rng)
        limit = self.params["shrinkage"] * now.sizes[0]
        now = _Parts(now.left, np.maximum(now.sizes - limit, 0.0), now.right)
        turned = given.T.tocsr()
        for done in range(1, rounds + 1):
            before = now
            now = _ridge(given, now, limit)
            now = _ridge(turned, now.turned(), limit).turned()
            progress(done, rounds, "iteration")
            if _moved(before, now) < STILL:
                progress(rounds, rounds, "iteration")
                break
        return _threshold(given, now, limit)


def _start(given: sparse.csr_matrix, rank: int, rng: np.random.Generator) -> _Parts:
    """Leading singular parts of the zero-filled matrix by a few rounds of subspace iteration."""
    right = np.linalg.qr(rng.standard_normal((given.shape[1], rank)))[0]
    for _ in range(12):
        left = np.linalg.qr(given @ right)[0]
        right = np.linalg.qr(given.T @ left)[0]
    small, sizes, turn = np.linalg.svd((given @ right), full_matrices=False)
    return _Parts(small, sizes, right @ turn.T)


def _left_over(given: sparse.csr_matrix, now: _Parts) -> sparse.csr_matrix:
    """Given minus Z where something is given."""
    rows = np.repeat(np.arange(given.shape[0]), np.diff(given.indptr))
    scaled = now.left * now.sizes
    guessed = np.einsum("nf,nf->n", scaled[rows], now.right[given.indices])
    return sparse.csr_matrix((given.data - guessed, given.indices, given.indptr), given.shape)


def _ridge(given: sparse.csr_matrix, now: _Parts, limit: float) -> _Parts:
    """The right side anew: ridge regression of the filled matrix on left sqrt(sizes)."""
    filled = _left_over(given, now).T @ now.left + now.right * now.sizes  # X*' U (m, r)
    # regressed on A = U sqrt(D): B = X*' A (A'A + lambda)^-1, so A B' = U (X*' U D / (D + lambda))'
    wide = filled * (now.sizes / np.maximum(now.sizes + limit, 1e-300))
    right, sizes, turn = np.linalg.svd(wide, full_matrices=False)
    return _Parts(now.left @ turn.T, sizes, right)


def _threshold(given: sparse.csr_matrix, now: _Parts, limit: float) -> _Parts:
    """Singular values of X* right, pulled down by lambda: the paper's S_lambda."""
    filled = _left_over(given, now) @ now.right + now.left * now.sizes  # X* V (n, r)
    left, sizes, turn = np.linalg.svd(filled, full_matrices=False)
    return _Parts(left, np.maximum(sizes - limit, 0.0), now.right @ turn.T)


def _moved(before: _Parts, now: _Parts) -> float:
    """|Z' - Z|^2 / |Z|^2."""
    across = (before.left.T @ now.left) * (before.right.T @ now.right)
    size = float((before.sizes**2).sum())
    apart = size + float((now.sizes**2).sum()) - 2 * float(before.sizes @ across @ now.sizes)
    return apart / max(size, 1e-300)
