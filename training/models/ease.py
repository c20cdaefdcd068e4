"""One linear model from all items to each item, solved in closed form.

Steck: Embarrassingly shallow autoencoders for sparse data (WWW 2019), eq. 8:
B = I - P diag(P)^-1 with P = (X'X + l2 I)^-1, so that diag(B) = 0. With fewer users than items the
same P comes from the smaller M = X X' + l2 I by Woodbury: P = (I - X' M^-1 X) / l2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from scipy import linalg, sparse

from training.models.confidence import recent, relative
from training.models.contract import Progress
from training.models.serving_forms import BLOCK, item_item
from training.models.threads import one_blas_thread
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "ease",
    "name": {"en": "EASE", "zh-hans": "EASE（浅层线性自编码器）"},
    "kind": "top-n",
    "paper": "Steck: Embarrassingly shallow autoencoders for sparse data (WWW 2019), eq. 8",
    "help": {
        "en": "Learns for each item how much every other item speaks for or against it. One exact "
        "answer, one knob, and among the most accurate on small and middle-sized logs.",
        "zh-hans": "为每个物品学习其他物品对它的支持或反对程度。只有一个精确解和一个旋钮，"
        "在中小规模日志上属于最准确的模型。",
    },
    "when": {
        "en": "The first choice up to about 20,000 items or 20,000 users, whichever is fewer.",
        "zh-hans": "用户数或物品数中较小者不超过约 20,000 时的首选。",
    },
    "cost": {
        "en": "1-2 seconds for 100,000 events; grows with the cube of the smaller of users and "
        "items.",
        "zh-hans": "十万条事件 1-2 秒；随用户数与物品数中较小者的立方增长。",
    },
    "formula": "B = I - P / diag(P), P = (X'X + l2 I)^-1; score(u) = x_u B",
    "needs": [],
    "serving": "item-item",
    "params": {
        "l2": {
            "type": "float",
            "default": 300.0,
            "low": 1.0,
            "high": 10000000.0,
            "log": True,
            "help": {
                "en": "Regularisation. Higher trusts only pairs of items that many people share.",
                "zh-hans": "正则化强度。越高则只相信许多人共同选择的物品对。",
            },
        },
        "recency": {"like": "recency"},
        "solver": {
            "type": "choice",
            "default": "auto",
            "choices": ["auto", "primal", "dual"],
            "tune": False,
            "help": {
                "en": "primal inverts items x items, dual users x users; auto takes the smaller. "
                "The scores are the same.",
                "zh-hans": "primal 求物品 x 物品矩阵的逆，dual 求用户 x 用户矩阵的逆；"
                "auto 取较小者。得分相同。",
            },
        },
    },
}

LARGEST = 30_000  # rows of the matrix to invert: 7.2 GB in float64


class Ease:
    """EASE in float64, for near-equal scores must not become ties."""

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
        """Solve for split.train. Raises ValueError when the log is too wide or recency needs times.

        Keeps inverse_ (n, n), n = users (dual) or items (primal), and scale_ = diag(P) (n_items,).
        """
        self.log_, _ = relative(split.train)
        self.history_ = recent(self.log_, split, self.params["recency"])
        self.dual_ = self._is_dual()
        progress(0, 3, "gram")
        with one_blas_thread():
            gram = self.log_ @ self.log_.T if self.dual_ else self.log_.T @ self.log_
            dense = gram.toarray()
            dense[np.diag_indices_from(dense)] += self.params["l2"]
            progress(1, 3, "invert")
            self.inverse_ = _inverse(dense)
            progress(2, 3, "weights")
            self.scale_ = self._diagonal()
        progress(3, 3, "done")
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """History times B, float64 (len(users), n_items)."""
        return self._through(self.history_[users])

    def serving(self) -> dict[str, np.ndarray]:
        """Strongest weights of each item (form item-item)."""
        return item_item(self._rows(), self.log_.shape[1])

    def serving_meta(self) -> dict[str, Any]:
        """The form and the recency that weighs a history."""
        return {"form": "item-item", "recency": self.params["recency"]}

    def _is_dual(self) -> bool:
        users, items = self.log_.shape
        solver = self.params["solver"]
        dual = users < items if solver == "auto" else solver == "dual"
        size = users if dual else items
        if size > LARGEST:
            raise ValueError(
                f"EASE would invert a matrix of {size} x {size} (at most {LARGEST}); "
                "use ials for a log of this size"
            )
        return dual

    def _diagonal(self) -> np.ndarray:
        """diag(P) (n_items,): dual (1 - x_i' M^-1 x_i) / l2."""
        if not self.dual_:
            return np.diagonal(self.inverse_).copy()
        columns = self.log_.T.tocsr()
        fit = np.empty(columns.shape[0])
        for start in range(0, len(fit), BLOCK):
            part = columns[start : start + BLOCK]
            own = part.multiply(part @ self.inverse_).sum(axis=1)
            fit[start : start + BLOCK] = np.asarray(own).ravel()
        return np.asarray((1.0 - fit) / self.params["l2"])

    def _through(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Dense rows @ B (m, n_items), B itself never held: h B = h - (h P) / diag(P)."""
        if self.dual_:
            inner = (rows @ self.log_.T).toarray() @ self.inverse_  # (m, n_users)
            # (sparse.T @ dense.T).T: scipy multiplies sparse from the left without a copy
            through = (rows.toarray() - (self.log_.T @ inner.T).T) / self.params["l2"]
        else:
            through = rows @ self.inverse_
        return np.asarray(rows.toarray() - through / self.scale_)

    def _rows(self) -> Iterator[np.ndarray]:
        """Rows of B in blocks, with its zero diagonal exactly zero."""
        n_items = self.log_.shape[1]
        identity = sparse.identity(n_items, format="csr")
        for start in range(0, n_items, BLOCK):
            rows = self._through(identity[start : start + BLOCK])
            rows[np.arange(len(rows)), np.arange(start, start + len(rows))] = 0.0
            yield rows


def _inverse(dense: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric positive definite matrix, which is overwritten."""
    factor, _ = linalg.lapack.dpotrf(dense, lower=1, overwrite_a=1)
    inverse, failed = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError("the matrix of EASE cannot be inverted; raise l2")
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(inverse, -1).T)
