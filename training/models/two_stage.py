"""What a cheap first model lets through to one that reads closer."""

from __future__ import annotations

import numpy as np

from training.models.contract import Model
from training.models.serving_forms import BLOCK
from training.models.strongest import strongest
from training.split import Split


def candidates(first: Model, split: Split, n: int) -> np.ndarray:
    """The n best items of each user that are not in train, int32 (n_users, n), -1 padded.

    Best first; equal ones by lower item code. n at least the catalogue: every unseen item.
    """
    found = np.full((split.n_users, n), -1, dtype=np.int32)
    for start in range(0, split.n_users, BLOCK):
        users = np.arange(start, min(start + BLOCK, split.n_users))
        scores = np.array(first.scores(users), dtype=np.float64)
        scores[split.train[users].nonzero()] = -np.inf
        rows, items = np.nonzero(strongest(scores, n) & np.isfinite(scores))
        order = np.lexsort((items, -scores[rows, items], rows))
        rows, items = rows[order], items[order]
        place = np.arange(len(rows)) - np.searchsorted(rows, rows)
        found[users[rows], place] = items
    return found


def recall(listed: np.ndarray, split: Split) -> float | None:
    """Share of each user's new validation items among the candidates, meaned over users, 0..1.

    None without validation. What is missed here no second stage brings back.
    """
    held, shares = split.validation, []
    for user in np.flatnonzero(np.diff(held.indptr)):
        mine = held.indices[held.indptr[user] : held.indptr[user + 1]]
        new = np.setdiff1d(mine, split.train[int(user)].indices)
        if len(new):
            shares.append(np.isin(new, listed[user]).mean())
    return float(np.mean(shares)) if shares else None
