"""The control of a learned model: the same log, in which nobody has a taste.

Dacrema, Cremonesi, Jannach: Are we really making much progress? (RecSys 2019) ask what a model
gains over the plainest rival; this asks what it gains that is not in the popularity of items.
Trained on such a log and measured on the true test, a model must fall to popularity or below. One
that stays above has seen the answer, or draws on what the shuffle leaves (texts, topics).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from training.split import Split


def shuffled(split: Split, rng: np.random.Generator) -> Split:
    """The split with each training event on an item drawn by popularity, none twice by one user.

    Users keep their number of events, and their values and times in a new order; validation and
    test stay as they are. Popularity is the share of an item in split.train. Expected, not exact:
    the draw is without replacement, so the most popular items come out a little rarer.
    """
    train = split.train
    fame = np.bincount(train.indices, minlength=train.shape[1]) / max(train.nnz, 1)
    ends = train.indptr
    drawn = [np.sort(rng.choice(len(fame), n, replace=False, p=fame)) for n in np.diff(ends) if n]
    items = np.concatenate([*drawn, np.zeros(0, np.int64)]).astype(train.indices.dtype)
    at = split.train_at

    def dealt(rows: sparse.csr_matrix) -> sparse.csr_matrix:
        mixed = [rng.permutation(rows.data[a:b]) for a, b in zip(ends[:-1], ends[1:], strict=True)]
        data = np.concatenate([*mixed, np.zeros(0, rows.data.dtype)])
        return sparse.csr_matrix((data, items, ends.copy()), shape=rows.shape)

    return replace(split, train=dealt(train), train_at=None if at is None else dealt(at))
