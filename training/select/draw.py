"""Pairs drawn evenly: the arm that keeps the measure honest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def draw(
    users: npt.ArrayLike, n_items: int, taken: npt.ArrayLike, size: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """`size` different pairs as (users, items), each free pair equally likely.

    users: int (m,), the user codes to draw from; items are 0..n_items-1. taken: int (t,), pairs
    that may not come, as user * n_items + item. Fewer free pairs than size: all of them, shuffled.

    Raises ValueError when n_items < 1 or size < 0.
    """
    if n_items < 1 or size < 0:
        raise ValueError(f"n_items must be >= 1 and size >= 0, got {n_items} and {size}")
    people = np.unique(np.asarray(users, np.int64))
    gone = np.unique(np.asarray(taken, np.int64))
    gone = gone[np.isin(gone // n_items, people)]
    n_free = len(people) * n_items - len(gone)
    if n_free <= 0 or size == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if size * 2 >= n_free:
        every = (people[:, None] * n_items + np.arange(n_items)).ravel()
        keys = rng.permutation(np.setdiff1d(every, gone, assume_unique=True))[:size]
    else:
        keys = _rejected(people, n_items, gone, size, rng)
    return keys // n_items, keys % n_items


def _rejected(people: Ints, n_items: int, gone: Ints, size: int, rng: np.random.Generator) -> Ints:
    """At least half of all free pairs stay free, so a few rounds are enough."""
    found = np.empty(0, np.int64)
    while len(found) < size:
        lots = rng.choice(people, size) * n_items + rng.integers(0, n_items, size)
        fresh = np.concatenate([found, lots[~np.isin(lots, gone)]])
        _keys, first = np.unique(fresh, return_index=True)
        found = fresh[np.sort(first)]  # in the order drawn: cutting it favours no code
    return found[:size]
