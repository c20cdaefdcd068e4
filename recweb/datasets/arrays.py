"""The log of a version as arrays: read from the table, last line wins, in time order."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recweb.datasets import copying, partitions
from recweb.datasets.clock import CLOCK
from recweb.datasets.patience import check

NO_TIME = np.iinfo(np.int64).min
PART = 2_000_000  # rows that are put in order at once
SAMPLE = 100_000  # times from which the stretches are cut


@dataclass(frozen=True)
class Rows:
    """Events. users int32, items int32 (-1 = a search), events int16, values float32 (NaN =
    none), at int64 or None; all (n,)."""

    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    values: np.ndarray
    at: np.ndarray | None

    def __len__(self) -> int:
        return len(self.users)

    @property
    def order_only(self) -> bool:
        """at holds places in an order and no times (training.order)."""
        return self.at is not None and len(self) > 0 and bool(self.at.max() < CLOCK)

    def take(self, rows: "np.ndarray | slice") -> "Rows":
        at = None if self.at is None else self.at[rows]
        return Rows(self.users[rows], self.items[rows], self.events[rows], self.values[rows], at)


def pack(rows: Rows, kept: np.ndarray) -> Rows:
    """The kept rows (bool, (n,)) where they are: the others are written over, nothing is copied."""
    n = int(kept.sum())
    for column in (rows.users, rows.items, rows.events, rows.values, rows.at):
        if column is not None:
            column[:n] = column[kept]
    return rows.take(slice(n))


class Resolved(NamedTuple):
    rows: Rows
    dropped: int  # rows that a later line of another file replaced
    overlap: int  # rows of the last part that earlier parts had already


def read(dataset_id: int, import_id: int) -> Rows:
    """The rows of one import, in line order."""
    table = partitions.of_import(dataset_id, import_id)
    users, items, events, values, at = copying.read_binary(
        "SELECT user_code, coalesce(item_code, -1), event, coalesce(value, 'NaN')::float4, "
        f"coalesce(at, {NO_TIME}) FROM {table} ORDER BY line",
        ("i4", "i4", "i2", "f4", "i8"),
    )
    timed = len(at) == 0 or bool((at != NO_TIME).all())
    return Rows(users, items, events, values, at if timed else None)


def resolve(parts: Sequence[Rows]) -> Resolved:
    """All parts as one log in (time, import, line) order; of equal events the last line stays.

    Equal = same user, item, event and time; where any part has no time, time counts nowhere, nor
    where some parts have a clock and others an order only.
    Each part alone holds no equal rows: cleaning took them out. A single part is put in order
    where it is.
    """
    filled = [part for part in parts if len(part)]
    timed = bool(filled) and all(part.at is not None for part in filled)
    timed = timed and len({part.order_only for part in filled}) == 1
    if len(filled) < 2:
        return Resolved(_by_time(_concatenate(filled or parts, timed)), 0, 0)
    whole = _concatenate(filled, timed)
    kept = np.arange(len(whole))
    keys = _keys(whole)
    check()
    order = np.lexsort((kept, *keys))
    check()
    same = np.ones(len(order) - 1, dtype=bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    kept = np.sort(order[np.append(~same, True)])
    last = len(whole) - len(filled[-1])
    overlap = int((order[1:][same] >= last).sum()) if parts[-1] is filled[-1] else 0
    return Resolved(_by_time(whole.take(kept)), len(whole) - len(kept), overlap)


def _by_time(rows: Rows) -> Rows:
    """In the order of time; what is in it already is not moved, as most logs are.

    The columns are put in order where they are: two of a large log would not fit.
    """
    if rows.at is None or bool((rows.at[1:] >= rows.at[:-1]).all()):
        return rows
    order = order_of(rows.at)
    for column in (rows.users, rows.items, rows.events, rows.values, rows.at):
        check()
        column[:] = column[order]
    return rows


def order_of(at: np.ndarray, part: int = PART) -> np.ndarray:
    """Places by rising time, ties as they stand: int32 (n,), int64 beyond two billion.

    Stretches of time of about `part` rows are put in order one after the other: a cancel waits
    for one of them, and none takes much memory.
    """
    n = len(at)
    order = np.empty(n, dtype=np.int32 if n < 2**31 else np.int64)
    sample = np.sort(at[:: max(1, n // SAMPLE)])
    cuts = sample[np.linspace(0, len(sample), -(-n // part), endpoint=False).astype(int)[1:]]
    edges = [None, *np.unique(cuts).tolist(), None]
    done = 0
    for low, high in pairwise(edges):
        check()
        inside = np.ones(n, dtype=bool) if low is None else at >= low
        if high is not None:
            inside &= at < high
        rows = np.flatnonzero(inside)
        order[done : done + len(rows)] = rows[np.argsort(at[rows], kind="stable")]
        done += len(rows)
    return order


def _keys(rows: Rows) -> tuple[np.ndarray, ...]:
    pair = rows.users.astype(np.int64) << 32 | (rows.items.astype(np.int64) + 1)
    keys = (rows.events, pair)
    return keys if rows.at is None else (rows.at, *keys)


def _concatenate(parts: Sequence[Rows], timed: bool) -> Rows:
    if not parts:
        codes = np.empty(0, np.int32)
        return Rows(codes, codes, codes.astype(np.int16), codes.astype(np.float32), None)
    if len(parts) == 1:
        return parts[0]
    at = np.concatenate([part.at for part in parts if part.at is not None]) if timed else None
    return Rows(
        users=np.concatenate([part.users for part in parts]),
        items=np.concatenate([part.items for part in parts]),
        events=np.concatenate([part.events for part in parts]),
        values=np.concatenate([part.values for part in parts]),
        at=at,
    )
