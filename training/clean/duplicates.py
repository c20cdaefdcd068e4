"""Of each (user, item, event, at) the last line stays, found in memory that no file outgrows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from training import workspace
from training.buckets import Buckets
from training.workspace import Workspace

FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
KEY = ("users", "items", "events", "at")
Columns = Mapping[str, np.ndarray]


class Found(NamedTuple):
    """What `find` found."""

    kept: np.ndarray  # bool (n,): no later row says it again
    late: int  # rows from `since` on that an earlier row had said already


def drop(columns: dict[str, np.ndarray], space: Workspace | None = None) -> np.ndarray | None:
    """Take the rows out that a later line says again, in place; which stay: bool (n,), None = all.

    columns: users, items (-1 = a search), events, at, all (n,), and any others as long.
    """
    space = space or Workspace()
    kept = find(columns, space).kept
    if all(kept[each].all() for each in space.slices(len(kept), kept)):
        return None
    columns |= space.pack(columns, kept)
    return kept


def find(columns: Columns, space: Workspace, since: int = 0) -> Found:
    """Which rows stay, and how many from row `since` on repeat one before them.

    columns: users, items, events, and at, or no at where time counts nowhere. Rows are compared by
    a 64-bit hash first, and those that agree in it by all numbers. Many rows are looked at in
    slices, and then, without what a slice says twice, in buckets by hash: a line that stands in a
    file a million times is never in memory a million times.
    """
    n = len(columns["users"])
    kept = space.room(n, bool)
    for each in space.slices(n, kept):
        kept[each] = True
    key = {name: columns[name] for name in KEY if name in columns}
    if n <= workspace.PART:
        hashes = [_hashes(key, each) for each in space.slices(n, *key.values())]
        if not hashes:
            return Found(kept, 0)
        late = _settle(key, np.concatenate(hashes), np.arange(n), kept, since, space)
        return Found(kept, late)
    with Buckets(space.folder, workspace.spread(n)) as buckets:
        late = sum(
            _slice(key, each, kept, since, buckets)
            for whole in space.slices(n, kept, *key.values())
            for each in _cut(whole, since)
        )
        for bucket in range(len(buckets)):
            space.pause()
            if (found := buckets.read(bucket)) is not None:
                left, places = found
                late += _settle(key, left, places, kept, since, space)
    return Found(kept, late)


def _cut(whole: slice, since: int) -> list[slice]:
    """No slice has rows before and after `since`: each counts as early or as late."""
    if not whole.start < since < whole.stop:
        return [whole]
    return [slice(whole.start, since), slice(since, whole.stop)]


def _slice(key: Columns, each: slice, kept: np.ndarray, since: int, buckets: Buckets) -> int:
    """Settle a slice by itself, and put what stays of it into the buckets."""
    hashes = _hashes(key, each)
    part = {name: column[each] for name, column in key.items()}
    mine = kept[each]
    late = _settle(part, hashes, np.arange(len(hashes)), mine, since - each.start, Workspace())
    places = np.flatnonzero(mine)
    left = hashes[places]
    buckets.add(workspace.which(left, len(buckets)), left, places + each.start)
    return late


def _settle(
    key: Columns,
    hashes: np.ndarray,
    places: np.ndarray,
    kept: np.ndarray,
    since: int,
    space: Workspace,
) -> int:
    """Unmark in kept (n,) the earlier ones of equal rows at these places (m,), ascending; how many
    late rows repeat one before them. hashes (m,).
    """
    ranked = np.sort(hashes)
    twice = ranked[1:][ranked[1:] == ranked[:-1]]
    if not len(twice):
        return 0
    near = twice[np.minimum(np.searchsorted(twice, hashes), len(twice) - 1)]
    places = places[near == hashes]
    columns = [space.take(column, places) for column in key.values()]
    order = np.lexsort(columns[::-1])  # stable: equal rows stay in line order
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in columns:
        ranked = column[order]
        same &= ranked[1:] == ranked[:-1]
    out = np.sort(places[order[:-1][same]])
    for each in space.slices(len(kept), kept) if len(out) else ():
        low, high = np.searchsorted(out, (each.start, each.stop))
        kept[out[low:high]] = False
    return int(np.count_nonzero(places[order[1:][same]] >= since))


def _hashes(key: Columns, each: slice) -> np.ndarray:
    """uint64 (n,): splitmix64 over user and item, then event and time."""
    part = {name: column[each] for name, column in key.items()}
    pair = part["users"].astype(np.uint64) << np.uint64(32)
    pair |= part["items"].astype(np.uint32)  # -1 is the largest one
    mixed = _mix(pair) + part["events"].astype(np.uint64) * np.uint64(FACTORS[0])
    return _mix(mixed ^ _mix(part["at"])) if "at" in part else _mix(mixed)


def _mix(numbers: np.ndarray) -> np.ndarray:
    x = numbers.astype(np.uint64)
    x += np.uint64(FACTORS[0])
    x ^= x >> np.uint64(30)
    x *= np.uint64(FACTORS[1])
    x ^= x >> np.uint64(27)
    x *= np.uint64(FACTORS[2])
    x ^= x >> np.uint64(31)
    return x
