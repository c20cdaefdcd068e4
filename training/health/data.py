"""What the checks read: the log, the catalogue, and sorted keys that several of them share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from training.features import Rule
from training.log import Items, Log

SECONDS = 32  # low bits of a (user or item, second) key
HOUR, DAY = 3600, 86400


@dataclass
class Data:
    """A log with its catalogue, and what was said about it at import.

    listed: bool (n_items,), the catalogue names the item; None = every item counts as listed.
    rules: which events are positives (none: all are). rows_in, dropped: rows of the files, and
    those of them that said what another row says. now: epoch seconds, the moment of the check.
    """

    log: Log
    items: Items
    listed: np.ndarray | None = None
    rules: Sequence[Rule] = ()
    rows_in: int = 0
    dropped: int = 0
    now: int = field(default_factory=lambda: int(time.time()))

    def __len__(self) -> int:
        return len(self.log)

    @cached_property
    def per_user(self) -> np.ndarray:
        """Events of each user, int64 (n_users,)."""
        return np.bincount(self.log.users, minlength=self.log.n_users)

    @cached_property
    def per_item(self) -> np.ndarray:
        """Events of each item, int64 (n_items,); searches left out."""
        items = self.log.items
        named = items if not len(items) or items.min() >= 0 else items[items >= 0]
        return np.bincount(named, minlength=self.log.n_items)

    @cached_property
    def pairs(self) -> np.ndarray:
        """Different (user, item) pairs as user * n_items + item, int64, ascending."""
        named = self.log.items >= 0
        width = max(self.log.n_items, 1)
        keys = self.log.users.astype(np.int64) * width + self.log.items
        keys = np.sort(keys if named.all() else keys[named])
        return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys

    @cached_property
    def pair_users(self) -> np.ndarray:
        """The user of each of `pairs`, int32."""
        return (self.pairs // max(self.log.n_items, 1)).astype(np.int32)

    @cached_property
    def pair_items(self) -> np.ndarray:
        """The item of each of `pairs`, int32."""
        return (self.pairs % max(self.log.n_items, 1)).astype(np.int32)

    @cached_property
    def start(self) -> int:
        """Epoch second of the first event; 0 without times."""
        return int(self.log.at.min()) if self.log.at is not None and len(self) else 0

    @cached_property
    def user_times(self) -> np.ndarray:
        """Key user << 32 | seconds since midnight before the first event; int64, ascending."""
        return np.sort(self._timed(self.log.users))

    def item_times(self) -> np.ndarray:
        """The same for items; searches left out. Not kept: one check asks."""
        return np.sort(self._timed(self.log.items)[self.log.items >= 0])

    def _timed(self, codes: np.ndarray) -> np.ndarray:
        if self.log.at is None:
            raise ValueError("this log has no times")
        since: np.ndarray = np.clip(self.log.at - self.midnight, 0, (1 << SECONDS) - 1)
        return np.asarray((codes.astype(np.int64) << SECONDS) | since)

    @cached_property
    def midnight(self) -> int:
        """Start of the (UTC) day of the first event."""
        return self.start // DAY * DAY

    @cached_property
    def varied(self) -> bool:
        """There are times, and they differ."""
        at = self.log.at
        return at is not None and len(at) > 0 and int(at.max()) > int(at.min())


def runs(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(each different key, how often it comes) of an ascending array."""
    if not len(keys):
        return keys, np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return keys[starts], np.diff(np.append(starts, len(keys)))


def gini(counts: np.ndarray) -> float:
    """0: all equal; near 1: one has everything."""
    n, total = len(counts), float(counts.sum())
    if not n or not total:
        return 0.0
    ranked = np.sort(counts).astype(np.float64)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ranked / (n * total))
