"""Files to tables of codes: event tables, sequences of a user a line, counted lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training import clean
from training.clean.reasons import REASONS
from training.cli.wrong import Wrong

EVENT = "view"  # of formats that know of one kind


@dataclass(frozen=True)
class Table:
    """Rows of one file in line order, ids as text; columns as in training.log.Log.

    at: epoch seconds; for sequences the place in the line (`ordered`: an order, no clock); or None.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    event_names: tuple[str, ...]
    users: np.ndarray
    items: np.ndarray
    events: np.ndarray
    values: np.ndarray
    at: np.ndarray | None
    ordered: bool = False
    left_out: int = 0  # rows that cleaning put aside


def read(path: Path, kind: str) -> Table:
    """The table of a file. kind: events, sequences or counted. Raises Wrong naming the line."""
    if kind == "events":
        return _events(path)
    lines = _sequences(path) if kind == "sequences" else _counted(path)
    return _table(path, list(lines), ordered=kind == "sequences")


def refusal(path: Path, error: clean.Refused) -> Wrong:
    """Why a whole CSV was turned away, as one sentence."""
    return Wrong(f"{path.name}: {error}")


def bad_share(path: Path, report: clean.Report) -> None:
    """Raise Wrong when so many rows are bad that the file is another one than was meant."""
    if not report.needs_decision:
        return
    first = report.quarantine[0]
    why = REASONS[first.code][0].format(**first.args)
    raise Wrong(
        f"{path.name}: {report.quarantined} of {report.rows_in} rows cannot be used, first line "
        f"{first.line}: {why}. Mend or remove them."
    )


def _events(path: Path) -> Table:
    try:
        found = clean.clean(path, "interactions")
    except clean.Refused as error:
        raise refusal(path, error) from None
    bad_share(path, found.report)
    return Table(
        user_ids=found.user_ids,
        item_ids=found.item_ids,
        event_names=found.event_names,
        users=found.users,
        items=found.items,
        events=found.events,
        values=found.values,
        at=found.at,
        left_out=found.report.quarantined,
    )


Line = tuple[str, list[str]]  # user, items


def _sequences(path: Path) -> Iterator[Line]:
    seen: dict[str, int] = {}
    for number, cells in _cells(path):
        if not cells:
            continue
        if cells[0] in seen:
            raise Wrong(
                f"{path.name}, line {number}: user {cells[0]!r} stands in line {seen[cells[0]]} "
                "already; a user is one line"
            )
        seen[cells[0]] = number
        yield cells[0], cells[1:]


def _counted(path: Path) -> Iterator[Line]:
    for number, cells in _cells(path):
        if not cells:  # an empty line still counts: its number is a user
            yield str(number), []
            continue
        if cells[0] != str(len(cells) - 1):
            raise Wrong(
                f"{path.name}, line {number}: it says {cells[0][:20]!r} items and holds "
                f"{len(cells) - 1}; a line is: count item item ..."
            )
        yield str(number), cells[1:]


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig") as source:
            for number, line in enumerate(source, start=1):
                yield number, line.split()
    except UnicodeDecodeError as error:
        raise Wrong(f"{path.name} is not UTF-8 text ({error.reason})") from None


def _table(path: Path, lines: list[Line], *, ordered: bool) -> Table:
    ids = sorted({item for _, items in lines for item in items}, key=_by_number)
    if not ids:
        raise Wrong(f"{path.name} holds no item")
    codes = {name: code for code, name in enumerate(ids)}
    counts = np.array([len(items) for _, items in lines])
    total = int(counts.sum())
    starts = np.cumsum(counts) - counts
    place = np.arange(total) - np.repeat(starts, counts)
    return Table(
        user_ids=tuple(user for user, _ in lines),
        item_ids=tuple(ids),
        event_names=(EVENT,),
        users=np.repeat(np.arange(len(lines), dtype=np.int32), counts),
        items=np.array([codes[item] for _, items in lines for item in items], dtype=np.int32),
        events=np.zeros(total, dtype=np.int16),
        values=np.full(total, np.nan, dtype=np.float32),
        at=place.astype(np.int64) if ordered else None,
        ordered=ordered,
    )


def _by_number(name: str) -> tuple[bool, int, str]:
    """Numbers in their order, before texts: ties go to the lower code as the file counts them."""
    plain = name.isascii() and name.isdecimal()
    return (not plain, int(name) if plain else 0, name)
