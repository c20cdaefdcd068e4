"""Do the items of a profile go together elsewhere? Fillers that somebody drew meet by chance only.

Two items go together when another user has both. With the popularities alone a pair (i, j) would
be met k q_i q_j times, q being the other users of an item and k what the sizes of profiles give
(the configuration model, Newman 2010, ch. 13.2); it is met at all with 1 - exp of that. A profile's
coherence is the log of how many of its pairs are met over how many would be. Popular fillers are
met as often as honest popular items, and that is just what this expects of them: 0. A taste, be it
for a niche or for the charts, lies above.
"""

from __future__ import annotations

import numpy as np

from training.health.data import Data

USERS = 20_000  # beyond, profiles would be cut too short to say anything
PAIRS = 6_000_000  # of items within profiles: half a gigabyte
MOST = (60, 40, 25, 15)  # items of a profile that are paired, drawn at random: as many as go


def coherence(data: Data, eligible: np.ndarray) -> np.ndarray | None:
    """Log ratio of each user, float64 (n_users,); higher = more of a taste, 0 = as drawn by chance.

    eligible: bool (n_users,), whose profiles are paired; others get NaN. None where there are more
    than USERS of them.
    """
    if not 0 < eligible.sum() <= USERS:
        return None
    users, items = _drawn(data, eligible)
    sizes = np.bincount(users, minlength=data.log.n_users)
    first, second, owner = _paired(items, sizes)
    keys = np.minimum(first, second) * np.int64(data.log.n_items) + np.maximum(first, second)
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    met = counts[place] > 1  # by somebody else, too
    others = np.bincount(items, minlength=data.log.n_items) - 1.0
    k = float((sizes * (sizes - 1.0)).sum()) / float(sizes.sum()) ** 2
    chance = -np.expm1(-k * others[first] * others[second])
    n = data.log.n_users
    found = np.bincount(owner, met, minlength=n)
    expected = np.bincount(owner, chance, minlength=n)
    made = np.log((found + 0.5) / (expected + 0.5))
    return np.where(sizes > 1, made, np.nan)


def _drawn(data: Data, eligible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(users, items) of the pairs of user and item, by user, some items of each drawn."""
    kept = eligible[data.pair_users]
    users, items = data.pair_users[kept].astype(np.int64), data.pair_items[kept].astype(np.int64)
    order = np.lexsort((np.random.default_rng(0).random(len(users)), users))
    users, items = users[order], items[order]
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    sizes = np.diff(np.append(starts, len(users)))
    rank = np.arange(len(users)) - np.repeat(starts, sizes)
    most = next(
        (n for n in MOST if (np.minimum(sizes, n).astype(np.int64) ** 2).sum() <= 2 * PAIRS),
        MOST[-1],
    )
    return users[rank < most], items[rank < most]


def _paired(items: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both items and the user of each pair within a profile; items stand by user."""
    starts = np.cumsum(sizes) - sizes
    parts = []
    for size in np.unique(sizes[sizes > 1]).tolist():
        a, b = np.triu_indices(size, 1)
        users = np.flatnonzero(sizes == size)
        rows = items[starts[users][:, None] + np.arange(size)]  # (users, size)
        parts.append((rows[:, a].ravel(), rows[:, b].ravel(), np.repeat(users, len(a))))
    first, second, owner = (np.concatenate(column) for column in zip(*parts, strict=True))
    return first, second, owner
