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
FEW = 25  # values that have a bin each
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
    space = tasks.workspace()
    per_item = space.counts(rows.items, len(facts))
    per_user = space.counts(rows.users, n_users)
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
        "topics": lambda: _topics(per_item, facts),
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


def leave_out(figures: Figures, nobodies: int, left_out: int, events: int) -> None:
    """Count no user who was erased: the row stays, as arrays count on codes without holes. Nor
    those whom the version leaves out, whose events it does not have, either."""
    counts = figures["counts"]
    counts["users"] -= nobodies + left_out
    counts["erased"] = nobodies
    counts["left_out"] = {"users": left_out, "events": events}
    cells = counts["users"] * counts["items"]
    counts["density"] = counts["pairs"] / cells if cells else 0.0


def _counts(rows: Rows, facts: Facts, per_user: np.ndarray, per_item: np.ndarray) -> Figures:
    n_users, n_items = len(per_user), len(per_item)
    pairs = _pairs(rows)
    cells = n_users * n_items
    when = _when(rows)
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
        "searches": len(rows) - int(per_item.sum()),
        "first": None if when is None else when[0],
        "last": None if when is None else when[1],
    }


def _when(rows: Rows) -> tuple[int, int] | None:
    """The first and the last second; None where there is none."""
    ends = None if rows.at is None else tasks.workspace().ends(rows.at)
    return None if ends is None else (int(ends[0]), int(ends[1]))


def _pairs(rows: Rows) -> int:
    """Different (user, item) of the events; searches have no item."""

    def pairs(each: slice) -> np.ndarray:
        items = rows.items[each]
        found = _high(rows.users[each], 32)
        found |= items
        return found[items >= 0] if (items < 0).any() else found

    seen = tasks.workspace().tallied(len(rows), pairs, rows.users, rows.items)
    return sum(len(keys) for keys, _ in seen)


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
    when = _when(rows)
    if rows.at is None or when is None:
        return []
    low, high = when[0] // DAY, when[1] // DAY
    step = max(1, -(-(high - low + 1) // BINS))
    bins = np.zeros((high - low) // step + 1, dtype=np.int64)
    for each in tasks.workspace().slices(len(rows), rows.at):
        bins += np.bincount((rows.at[each] // DAY - low) // step, minlength=len(bins))
    return [[(low + place * step) * DAY, int(n)] for place, n in enumerate(bins)]


def _events(rows: Rows, names: Sequence[str]) -> list[list[Any]]:
    counts = tasks.workspace().counts(rows.events, len(names))
    return [[name, int(n)] for name, n in zip(names, counts, strict=True)]


def _values(rows: Rows) -> list[list[float]]:
    """[low, high, events]: one bin a value while there are few, else twenty equal ones."""
    space = tasks.workspace()
    ends = space.ends(rows.values)
    if ends is None:
        return []
    seen: dict[float, int] = {}
    counts, edges = np.histogram(np.empty(0), bins=20, range=ends)
    for each in space.slices(len(rows), rows.values):
        values = rows.values[each].astype(np.float64)
        values = values[~np.isnan(values)]
        if len(seen) <= FEW:
            for value, n in zip(*np.unique(values, return_counts=True), strict=True):
                seen[float(value)] = seen.get(float(value), 0) + int(n)
        counts += np.histogram(values, bins=20, range=ends)[0]
    if len(seen) <= FEW:
        return [[value, value, seen[value]] for value in sorted(seen)]
    return [
        [float(low), float(high), int(n)]
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
    ]


def _topics(per_item: np.ndarray, facts: Facts) -> list[list[Any]]:
    """[topic, items, events], most events first. An item with two topics counts in both."""
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
    n, when = max(len(rows), 1), _when(rows)
    return {
        "unlisted_items": int((used & ~facts.listed).sum()),
        "unlisted_events": int(per_item[~facts.listed].sum()),
        "cold_items": int((~used & facts.listed).sum()),
        "untitled_items": int(sum(not title for title in facts.titles)),
        "tie_share": _ties(rows),
        "one_time": when is not None and when[0] == when[1],
        "busiest_user_share": float(per_user.max(initial=0) / n),
        "busiest_item_share": float(per_item.max(initial=0) / n),
        "single_event_users": int((per_user == 1).sum()),
    }


def _ties(rows: Rows) -> float:
    """Share of events that have the same user and second as another one."""
    at, when = rows.at, _when(rows)
    if at is None or when is None:
        return 0.0

    def moments(each: slice) -> np.ndarray:
        # user and second in one number: 2^31 users and, from the first event on, 2^33 seconds
        found = _high(rows.users[each], 33)
        found += at[each]
        found -= when[0]
        return found

    seen = tasks.workspace().tallied(len(rows), moments, rows.users, at)
    return sum(int(counts[counts > 1].sum()) for _, counts in seen) / len(rows)


def bots(rows: Rows) -> list[list[int]]:
    """[user code, events in the busiest hour] of users above 1,000 an hour; at most 100."""
    at, when = rows.at, _when(rows)
    if at is None or when is None or rows.order_only:
        return []

    def hours(each: slice) -> np.ndarray:
        found = at[each] // HOUR
        found -= when[0] // HOUR
        found |= _high(rows.users[each], 32)
        return found

    worst: dict[int, int] = {}
    for keys, counts in tasks.workspace().tallied(len(rows), hours, rows.users, at):
        busy = counts > BOT
        for user, n in zip((keys[busy] >> 32).tolist(), counts[busy].tolist(), strict=True):
            worst[user] = max(worst.get(user, 0), n)
    worst = dict(sorted(worst.items()))  # of equal ones the lower code is first
    ranked = sorted(worst.items(), key=lambda pair: -pair[1])
    return [[user, n] for user, n in ranked[:100]]
