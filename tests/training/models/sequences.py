"""Histories with an order that is known, because we planted it: a chain of items, with noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from training.features import Positives
from training.split import Split, split

USERS, ITEMS, LENGTH, NOISE = 150, 60, 12, 0.25


def chained(seed: int = 0, name: str = "leave-last") -> Split:
    """After item i comes i + 1, from a start of the user's own; a quarter of the steps jump."""
    rng = np.random.default_rng(seed)
    users, items, at = [], [], []
    for user in range(USERS):
        history = [int(rng.integers(ITEMS))]
        while len(history) < LENGTH:
            after = (history[-1] + 1) % ITEMS
            if rng.random() < NOISE or after in history:
                after = int(rng.choice(np.setdiff1d(np.arange(ITEMS), history)))
            history.append(after)
        users += [user] * LENGTH
        items += history
        at += list(range(1000, 1000 + LENGTH))
    codes = (np.array(users, np.int32), np.array(items, np.int32))
    ones = np.ones(len(users), np.float32)
    return split(Positives(*codes, ones, np.array(at, np.int64), USERS, ITEMS), name)


def disordered(whole: Split, seed: int = 1) -> Split:
    """The same histories with their times shuffled within each user: the order says nothing."""
    assert whole.train_at is not None
    rng = np.random.default_rng(seed)
    at = whole.train_at.copy()
    for start, stop in zip(at.indptr[:-1], at.indptr[1:], strict=True):
        at.data[start:stop] = rng.permutation(at.data[start:stop])
    return replace(whole, train_at=at)


def redrawn(whole: Split, seed: int = 1) -> Split:
    """Every training item drawn at random: neither order nor taste is left."""
    assert whole.train_at is not None
    rng = np.random.default_rng(seed)
    counts = np.diff(whole.train.indptr)
    rows = [np.sort(rng.choice(ITEMS, count, replace=False)) for count in counts]
    shape, ends = whole.train.shape, whole.train.indptr
    made = sparse.csr_matrix((whole.train.data, np.concatenate(rows), ends), shape=shape)
    # times by themselves: given out in the order of codes they would keep a part of the chain
    times = np.concatenate(
        [rng.permutation(part) for part in np.split(whole.train_at.data, ends[1:-1])]
    )
    at = sparse.csr_matrix((times, made.indices, ends), shape=shape)
    return replace(whole, train=made, train_at=at)
