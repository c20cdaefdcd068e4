"""The figures behind the profile page, worked out once when a version is made. Plain JSON."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recweb.datasets import tasks
from recweb.datasets.arrays import Rows
from recweb.datasets.catalogue import Facts
from recweb.datasets.patience import check

POINTS = 101  # of the Lorenz curve
BINS = 48  # of time
TOPICS = 20
BOT = 1000  # events in one hour by one user (BAD-48)
HOUR, DAY = 3600, 86400

Figures = dict[str, Any]  # JSON


def figures(
    rows: Rows,
    names: Sequence[str],
    facts: Facts,
    n_users: int,
    busiest: list[list[int]] | None = None,
) -> Figures:
    """busiest: bots(rows), where the caller has them already."""
    ordered = rows.order_only
    if ordered:  # places in an order are no times to draw
        rows = replace(rows, at=None)
    n_items = len(facts)
    named = rows.items >= 0
    per_item = np.bincount(rows.items[named], minlength=n_items)
    per_user = np.bincount(rows.users, minlength=n_users)
    steps: dict[str, Callable[[], Any]] = {
        "counts": lambda: _counts(rows, facts, per_user, per_item),
        "gini": lambda: gini(per_item),
        "lorenz": lambda: lorenz(per_item),
        "tail": lambda: tasks.tail_share(per_item),
        "popularity": lambda: counted(per_item[per_item > 0]),
        "activity": lambda: counted(per_user[per_user > 0]),
        "time": lambda: _time(rows),
        "events": lambda: _events(rows, names),
        "values": lambda: _values(rows),
        "topics": lambda: _topics(rows, facts),
        "modalities": lambda: tasks.modalities(facts.attributes),
        "quality": lambda: _quality(rows, facts, per_item, per_user),
    }
    made: Figures = {}
    for name, step in steps.items():
        check()  # a cancel waits for one of these, not for all
        made[name] = step()
    made["quality"] |= {"order_only": ordered, "has_times": ordered or rows.at is not None}
    made["quality"]["bots"] = bots(rows) if busiest is None else busiest
    return made


def leave_out(figures: Figures, nobodies: int) -> None:
    """Count no user who was erased: the row stays, as arrays count on codes without holes."""
    counts = figures["counts"]
    counts["users"] -= nobodies
    counts["erased"] = nobodies
    cells = counts["users"] * counts["items"]
    counts["density"] = counts["pairs"] / cells if cells else 0.0


def _counts(rows: Rows, facts: Facts, per_user: np.ndarray, per_item: np.ndarray) -> Figures:
    n_users, n_items = len(per_user), len(per_item)
    pairs = _pairs(rows)
    cells = n_users * n_items
    return {
        "interactions": len(rows),
        "users": n_users,
        "items": n_items,
        "pairs": pairs,
        "density": pairs / cells if cells else 0.0,
        "users_with_events": int((per_user > 0).sum()),
        "items_with_events": int((per_item > 0).sum()),
        "items_listed": int(facts.listed.sum()),
        "median_activity": float(np.median(per_user[per_user > 0])) if len(rows) else 0.0,
        "median_popularity": float(np.median(per_item[per_item > 0])) if per_item.any() else 0.0,
        "searches": int((rows.items < 0).sum()),
        "first": None if rows.at is None or not len(rows) else int(rows.at.min()),
        "last": None if rows.at is None or not len(rows) else int(rows.at.max()),
    }


def _pairs(rows: Rows) -> int:
    """Different (user, item) of the events; searches have no item."""
    pair = _high(rows.users, 32)
    pair |= rows.items
    if (rows.items < 0).any():
        pair = pair[rows.items >= 0]
    pair.sort()  # ten times as fast as np.unique, which hashes
    return int(np.count_nonzero(pair[1:] != pair[:-1])) + bool(len(pair))


def _high(codes: np.ndarray, bits: int) -> np.ndarray:
    """Codes as the upper part of int64 numbers, with no second array on the way."""
    made = codes.astype(np.int64)
    made <<= bits
    return made


def gini(counts: np.ndarray) -> float:
    """0: every item equally often; near 1: one item has everything. Items without events count."""
    n, total = len(counts), counts.sum()
    if not n or not total:
        return 0.0
    ranked = np.sort(counts).astype(np.float64)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ranked / (n * total))


def lorenz(counts: np.ndarray) -> list[list[float]]:
    """[share of items, least popular first; share of events they have], at most 101 points."""
    if not counts.sum():
        return []
    share = np.append(0.0, np.cumsum(np.sort(counts)) / counts.sum())
    at = np.unique(np.linspace(0, len(counts), POINTS).astype(int))
    return [[float(place / len(counts)), float(share[place])] for place in at]


def counted(counts: np.ndarray) -> list[list[int]]:
    """[low, high, how many] in bins that double: 1, 2-3, 4-7 ..."""
    if not len(counts):
        return []
    bins = np.bincount(np.floor(np.log2(counts)).astype(int))
    return [[2**place, 2 ** (place + 1) - 1, int(n)] for place, n in enumerate(bins)]


def _time(rows: Rows) -> list[list[int]]:
    """[start of the bin, events], equal steps of whole days."""
    if rows.at is None or not len(rows):
        return []
    low, high = int(rows.at.min()) // DAY, int(rows.at.max()) // DAY
    step = max(1, -(-(high - low + 1) // BINS))
    bins = np.bincount((rows.at // DAY - low) // step)
    return [[(low + place * step) * DAY, int(n)] for place, n in enumerate(bins)]


def _events(rows: Rows, names: Sequence[str]) -> list[list[Any]]:
    counts = np.bincount(rows.events, minlength=len(names))
    return [[name, int(n)] for name, n in zip(names, counts, strict=True)]


def _values(rows: Rows) -> list[list[float]]:
    """[low, high, events]: one bin a value while there are few, else twenty equal ones."""
    values = rows.values[~np.isnan(rows.values)].astype(np.float64)
    if not len(values):
        return []
    seen, counts = np.unique(values, return_counts=True)
    if len(seen) <= 25:
        return [[float(v), float(v), int(n)] for v, n in zip(seen, counts, strict=True)]
    counts, edges = np.histogram(values, bins=20)
    return [
        [float(low), float(high), int(n)]
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
    ]


def _topics(rows: Rows, facts: Facts) -> list[list[Any]]:
    """[topic, items, events], most events first. An item with two topics counts in both."""
    per_item = np.bincount(rows.items[rows.items >= 0], minlength=len(facts))
    found: dict[str, list[int]] = {}
    for topics, n in zip(facts.topics, per_item.tolist(), strict=True):
        for topic in topics:
            mine = found.setdefault(topic, [0, 0])
            mine[0] += 1
            mine[1] += n
    ranked = sorted(found.items(), key=lambda pair: (-pair[1][1], pair[0]))
    return [[topic, *pair] for topic, pair in ranked[:TOPICS]]


def _quality(rows: Rows, facts: Facts, per_item: np.ndarray, per_user: np.ndarray) -> Figures:
    used = per_item > 0
    n = max(len(rows), 1)
    return {
        "unlisted_items": int((used & ~facts.listed).sum()),
        "unlisted_events": int(per_item[~facts.listed].sum()),
        "cold_items": int((~used & facts.listed).sum()),
        "untitled_items": int(sum(not title for title in facts.titles)),
        "tie_share": _ties(rows),
        "one_time": bool(rows.at is not None and len(rows) and rows.at.min() == rows.at.max()),
        "busiest_user_share": float(per_user.max(initial=0) / n),
        "busiest_item_share": float(per_item.max(initial=0) / n),
        "single_event_users": int((per_user == 1).sum()),
    }


def _ties(rows: Rows) -> float:
    """Share of events that have the same user and second as another one."""
    if rows.at is None or not len(rows):
        return 0.0
    # user and second in one number: 2^31 users and, from the first event on, 2^33 seconds
    moment = _high(rows.users, 33)
    moment += rows.at
    moment -= int(rows.at.min())
    moment.sort()
    same = moment[1:] == moment[:-1]
    tied = np.append(same, False)
    tied[1:] |= same
    return float(tied.mean())


def bots(rows: Rows) -> list[list[int]]:
    """[user code, events in the busiest hour] of users above 1,000 an hour; at most 100."""
    if rows.at is None or not len(rows) or rows.order_only:
        return []
    keys = rows.at // HOUR
    keys -= int(rows.at.min()) // HOUR
    keys |= _high(rows.users, 32)
    keys.sort()
    # BOT places on stands the same user and hour only where it has more than BOT events
    busy = np.unique(keys[BOT:][keys[BOT:] == keys[:-BOT]])
    counts = np.searchsorted(keys, busy, "right") - np.searchsorted(keys, busy, "left")
    worst: dict[int, int] = {}
    for user, n in zip((busy >> 32).tolist(), counts.tolist(), strict=True):
        worst[user] = max(worst.get(user, 0), n)
    ranked = sorted(worst.items(), key=lambda pair: -pair[1])
    return [[user, n] for user, n in ranked[:100]]
