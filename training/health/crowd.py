"""k-anonymity of a log: among how many users somebody hides from an outsider who knows a little."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.log import Log

DAY = 86400
KNOWN = (1, 2, 3)  # items that an outsider knows somebody to have touched
SMALL = (2, 5, 10)
PRIME = np.uint64(0x9E3779B97F4A7C15)


def crowds(log: Log, seed: int = 0) -> dict[str, Any]:
    """For each kind of knowledge: share of the users whose group has fewer than 2, 5, 10 members.

    An outsider knows 1, 2 or 3 of a user's items, drawn at random, or one item and its day
    (Narayanan and Shmatikov 2008). A group = the users of whom the same is true. It measures these
    four kinds alone: it proves nothing about anybody who knows more.
    """
    n_items = max(log.n_items, 1)
    named = log.items >= 0
    keys = np.sort(log.users[named].astype(np.int64) * n_items + log.items[named])
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    users, items = keys // n_items, keys % n_items
    counts = np.bincount(users, minlength=log.n_users)
    rng = np.random.default_rng(seed)
    made: dict[str, Any] = {"users": int((counts > 0).sum()), "knows": []}
    lists = _audiences(users, items, log.n_items)
    starts = np.concatenate(([0], np.cumsum(counts)))
    for known in KNOWN:
        who = np.flatnonzero(counts >= known)
        who = rng.choice(who, min(len(who), 5000), replace=False) if len(who) else who
        sizes = [_group(items[starts[u] : starts[u + 1]], known, lists, rng) for u in who.tolist()]
        made["knows"].append(_row(f"items-{known}", np.array(sizes), len(who)))
    if log.at is not None and named.any():
        day = (log.at[named] // DAY).astype(np.uint64)
        mixed = (log.items[named].astype(np.uint64) * PRIME) ^ day
        pair = np.unique(np.stack([mixed, log.users[named].astype(np.uint64)], axis=1), axis=0)
        _seen, place, size = np.unique(pair[:, 0], return_inverse=True, return_counts=True)
        # of each user the rarest (item, day)
        rarest = np.full(log.n_users, np.iinfo(np.int64).max)
        np.minimum.at(rarest, pair[:, 1].astype(np.int64), size[place])
        some = rarest[rarest < np.iinfo(np.int64).max]
        made["knows"].append(_row("rarest-item-day", some, len(some)))
    return made


def _audiences(users: np.ndarray, items: np.ndarray, n_items: int) -> list[np.ndarray]:
    order = np.argsort(items, kind="stable")
    ends = np.cumsum(np.bincount(items, minlength=n_items))[:-1]
    return np.split(users[order], ends)


def _group(mine: np.ndarray, known: int, lists: list[np.ndarray], rng: np.random.Generator) -> int:
    """Users who have all of `known` random items of mine."""
    chosen = rng.choice(mine, known, replace=False).tolist()
    chosen.sort(key=lambda item: len(lists[item]))
    group = lists[chosen[0]]
    for item in chosen[1:]:
        group = np.intersect1d(group, lists[item], assume_unique=True)
    return len(group)


def _row(code: str, sizes: np.ndarray, asked: int) -> dict[str, Any]:
    """asked: users looked at (at most 5,000 drawn ones; the rarest day looks at all)."""
    return {
        "code": code,
        "asked": asked,
        "smallest": int(sizes.min()) if len(sizes) else None,
        "median": float(np.median(sizes)) if len(sizes) else None,
        "below": {str(k): float((sizes < k).mean()) if len(sizes) else None for k in SMALL},
    }
