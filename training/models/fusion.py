"""What models that put the scores of several together share: one scale, and who is worth what."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from training.models.contract import Progress
from training.models.serving_forms import BLOCK
from training.models.strongest import strongest
from training.split import Split

K = 10  # weights are chosen by NDCG at K
ASKED = 2000  # validation users that choose them: enough to tell tenths apart


def standard(scores: np.ndarray, of: np.ndarray) -> np.ndarray:
    """(scores - mean) / standard deviation per row, both of `of`; constant rows become 0."""
    spread = of.std(axis=1, keepdims=True)
    centred = scores - of.mean(axis=1, keepdims=True)
    return np.asarray(np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0))


def ranks(scores: np.ndarray) -> np.ndarray:
    """Place of each item in its row (m, n_items), 1 = highest; ties share the better place."""
    order = np.argsort(-scores, axis=1, kind="stable")
    sorted_ = np.take_along_axis(scores, order, axis=1)
    place = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    new = np.ones(scores.shape, dtype=bool)
    new[:, 1:] = sorted_[:, 1:] != sorted_[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1) + 1
    found = np.empty(scores.shape, dtype=np.int64)
    np.put_along_axis(found, order, first, axis=1)
    return found


def gains(
    each: Callable[[np.ndarray], Iterable[np.ndarray]],
    n: int,
    split: Split,
    rng: np.random.Generator,
    progress: Progress,
) -> np.ndarray | None:
    """Summed validation NDCG@10 (n,) of n ways to score, or None without validation.

    each: user codes (m,) -> n fresh arrays (m, n_items), which are masked by split.train here.
    """
    users = np.flatnonzero(np.diff(split.validation.indptr))
    if not len(users):
        return None
    if len(users) > ASKED:
        users = np.sort(rng.choice(users, ASKED, replace=False))
    gained = np.zeros(n)
    for start in range(0, len(users), BLOCK):
        chunk = users[start : start + BLOCK]
        seen, truth = split.train[chunk].nonzero(), split.validation[chunk].toarray() > 0
        for place, scores in enumerate(each(chunk)):
            scores[seen] = -np.inf
            gained[place] += ndcg(scores, truth).sum()
        progress(start + len(chunk), len(users), "weight")
    return gained


def ndcg(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Binary NDCG@K of each row (m,), Jarvelin and Kekalainen 2002, ideal cut at K."""
    mask = strongest(scores, K)
    rows, cols = np.nonzero(mask)
    order = np.lexsort((cols, -scores[rows, cols], rows))
    hits = truth[rows[order], cols[order]].reshape(len(scores), -1)
    discount = 1.0 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(truth.sum(axis=1), len(discount)) - 1]
    return np.asarray((hits * discount).sum(axis=1) / ideal)
