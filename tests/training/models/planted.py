"""Logs with a taste that is known, because we planted it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from training import registry
from training.features import Positives
from training.log import Items
from training.models.contract import Model, quiet
from training.split import Split, split

USERS, ITEMS, TOPICS, HISTORY = 160, 120, 6, 18


def planted(
    seed: int = 0,
    *,
    times: bool = True,
    stars: bool = False,
    name: str = "random",
    n_items: int = ITEMS,
) -> Split:
    """Each user likes two of six topics; within them a popularity law decides."""
    rng = np.random.default_rng(seed)
    topic = np.arange(n_items) % TOPICS
    fame = 1.0 / (1.0 + rng.permutation(n_items) / 20.0)
    users, items = [], []
    for user in range(USERS):
        liked = np.isin(topic, rng.choice(TOPICS, 2, replace=False))
        chance = fame * np.where(liked, 1.0, 0.04)
        items.append(rng.choice(n_items, HISTORY, replace=False, p=chance / chance.sum()))
        users.append(np.full(HISTORY, user))
    return _split(np.concatenate(users), np.concatenate(items), topic, times, stars, name, rng)


def _split(
    users: np.ndarray,
    items: np.ndarray,
    topic: np.ndarray,
    times: bool,
    stars: bool,
    name: str,
    rng: np.random.Generator,
) -> Split:
    n = len(users)
    confidence = rng.integers(1, 6, n) if stars else np.ones(n)
    at = rng.integers(1, 10**9, n) if times else None
    log = Positives(
        users.astype(np.int32),
        items.astype(np.int32),
        confidence.astype(np.float32),
        at,
        USERS,
        len(topic),
    )
    return split(log, name, items=catalogue(topic))


def catalogue(topic: np.ndarray) -> Items:
    one_hot = np.eye(TOPICS, dtype=np.float32)[topic]
    names = tuple(f"topic {number}" for number in range(TOPICS))
    titles = tuple(f"item {number}" for number in range(len(topic)))
    years = np.full(len(topic), np.nan, dtype=np.float32)
    return Items(titles, titles, names, sparse.csr_matrix(one_hot), years, None)


def shuffled(whole: Split, seed: int = 1) -> Split:
    """The same log with every training event on an item drawn by fame alone: no taste is left."""
    rng = np.random.default_rng(seed)
    train = whole.train
    fame = np.bincount(train.indices, minlength=whole.n_items).astype(float)
    rows = [
        np.sort(rng.choice(whole.n_items, count, replace=False, p=fame / fame.sum()))
        for count in np.diff(train.indptr)
    ]
    mixed = sparse.csr_matrix((train.data, np.concatenate(rows), train.indptr), shape=train.shape)
    return replace(whole, train=mixed, train_at=None)


def fitted(model: str, whole: Split, seed: int = 0, **params: Any) -> Model:
    made: Model = registry.load_model(model)(**params)
    return made.fit(whole, rng=np.random.default_rng(seed), progress=quiet)


def ndcg(
    model: Model,
    whole: Split,
    seen: sparse.csr_matrix | None = None,
    only: np.ndarray | None = None,
    k: int = 10,
) -> float:
    """Mean NDCG@k on test, by the plainest loop that says it; only: items that are ranked."""
    gone = (whole.train + whole.validation if seen is None else seen).toarray() > 0
    if only is not None:
        gone |= ~only
    held = whole.test.toarray() > 0
    scores = model.scores(np.arange(whole.n_users))
    values = []
    for user in range(whole.n_users):
        truth = held[user] & ~gone[user]
        if not truth.any():
            continue
        ranked = sorted(np.flatnonzero(~gone[user]), key=lambda i, u=user: (-scores[u, i], i))
        gain = sum(1 / np.log2(r + 2) for r, item in enumerate(ranked[:k]) if truth[item])
        values.append(gain / sum(1 / np.log2(r + 2) for r in range(min(k, truth.sum()))))
    return float(np.mean(values))
