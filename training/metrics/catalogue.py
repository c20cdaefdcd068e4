"""What the measures must know of the catalogue, all of it from train and the item table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HEAD_SHARE = 0.8  # the head: fewest most popular items that hold this share of the training pairs


@dataclass(frozen=True)
class Catalogue:
    """Facts of the items. shares: csr (n_items, n_topics), p(topic | item), or None."""

    n_items: int
    surprise: Floats  # (n_items,) bits: log2(|U| / |U_i|)
    rarity: Floats  # (n_items,) 1 - |U_i| / |U|
    tail: npt.NDArray[np.bool_]  # (n_items,)
    shares: Any
    n_topics: int  # topics that at least one item carries

    @staticmethod
    def of(train: Any, topics: Any = None) -> Catalogue:
        """From train csr (n_users, n_items) and topics csr (n_items, n_topics) multi-hot.

        U_i = users of i in train, U = users with anything in train. An item that nobody took
        counts as taken by one user, so that surprise stays finite.
        """
        takers = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float64)
        n_users = max(int((np.diff(train.indptr) > 0).sum()), 1)
        shares, n_topics = topic_shares(topics)
        return Catalogue(
            n_items=int(train.shape[1]),
            surprise=np.log2(n_users / np.maximum(takers, 1.0)),
            rarity=1.0 - takers / n_users,
            tail=long_tail(takers),
            shares=shares,
            n_topics=n_topics,
        )

    def profiles(self, history: Any) -> Floats:
        """p(topic | user) of Steck 2018: mean of p(topic | item), weighted by confidence.

        history: csr (m, n_items) -> (m, n_topics); a user without any topic has a row of zeros.
        """
        sums = (history @ self.shares).toarray().astype(np.float64)
        total = sums.sum(axis=1, keepdims=True)
        return np.asarray(sums / np.where(total > 0, total, 1.0))


def topic_shares(topics: Any) -> tuple[Any, int]:
    """Rows of topics divided by their sum, and how many topics any item carries; None without."""
    if topics is None or not topics.nnz:
        return None, 0
    from scipy.sparse import diags

    binary = topics.astype(np.float64).tocsr(copy=True)
    binary.eliminate_zeros()
    binary.data[:] = 1.0
    degree = np.diff(binary.indptr)
    shares = (diags(1.0 / np.maximum(degree, 1)) @ binary).tocsr()
    return shares, len(np.unique(binary.indices))


def long_tail(takers: Floats) -> npt.NDArray[np.bool_]:
    """True for items outside the head. takers: (n_items,) -> (n_items,). Ties: lower code first."""
    order = np.argsort(-takers, kind="stable")
    before = np.cumsum(takers[order]) - takers[order]
    tail = np.empty(len(takers), np.bool_)
    tail[order] = before >= HEAD_SHARE * takers.sum()
    return tail


def exposure(lists: npt.NDArray[np.int32], n_items: int) -> npt.NDArray[np.int64]:
    """How often each item is listed. lists: any shape, -1 = padding -> (n_items,)."""
    return np.bincount(lists.ravel() + 1, minlength=n_items + 1)[1:]


def coverage(counts: npt.NDArray[np.int64]) -> float:
    """Share of the whole catalogue that somebody was shown: 0..1, higher = more of it."""
    return float((counts > 0).mean()) if len(counts) else float("nan")


def gini(counts: npt.NDArray[np.int64]) -> float:
    """Inequality of exposure over all items, also those never shown.

    0 = all items equally often, (n - 1) / n = one item only; lower is better; NaN when nothing
    was shown.
    """
    n, total = len(counts), counts.sum()
    if not total:
        return float("nan")
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float((ranks * np.sort(counts)).sum() / (n * total))
