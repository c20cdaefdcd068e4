"""A split small enough for every test of the evaluation: 40 users, 60 items, planted topics."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.log import Items
from training.split import Split


def items(n: int = 60, n_topics: int = 5, seed: int = 0) -> Items:
    rng = np.random.default_rng(seed)
    topics = rng.random((n, n_topics)) < 0.3
    topics[: n // 10] = False  # some items have no topic
    names = tuple(f"item {i}" for i in range(n))
    return Items(
        names,
        names,
        tuple(f"topic {t}" for t in range(n_topics)),
        sparse.csr_matrix(topics, dtype=np.float32),
        np.full(n, np.nan, np.float32),
    )


def split(n_users: int = 40, n_items: int = 60, seed: int = 0) -> Split:
    """Each pair is train, validation or test or nothing; user 0 has no test, user 1 no train."""
    rng = np.random.default_rng(seed)
    part = rng.choice(4, (n_users, n_items), p=[0.8, 0.12, 0.03, 0.05])
    part[0][part[0] == 3] = 0
    part[1][part[1] == 1] = 0
    part[2, :3] = 3
    train, validation, test = (sparse.csr_matrix((part == p).astype(np.float32)) for p in (1, 2, 3))
    return Split(train, validation, test, None, "random", seed, None, "", items(n_items))
