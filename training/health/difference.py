"""What changed between two logs that give users and items the same codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from training.health.divergence import jensen_shannon, meaning, noise
from training.log import Log

TOP = 20
Progress = Callable[[int, int, str], None]


def compare(before: Log, after: Log, progress: Progress | None = None) -> dict[str, Any]:
    """Rows, users and items added and removed, and how far popularity and activity moved.

    A row counts by (user, item, event, value, time); equal rows count as often as they come.
    Divergences are Jensen-Shannon, in bits, beside what chance alone gives at these sizes.
    """
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("rows", lambda: _rows(before, after)),
        ("users", lambda: _codes(_per_user(before), _per_user(after))),
        ("items", lambda: _codes(_per_item(before), _per_item(after))),
        ("popularity", lambda: _drift(_per_item(before), _per_item(after))),
        ("activity", lambda: _drift(*_activity(before, after))),
        ("events", lambda: _events(before, after)),
    ]
    made: dict[str, Any] = {}
    for done, (name, step) in enumerate(steps):
        if progress is not None:
            progress(done, len(steps), name)
        made[name] = step()
    return made


def _rows(before: Log, after: Log) -> dict[str, int]:
    old, new = _keys(before), _keys(after)
    both = _in_common(old, new)
    return {
        "before": len(old),
        "after": len(new),
        "added": len(new) - both,
        "removed": len(old) - both,
    }


def _keys(log: Log) -> np.ndarray:
    """64 mixed bits of each row, ascending; the event by its name's place in the larger list."""
    values = np.where(np.isnan(log.values), np.float32(np.nan), log.values + np.float32(0))
    columns = [
        log.users.astype(np.uint64),
        (log.items.astype(np.int64) + 1).astype(np.uint64),
        log.events.astype(np.uint64),
        values.astype("<f4").view("<u4").astype(np.uint64),
    ]
    if log.at is not None:
        columns.append(log.at.astype(np.uint64))
    key = np.zeros(len(log), dtype=np.uint64)
    for column in columns:
        key += column
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    key.sort()
    return key


def _in_common(old: np.ndarray, new: np.ndarray) -> int:
    """Rows of two sorted multisets that are in both."""
    if not len(old) or not len(new):
        return 0
    both = np.concatenate([old, new])
    both.sort()
    keys = both[np.append(True, both[1:] != both[:-1])]
    counts = [
        np.searchsorted(side, keys, "right") - np.searchsorted(side, keys, "left")
        for side in (old, new)
    ]
    return int(np.minimum(*counts).sum())


def _per_user(log: Log) -> np.ndarray:
    return np.bincount(log.users, minlength=log.n_users)


def _per_item(log: Log) -> np.ndarray:
    return np.bincount(log.items[log.items >= 0], minlength=log.n_items)


def _codes(old: np.ndarray, new: np.ndarray) -> dict[str, Any]:
    old, new = _padded(old, new)
    added, removed = (old == 0) & (new > 0), (old > 0) & (new == 0)
    moved = np.argsort(-np.abs(new - old), kind="stable")[:TOP]
    return {
        "before": int((old > 0).sum()),
        "after": int((new > 0).sum()),
        "added": int(added.sum()),
        "removed": int(removed.sum()),
        "kept": int(((old > 0) & (new > 0)).sum()),
        "some_added": np.flatnonzero(added)[:TOP].tolist(),
        "some_removed": np.flatnonzero(removed)[:TOP].tolist(),
        "moved": [[int(c), int(old[c]), int(new[c])] for c in moved if old[c] != new[c]],
    }


def _drift(old: np.ndarray, new: np.ndarray) -> dict[str, Any]:
    old, new = _padded(old, new)
    js, chance = jensen_shannon(old, new), noise(old, new)
    return {"js": js, "noise": chance, "meaning": meaning(max(0.0, js - chance))}


def _activity(before: Log, after: Log) -> tuple[np.ndarray, np.ndarray]:
    """Users by how many events they have, in bins that double: 1, 2-3, 4-7 ..."""
    bins = []
    for log in (before, after):
        counts = _per_user(log)
        bins.append(np.bincount(np.log2(counts[counts > 0]).astype(np.int64), minlength=40))
    return bins[0], bins[1]


def _events(before: Log, after: Log) -> list[list[Any]]:
    """[event, before, after]."""
    counts: dict[str, list[int]] = {}
    for side, log in enumerate((before, after)):
        for name, n in zip(
            log.event_names,
            np.bincount(log.events, minlength=len(log.event_names)),
            strict=True,
        ):
            counts.setdefault(name, [0, 0])[side] = int(n)
    return [[name, *pair] for name, pair in counts.items()]


def _padded(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = max(len(old), len(new))
    return np.pad(old, (0, n - len(old))), np.pad(new, (0, n - len(new)))
