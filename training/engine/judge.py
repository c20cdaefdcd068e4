"""How good a model is after an epoch: NDCG@10 of validation users, as the pages define it."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.engine.task import Scorer
from training.metrics.accuracy import accuracy, hits
from training.recommend import top
from training.split import Split

K = 10
ASKED = 2000  # users: enough to tell epochs apart, and the same ones every epoch
NAME = f"ndcg@{K}"


class Judge:
    """Asks the same validation users every time: those with a history and a known item held out.

    A user or an item that training never saw says nothing about how long to train.
    """

    def __init__(self, split: Split) -> None:
        known_users = np.diff(split.train.indptr) > 0
        known_items = np.bincount(split.train.indices, minlength=split.n_items) > 0
        warm = sparse.csr_matrix(split.validation @ sparse.diags(known_items.astype(np.float32)))
        held = sparse.csr_matrix(warm - warm.multiply(split.train > 0))
        held.eliminate_zeros()
        held.sort_indices()
        users = np.flatnonzero(known_users & (np.diff(held.indptr) > 0))
        if len(users) > ASKED:
            users = np.sort(np.random.default_rng(0).choice(users, ASKED, replace=False))
        self.users, self._truth, self._seen = users, held[users], split.train

    def __bool__(self) -> bool:
        """Whether there is anybody to ask."""
        return len(self.users) > 0

    def __call__(self, scorer: Scorer) -> float:
        """Mean NDCG@10, 0..1. Raises ValueError when scores are no numbers."""
        lists, _ = top(scorer, self.users, self._seen, K)
        found = accuracy(hits(lists, self._truth), np.diff(self._truth.indptr), (K,), ("ndcg",))
        return float(found[NAME].mean())
