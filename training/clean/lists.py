"""Files of a user a line: `user item item ...` in order, or `count item item ...`.

Sequences name the user first, and the places of the items are an order without a clock. In counted
files the line's number is the user, from 1, and the first cell says how many items follow.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl

from training.clean import sniff
from training.clean.reasons import Refused, Value
from training.clean.report import BadRow, Note, Options
from training.clean.source import Source
from training.clean.table import SAMPLE, Chunk, Table, sampled, shown

EVENTS = 100_000  # of a chunk
HEADERS = {"sequences": ("user", "item", "at"), "counted": ("user", "item")}
FORMATS = ("events", *HEADERS)


class Lists(Table):
    """One row an item; its line is its number among all items, for a line holds many of them."""

    def __init__(self, source: Source, options: Options) -> None:
        super().__init__(options.limits, source.size)
        self.format = options.format
        self.header = HEADERS[options.format]
        self.ordered = options.format == "sequences"
        self.encoding = sniff.find_encoding(source.head, options.encoding)
        self.empty = 0  # lines with a user and no items
        self.first_empty = 0
        self._bytes = source.open()
        try:
            self.sample = sampled(self._top())
        finally:
            self._bytes.close()
        self._bytes = source.open()

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()

    def notes(self) -> list[Note]:
        """Blank lines, and users who brought nothing."""
        notes = super().notes()
        if self.empty:
            notes.append(Note("users-empty", {"count": self.empty, "line": self.first_empty}))
        return notes

    def _done(self) -> int:
        return self._bytes.done()

    def _top(self) -> list[list[str]]:
        """Rows of the first lines."""
        rows: list[list[str]] = []
        for number, cells in self._lines():
            user, items, fault = self._read(number, cells)
            if fault is None:
                found = enumerate(items[: SAMPLE - len(rows)])
                rows += [[user, item, str(place)][: len(self.header)] for place, item in found]
            if number >= SAMPLE or len(rows) >= SAMPLE:
                break
        if not rows:
            raise Refused("no-lists", form=self.format)
        return rows

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """(line from 1, its cells); blank lines, too, for their numbers count."""
        limit = self.limits.line
        # kept, as its end would close the file before the last progress is told
        self._text = source = io.TextIOWrapper(self._bytes, encoding=self.encoding)
        number = 0
        while line := source.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise Refused("line-too-long", line=number, limit=limit)
            yield number, line.split()

    def _read(
        self, number: int, cells: list[str]
    ) -> tuple[str, list[str], tuple[str, dict[str, Value]] | None]:
        """User and items of a line, and what is wrong with it."""
        if self.ordered:
            return (cells[0] if cells else "", cells[1:], None)
        items = cells[1:]
        if cells and cells[0] != str(len(items)):
            return "", [], ("count-wrong", {"said": cells[0][:20], "found": len(items)})
        return str(number), items, None

    def _chunks(self) -> Iterator[Chunk]:
        seen: dict[str, int] = {}
        part = _Part(0)
        for number, cells in self._lines():
            user, items, fault = self._read(number, cells)
            self.blank += not cells
            if self.ordered and cells:
                first = seen.setdefault(user, number)
                if first != number:
                    fault = ("user-twice", {"user": user[:100], "line": first})
            if fault is not None:
                text = shown(" ".join(cells))
                part.broken.append(BadRow(number, "", fault[0], fault[1], text))
            elif items:
                part.add(user, items)
            elif cells:
                self.empty += 1
                self.first_empty = self.first_empty or number
            if len(part.items) + len(part.broken) >= EVENTS:
                yield part.chunk(self.header)
                part = _Part(part.last)
        if part.items or part.broken:
            yield part.chunk(self.header)


class _Part:
    """Rows on their way into one chunk; first: how many came before."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.users: list[str] = []
        self.items: list[str] = []
        self.places: list[str] = []
        self.broken: list[BadRow] = []

    @property
    def last(self) -> int:
        return self.first + len(self.items)

    def add(self, user: str, items: list[str]) -> None:
        self.users += [user] * len(items)
        self.items += items
        self.places += map(str, range(len(items)))

    def chunk(self, header: tuple[str, ...]) -> Chunk:
        columns = (self.users, self.items, self.places)[: len(header)]
        made = Chunk()
        frame = pl.DataFrame(
            [pl.Series(name, cells, pl.String) for name, cells in zip(header, columns, strict=True)]
        )
        made.fill(frame, list(range(self.first + 1, self.last + 1)))
        made.broken = self.broken
        return made
