"""Of each (user, item, event, at) the last line stays, found in ten bytes of memory a row."""

from __future__ import annotations

import numpy as np

SLICE = 2**20  # rows looked at together
FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def drop(columns: dict[str, np.ndarray]) -> np.ndarray | None:
    """Take the rows out that a later line says again, in place; which stay: bool (n,), None = all.

    columns: users, items (-1 = a search), events, at, all (n,), and any others as long.
    Rows are compared by a 64-bit hash first, and those that agree in it by all four numbers.
    """
    hashes = _hashes(columns)
    hashes.sort()
    twice = hashes[1:][hashes[1:] == hashes[:-1]]
    if not len(twice):
        return None
    twice = twice[np.append(True, twice[1:] != twice[:-1])]
    del hashes
    places = _found(columns, twice)
    users, items, events, at = (
        columns[name][places] for name in ("users", "items", "events", "at")
    )
    order = np.lexsort((at, events, items, users))  # stable: equal rows stay in line order
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in (users, items, events, at):
        ranked = column[order]
        same &= ranked[1:] == ranked[:-1]
    kept = np.ones(len(columns["users"]), dtype=bool)
    kept[places[order[:-1][same]]] = False
    for name in columns:
        columns[name] = columns[name][kept]
    return kept


def _found(columns: dict[str, np.ndarray], twice: np.ndarray) -> np.ndarray:
    """Places (m,), ascending, of the rows whose hash is one of `twice` (sorted)."""
    found = []
    for first in range(0, len(columns["users"]), SLICE):
        hashes = _hashes({name: column[first : first + SLICE] for name, column in columns.items()})
        near = twice[np.minimum(np.searchsorted(twice, hashes), len(twice) - 1)]
        found.append(np.flatnonzero(near == hashes) + first)
    return np.concatenate(found)


def _hashes(columns: dict[str, np.ndarray]) -> np.ndarray:
    """uint64 (n,): splitmix64 over user and item, then event and time."""
    made = np.empty(len(columns["users"]), dtype=np.uint64)
    for first in range(0, len(made), SLICE):
        part = {name: columns[name][first : first + SLICE] for name in ("users", "items", "events")}
        pair = part["users"].astype(np.uint64) << np.uint64(32)
        pair |= part["items"].astype(np.uint32)  # -1 is the largest one
        mixed = _mix(pair) + part["events"].astype(np.uint64) * np.uint64(FACTORS[0])
        made[first : first + SLICE] = _mix(mixed ^ _mix(columns["at"][first : first + SLICE]))
    return made


def _mix(numbers: np.ndarray) -> np.ndarray:
    x = numbers.astype(np.uint64)
    x += np.uint64(FACTORS[0])
    x ^= x >> np.uint64(30)
    x *= np.uint64(FACTORS[1])
    x ^= x >> np.uint64(27)
    x *= np.uint64(FACTORS[2])
    x ^= x >> np.uint64(31)
    return x
