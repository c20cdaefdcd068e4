"""The log of a version as arrays: read from the table, last line wins, in time order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from recweb.datasets import copying, partitions, tasks
from recweb.datasets.clock import CLOCK

NO_TIME = np.iinfo(np.int64).min
DTYPES = {"users": "i4", "items": "i4", "events": "i2", "values": "f4", "at": "i8"}


@dataclass(frozen=True)
class Rows:
    """Events. users int32, items int32 (-1 = a search), events int16, values float32 (NaN =
    none), at int64 or None; all (n,), and on disk where they are many (training.workspace)."""

    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    values: np.ndarray
    at: np.ndarray | None

    def __len__(self) -> int:
        return len(self.users)

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """By name; no at where there is none."""
        found = {name: getattr(self, name) for name in DTYPES}
        return {name: column for name, column in found.items() if column is not None}

    @property
    def order_only(self) -> bool:
        """at holds places in an order and no times (training.order)."""
        ends = None if self.at is None else tasks.workspace().ends(self.at)
        return ends is not None and ends[1] < CLOCK

    def take(self, rows: "np.ndarray | slice") -> "Rows":
        at = None if self.at is None else self.at[rows]
        return Rows(self.users[rows], self.items[rows], self.events[rows], self.values[rows], at)


def pack(rows: Rows, kept: np.ndarray) -> Rows:
    """The kept rows (bool, (n,)) where they are: the others are written over, nothing is copied."""
    return replace(rows, **tasks.workspace().pack(rows.columns, kept))


class Resolved(NamedTuple):
    rows: Rows
    dropped: int  # rows that a later line of another file replaced
    overlap: int  # rows of the last part that earlier parts had already


def read(dataset_id: int, import_id: int) -> Rows:
    """The rows of one import, in line order."""
    table = partitions.of_import(dataset_id, import_id)
    n, space = int(str(partitions.value(f"SELECT count(*) FROM {table}"))), tasks.workspace()
    columns = [space.room(n, np.dtype(dtype)) for dtype in DTYPES.values()]
    copying.read_into(
        "SELECT user_code, coalesce(item_code, -1), event, coalesce(value, 'NaN')::float4, "
        f"coalesce(at, {NO_TIME}) FROM {table} ORDER BY line",
        columns,
        lambda: space.release(*columns),
    )
    users, items, events, values, at = columns
    ends = space.ends(at)
    return Rows(users, items, events, values, None if ends and ends[0] == NO_TIME else at)


def resolve(parts: Sequence[Rows]) -> Resolved:
    """All parts as one log in (time, import, line) order; of equal events the last line stays.

    Equal = same user, item, event and time; where any part has no time, time counts nowhere, nor
    where some parts have a clock and others an order only.
    Each part alone holds no equal rows: cleaning took them out. The parts are spent: a single one
    is put in order where it is.
    """
    filled = [part for part in parts if len(part)]
    timed = bool(filled) and all(part.at is not None for part in filled)
    timed = timed and len({part.order_only for part in filled}) == 1
    if len(filled) < 2:
        return Resolved(_by_time(_concatenate(filled or parts, timed)), 0, 0)
    whole = _concatenate(filled, timed)
    found = tasks.repeated(whole.columns, len(whole) - len(filled[-1]))
    rows = pack(whole, found.kept)
    overlap = found.late if parts[-1] is filled[-1] else 0
    return Resolved(_by_time(rows), len(whole) - len(rows), overlap)


def _by_time(rows: Rows) -> Rows:
    """In the order of time; what is in it already is not moved, as most logs are."""
    at, space = rows.at, tasks.workspace()
    if at is None or all(_rises(at, each) for each in space.slices(len(at), at)):
        return rows
    space.by_time(at, rows.users, rows.items, rows.events, rows.values)
    return rows


def _rises(at: np.ndarray, each: slice) -> bool:
    """From the row before the slice to its end no time is before the one above it."""
    part = at[max(each.start - 1, 0) : each.stop]
    return bool((part[1:] >= part[:-1]).all())


def _concatenate(parts: Sequence[Rows], timed: bool) -> Rows:
    if not parts:
        codes = np.empty(0, np.int32)
        return Rows(codes, codes, codes.astype(np.int16), codes.astype(np.float32), None)
    if len(parts) == 1:
        return parts[0]
    space, n = tasks.workspace(), sum(map(len, parts))
    names = [name for name in DTYPES if timed or name != "at"]
    made: dict[str, np.ndarray | None] = {"at": None}
    for name in names:
        into, done = space.room(n, np.dtype(DTYPES[name])), 0
        for part in parts:
            column = part.columns[name]
            for each in space.slices(len(part), column, into):
                into[done + each.start : done + each.stop] = column[each]
            done += len(part)
        made[name] = into
    return Rows(**made)  # type: ignore[arg-type]
