"""Item files and user files: one row per id, the last line wins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from training.clean import modalities
from training.clean.account import Account
from training.clean.ids import Ids, name_of, twins
from training.clean.report import Catalogue, Kind, Options, People, Progress
from training.clean.table import Fault, Table

SEPARATORS = ("|", ";", "、", "，", ",")
NO_CATEGORY = ("(no genres listed)",)
IN_TITLE = re.compile(r"\(([0-9]{4})\)\s*$")
YEAR = re.compile(r"([0-9０-９]{4})(?:\.0+)?(?:[-/年－／].*)?")
BAD_TEXT = re.compile(r"\x00")  # the one character that a Postgres text cannot hold


def clean_items(
    table: Table, given: Mapping[str, str] | None, options: Options, progress: Progress | None
) -> Catalogue:
    """Check every row of an item table. Raises Refused; lets through what progress raises."""
    account = Account(table, "items", given, options)
    ids, rows, lines, duplicates = _read(account, "item", options, progress)
    titles = _field(account, rows, "title")
    untitled = sum(not title for title in titles)
    if untitled and "title" in account.places:
        account.note("titles-missing", count=untitled)
    attributes = _rest(account, rows)
    for each in modalities.read(attributes):
        length = int(each.vectors.shape[1])
        account.note("vectors", name=each.name, count=each.known, length=length)
        if each.unread:
            name, count = each.column, each.unread
            account.note("vectors-unreadable", name=name, count=count, length=length)
    return Catalogue(
        categories=_categories(account, rows),
        years=_years(account, rows, titles),
        descriptions=tuple(_field(account, rows, "text")),
        attributes=attributes,
        report=account.report(accepted=len(rows), duplicates=duplicates),
        item_ids=ids,
        titles=tuple(title or name for title, name in zip(titles, ids, strict=True)),
        lines=lines,
    )


def clean_users(
    table: Table, given: Mapping[str, str] | None, options: Options, progress: Progress | None
) -> People:
    """Check every row of a user table. Raises Refused; lets through what progress raises."""
    account = Account(table, "users", given, options)
    ids, rows, lines, duplicates = _read(account, "user", options, progress)
    report = account.report(accepted=len(rows), duplicates=duplicates)
    return People(report, ids, _rest(account, rows), lines)


Rows = list[list[str]]


def _read(
    account: Account, field: Kind | str, options: Options, progress: Progress | None
) -> tuple[tuple[str, ...], Rows, np.ndarray, int]:
    """(ids, rows, lines, duplicates) of the good rows, in line order, one row an id."""
    ids = Ids(options)
    place = account.places.get(field)
    if place is None:
        account.note("items-numbered")
    last: dict[int, tuple[int, list[str]]] = {}
    duplicates = 0
    for chunk in account.table.chunks(progress):
        faults: dict[int, Fault] = account.headers(chunk)
        for row, cells in enumerate(chunk.rows):
            if row in faults:
                continue
            fault = _fault(account, ids, cells, place)
            if fault:
                faults[row] = fault
                continue
            name = f"row-{options.anonymous}-{chunk.lines[row]}"
            code = ids[name if place is None else cells[place]]
            duplicates += last.pop(code, None) is not None  # popped: the last line's place counts
            last[code] = (chunk.lines[row], cells)
        account.chunk(chunk, faults)
    names = tuple(ids.texts[code] for code in last)
    if ids.trimmed:
        account.note("ids-trimmed", count=ids.trimmed)
    account.notes += twins(names)
    lines = np.array([line for line, _ in last.values()], dtype=np.int64)
    return names, [cells for _, cells in last.values()], lines, duplicates


def _fault(account: Account, ids: Ids, cells: Sequence[str], place: int | None) -> Fault | None:
    if place is not None and (code := ids[cells[place]]) < 0:
        return (account.table.header[place], *ids.fault(code))
    for name, cell in zip(account.table.header, cells, strict=True):
        found = BAD_TEXT.search(cell)
        if found:
            return (name, "text-control-character", {"character": name_of(found[0])})
    return None


def _field(account: Account, rows: Rows, field: str) -> list[str]:
    place = account.places.get(field)
    return [""] * len(rows) if place is None else [row[place].strip() for row in rows]


def _categories(account: Account, rows: Rows) -> tuple[tuple[str, ...], ...]:
    """Categories of each item, split by the first separator that 1 % of the filled cells hold.

    One separator for the whole column: else a name such as "Arts, Crafts" would fall apart.
    """
    cells = [cell for cell in _field(account, rows, "categories")]
    filled = [cell for cell in cells if cell]
    found = next(
        (sign for sign in SEPARATORS if sum(sign in cell for cell in filled) > len(filled) / 100),
        None,
    )
    if found:
        account.note("categories-separator", separator=found)
    return tuple(_split(cell, found) for cell in cells)


def _split(cell: str, separator: str | None) -> tuple[str, ...]:
    parts = cell.split(separator) if separator else [cell]
    names = (part.strip() for part in parts)
    return tuple(dict.fromkeys(name for name in names if name and name not in NO_CATEGORY))


def _years(account: Account, rows: Rows, titles: Sequence[str]) -> np.ndarray:
    """Years float32 (n,): of the column, else of a title that ends in "(1995)", else NaN."""
    years = np.full(len(rows), np.nan, dtype=np.float32)
    unread = 0
    for place, cell in enumerate(_field(account, rows, "year")):
        found = YEAR.fullmatch(cell) if cell else IN_TITLE.search(titles[place])
        if found:
            years[place] = int(found[1])
        unread += bool(cell) and not found
    if unread:
        account.note("years-unreadable", count=unread)
    return years


def _rest(account: Account, rows: Rows) -> tuple[dict[str, str], ...]:
    """The columns that no field took, empty cells left out."""
    taken = set(account.places.values())
    header = account.table.header
    others = [(place, name) for place, name in enumerate(header) if place not in taken]
    return tuple(
        {name: row[place].strip() for place, name in others if row[place].strip()} for row in rows
    )
