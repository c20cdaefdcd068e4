"""The control of a learned model: the same log, in which nobody has a taste.

Dacrema, Cremonesi, Jannach: Are we really making much progress? (RecSys 2019) ask what a model
gains over the plainest rival; this asks what it gains that is not in the popularity of items.
Trained on such a log and measured on the true test, a model must fall to popularity or below. One
that stays above has seen the answer, or draws on what the shuffle leaves (texts, topics).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from training.split import Split

ROUNDS = 30  # of drawing again what a user has already; what is left then is drawn one by one


def shuffled(split: Split, rng: np.random.Generator) -> Split:
    """The split with each training event on an item drawn by popularity, none twice by one user.

    Users keep their number of events, and their values and times in a new order; validation and
    test stay as they are. Popularity is the share of an item in split.train. Expected, not exact:
    the draw is without replacement, so the most popular items come out a little rarer.
    """
    ends = split.train.indptr
    items = _drawn(np.diff(ends), np.bincount(split.train.indices, minlength=split.n_items), rng)
    order = _within(ends, rng)

    def dealt(rows: sparse.csr_matrix) -> sparse.csr_matrix:
        return sparse.csr_matrix((rows.data[order], items, ends), shape=rows.shape)

    at = split.train_at
    return replace(split, train=dealt(split.train), train_at=None if at is None else dealt(at))


def _within(ends: npt.NDArray[np.integer], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A permutation of all events that leaves each at its user."""
    users = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    return np.lexsort((rng.random(len(users)), users))


def _drawn(
    counts: npt.NDArray[np.integer], fame: npt.NDArray[np.integer], rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Items of user 0, then of user 1, ...: counts[u] different ones each, in order, by fame.

    A pair is user * n_items + item. Who got an item twice draws again until nobody lacks any.
    """
    n_items, steps = len(fame), np.cumsum(fame, dtype=np.float64)
    full: list[npt.NDArray[np.int64]] = []
    pairs, lacking = np.empty(0, np.int64), np.asarray(counts, np.int64)
    for _round in range(ROUNDS):
        who = np.repeat(np.arange(len(counts)), lacking)
        if not len(who):
            break
        found = np.searchsorted(steps, rng.random(len(who)) * steps[-1], side="right")
        pairs = np.concatenate([pairs, who * n_items + np.minimum(found, n_items - 1)])
        pairs.sort()  # ten times as fast as np.unique, which hashes
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        users = pairs // n_items
        lacking = np.where(lacking > 0, counts - np.bincount(users, minlength=len(counts)), 0)
        settled = lacking[users] == 0
        full.append(pairs[settled])
        pairs = pairs[~settled]
    full.append(pairs)
    full += [
        _rest(pairs, int(user), int(lacking[user]), fame, rng) for user in np.flatnonzero(lacking)
    ]
    whole = np.sort(np.concatenate(full))
    return (whole % n_items).astype(np.int32)


def _rest(
    pairs: npt.NDArray[np.int64],
    user: int,
    n: int,
    fame: npt.NDArray[np.integer],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """As many more pairs of somebody who took nearly all that is famous."""
    begin, end = np.searchsorted(pairs, [user * len(fame), (user + 1) * len(fame)])
    free = fame.astype(np.float64)
    free[pairs[begin:end] % len(fame)] = 0
    return user * len(fame) + rng.choice(len(fame), n, replace=False, p=free / free.sum())
