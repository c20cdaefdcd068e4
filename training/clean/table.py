"""What every reader hands on: chunks of rows as text, each row with the line it came from."""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import polars as pl

from training.clean.reasons import Refused, Value
from training.clean.report import BadRow, Limits, Note, Progress

SAMPLE = 200  # lines looked at before a delimiter, a mapping and a scale are settled
RAW = 2000  # characters of a quarantined row that are kept

Fault = tuple[str, str, dict[str, Value]]  # column, code, args


class Chunk:
    """Rows of the right width, the line each starts on, and the broken rows between them.

    A reader fills `rows`, or `frame` where it has whole columns (String, never null): who wants
    the other form gets it made.
    """

    def __init__(self) -> None:
        self._rows: list[list[str]] | None = []
        self.frame: pl.DataFrame | None = None
        # physical line (or row of the sheet) on which rows[i] starts
        self.lines: list[int] = []
        self.broken: list[BadRow] = []

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def rows(self) -> list[list[str]]:
        """The rows as lists of cells."""
        if self._rows is None:
            columns = [] if self.frame is None else [column.to_list() for column in self.frame]
            self._rows = [list(row) for row in zip(*columns, strict=True)]
        return self._rows

    def fill(self, frame: pl.DataFrame, lines: list[int]) -> None:
        """All rows at once, by columns; lines: on which each of them starts."""
        self._rows, self.frame, self.lines = None, frame, lines

    def cells(self, place: int) -> pl.Series:
        """The column at `place`: String (n,), never null."""
        if self.frame is not None:
            return self.frame.to_series(place)
        return pl.Series([row[place] for row in self.rows], dtype=pl.String)

    def raw_row(self, place: int) -> str:
        """The row at `place` as it is shown to people; here as a line of CSV."""
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(self.row(place))
        return shown(out.getvalue())

    def row(self, place: int) -> list[str]:
        """The cells of the row at `place`."""
        return list(self.frame.row(place)) if self.frame is not None else self.rows[place]

    def bad(self, place: int, fault: Fault) -> BadRow:
        """The row at `place` as a quarantined one."""
        column, code, args = fault
        return BadRow(self.lines[place], column, code, args, self.raw_row(place))


class Table(ABC):
    """An open table: header read, a sample of rows taken, all rows to come by chunks.

    form: text, jsonl, parquet, xlsx or lists; delimiter: "" where nothing is separated by one;
    ordered: the column of times holds places in an order and no times.
    """

    form = "text"
    ordered = False
    encoding = ""
    delimiter = ""
    blank = 0  # lines that are no rows: skipped, and said

    def __init__(self, limits: Limits, size: int) -> None:
        self.limits = limits
        self.size = size  # bytes of the file as it came, packed or not
        self.packed = False
        self.header: tuple[str, ...] = ()
        self.sample: list[list[str]] = []

    def chunks(self, progress: Progress | None = None) -> Iterator[Chunk]:
        """All rows below the header. progress(rows, bytes, bytes in all) may raise to stop."""
        count = 0
        for chunk in self._chunks():
            count += len(chunk) + len(chunk.broken)
            if count > self.limits.rows:
                raise Refused("too-many-rows", limit=self.limits.rows)
            if progress is not None:
                progress(count, min(self._done(), self.size), self.size)
            yield chunk

    def notes(self) -> list[Note]:
        """What the reader has to say once all rows are read."""
        return [Note("blank-lines", {"count": self.blank})] if self.blank else []

    def close(self) -> None:  # noqa: B027 (not every table holds a file open)
        """Close the file."""

    @abstractmethod
    def _chunks(self) -> Iterator[Chunk]:
        """The rows of the file, in its order."""

    @abstractmethod
    def _done(self) -> int:
        """Bytes of the file that were read so far."""


def shown(text: str) -> str:
    """At most 2,000 characters that any database takes."""
    return text[:RAW].rstrip("\r\n").replace("\x00", "␀")


def place(chunk: Chunk, row: list[str], line: int, header: Sequence[str], limits: Limits) -> None:
    """Put a row of cells with the good ones, or with the broken ones for its width or length."""
    if len(row) != len(header):
        code = "row-too-long" if len(row) > len(header) else "row-too-short"
        args: dict[str, Value] = {"found": len(row), "expected": len(header)}
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow([cell[:RAW] for cell in row])
        chunk.broken.append(BadRow(line, "", code, args, shown(out.getvalue())))
        return
    if max(map(len, row)) > limits.cell:
        longest = max(range(len(row)), key=lambda place: len(row[place]))
        more: dict[str, Value] = {"limit": limits.cell}
        chunk.broken.append(BadRow(line, header[longest], "cell-too-long", more, raw=""))
        return
    chunk.rows.append(row)
    chunk.lines.append(line)


def check_header(names: Sequence[str], limits: Limits, line: int) -> tuple[str, ...]:
    """Column names without blanks around them, "(3)" for an empty third one.

    Raises Refused on too many, control characters, a name that stands twice.
    """
    if len(names) > limits.columns:
        raise Refused("too-many-columns", columns=len(names), limit=limits.columns)
    plain = [name.strip().removeprefix("\ufeff") for name in names]
    header = tuple(name or f"({place})" for place, name in enumerate(plain, start=1))
    for name in header:
        if any(letter < " " for letter in name):
            raise Refused("header-control-character", line=line)
        if header.count(name) > 1:
            raise Refused("column-twice", column=name, line=line)
    return header


def sampled(rows: Sequence[list[str]]) -> list[list[str]]:
    """Rows for guesses and for showing."""
    return [[cell.replace("\x00", "␀") for cell in row] for row in rows[:SAMPLE]]
