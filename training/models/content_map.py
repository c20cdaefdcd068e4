"""Item vectors of iALS where events tell them, and of the content where they do not.

The item factors of iALS are regressed on content (ridge), as in content_ridge; each item then
stands between its own factors and the predicted ones by how many people its own rest on: the
empirical-Bayes mean of Efron, Morris: Data analysis using Stein's estimator (JASA 1975), §1, with
the map of Gantner et al. (ICDM 2010), eq. 5, as the prior. New users start from the mean taste.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse

from training.models.confidence import relative
from training.models.content_ridge import ContentRidge
from training.models.contract import Progress, within
from training.models.threads import one_blas_thread
from training.registry import fill
from training.split import Split
from training.store import Checkpoint

SPEC: dict[str, Any] = {
    "id": "content_map",
    "name": {"en": "Content to factors, for the rare", "zh-hans": "内容到因子（面向冷门与新物品）"},
    "kind": "top-n",
    "paper": "Gantner et al.: Learning attribute-to-feature mappings for cold-start "
    "recommendations (ICDM 2010), eq. 5; Efron, Morris: Data analysis using Stein's estimator and "
    "its generalizations (JASA 1975), §1",
    "help": {
        "en": "iALS, in which an item that few people took leans on what its title, topics and "
        "year say, and an untouched one stands on them alone. New people start as the average.",
        "zh-hans": "在 iALS 中，少有人选的物品依靠其标题、主题和年份来定位，"
        "全新物品完全依据内容。新用户从平均口味开始。",
    },
    "when": {
        "en": "A long tail, new items and new people in one list with everything else.",
        "zh-hans": "长尾、新物品和新用户需要与其他内容出现在同一列表时使用。",
    },
    "cost": {
        "en": "Encoding the texts once (about a minute for 10,000 titles), then as iALS.",
        "zh-hans": "文本只需编码一次（一万个标题约一分钟），之后与 iALS 相同。",
    },
    "formula": "y_i = (n_i own_i + prior (b + A f_i)) / (n_i + prior), n_i = users of i; users: "
    "iALS solve towards the mean user",
    "needs": ["text"],
    "serving": "factors",
    "params": {
        "encoder": {"like": "encoder"},
        "prior": {
            "type": "float",
            "default": 5.0,
            "low": 0.01,
            "high": 10000.0,
            "log": True,
            "help": {
                "en": "How many people the content's word weighs. Higher leans on content for "
                "longer; near 0 only untouched items do.",
                "zh-hans": "内容的说法相当于多少个用户。越高则越久依靠内容；"
                "接近 0 时只有新物品依靠内容。",
            },
        },
        "ridge": {
            "type": "float",
            "default": 100.0,
            "low": 0.01,
            "high": 1000000.0,
            "log": True,
            "help": {
                "en": "Regularisation of the map. Higher brings all predicted vectors closer to "
                "the average one.",
                "zh-hans": "映射的正则化强度。越高，预测的向量越接近平均向量。",
            },
        },
        "factors": {"like": "content_factors", "tune": [16, 128]},
    },
}

BLOCK = 512  # users from one word of progress to the next


class ContentMap:
    """Factors of both sides, float32; users are solved once more against the mended items."""

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
        """Train iALS on split.train, then the map. Raises ValueError without usable content."""
        content = ContentRidge(ridge=self.params["ridge"], factors=self.params["factors"])
        content.fit(split, rng=rng, progress=within(progress, 0, 90), checkpoint=checkpoint)
        own, mapped = content.tastes_.item_factors_, content.item_factors_
        taken = np.bincount(split.train.indices, minlength=split.n_items)[:, None]
        share = (taken / (taken + self.params["prior"])).astype(np.float32)
        self.item_factors_ = share * own + (1 - share) * mapped
        self.meta_ = content.tastes_.serving_meta()
        known = np.diff(split.train.indptr) > 0
        users = content.tastes_.user_factors_
        self.prior_ = users[known].mean(axis=0) if known.any() else users.mean(axis=0)
        with one_blas_thread():
            self.user_factors_ = self._solved(split.train, within(progress, 90, 100))
        self.known_ = known
        return self

    def scores(self, users: np.ndarray) -> np.ndarray:
        """User factors times item factors, float32; a user without events is the mean user."""
        return np.asarray(self.user_factors_[users] @ self.item_factors_.T)

    def serving(self) -> dict[str, np.ndarray]:
        """user_factors, item_factors, gram, user_prior (d,), float32 (form factors).

        A user without events has zeros: whoever serves it takes user_prior and says so.
        """
        items = self.item_factors_
        users = np.where(self.known_[:, None], self.user_factors_, np.float32(0.0))
        gram = items.T @ items
        named = {"user_factors": users, "item_factors": items, "gram": gram}
        return named | {"user_prior": self.prior_}

    def serving_meta(self) -> dict[str, Any]:
        """The form, and what a fold-in needs."""
        return self.meta_

    def _solved(self, train: sparse.csr_matrix, progress: Progress) -> np.ndarray:
        """User factors (n_users, d) by the iALS row solve towards the mean user.

        x = (Y'Y + Y'(C - I) Y + reg I)^-1 (Y'C p + reg mean), c = 1 + alpha r. Without any event
        x is the mean: who was never here has not turned anything down either.
        """
        weights, _ = relative(train)
        mean = float(train.data.mean(dtype=np.float64)) if train.nnz else 1.0
        reg, alpha = float(self.meta_["reg"]), float(self.meta_["alpha"]) * mean
        items = self.item_factors_.astype(np.float64)
        fixed = items.T @ items + reg * np.eye(items.shape[1])
        found = np.tile(self.prior_, (train.shape[0], 1))
        for user in range(train.shape[0]):
            at = slice(train.indptr[user], train.indptr[user + 1])
            mine, surer = items[train.indices[at]], alpha * weights.data[at]
            left = fixed + (mine * surer[:, None]).T @ mine
            right = mine.T @ (1.0 + surer) + reg * self.prior_
            if len(mine):
                found[user] = np.linalg.solve(left, right)
            if user % BLOCK == BLOCK - 1 or user == train.shape[0] - 1:
                progress(user + 1, train.shape[0], "iteration")
        return found
