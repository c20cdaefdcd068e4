"""The rows of a text table with the physical line each one starts on, in bounded memory.

Python's csv in strict mode is the rule: it alone keeps line numbers, reads lone CR and stops at a
broken quote instead of guessing. plain.py reads blocks without quotes by columns, to the same rule.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from training.clean import plain, sniff
from training.clean.reasons import Refused, Value
from training.clean.report import BadRow, Kind, Options
from training.clean.source import HEAD, Source
from training.clean.table import SAMPLE, Chunk, Table, check_header, sampled, shown

BLOCK = 2**20  # characters read at a time
STRAY = ["\n"]  # stands for a line that csv gives up: no cell of a line holds its end


class Lines(Chunk):
    """A chunk of text: its rows can be shown as they stand in the file."""

    def __init__(self, block: str, first: int) -> None:
        super().__init__()
        self.ends: list[int] = []  # the physical line on which rows[i] ends
        self.first = first  # the physical line with which the block starts
        self._block = block
        self._raw: list[str] | None = None

    @property
    def raw(self) -> list[str]:
        """The physical lines of the block, and those that its last row took from beyond it."""
        if self._raw is None:
            self._raw = list(io.StringIO(self._block, newline=""))
        return self._raw

    def text(self, start: int, end: int) -> str:
        """The raw text of physical lines start to end, at most 2,000 characters."""
        return shown("".join(self.raw[start - self.first : end - self.first + 1]))

    def raw_row(self, place: int) -> str:
        """The row as it stands in the file."""
        return self.text(self.lines[place], self.ends[place])


class Text(Table):
    """An open text table: encoding and delimiter found, header read, rows to come by chunks.

    Raises Refused from the start on for whatever makes the whole file useless.
    """

    def __init__(self, source: Source, kind: Kind, options: Options) -> None:
        super().__init__(options.limits, source.size)
        self.encoding = sniff.find_encoding(source.head, options.encoding)
        with self._open(source) as top:
            lines = _top(top)
        self._source = self._open(source)
        try:
            self.delimiter = sniff.find_delimiter(lines, kind, options.delimiter)
            self._line = 0  # physical lines read so far
            self.header = self._read_header() if options.header else self._number(lines)
            self.sample = self._sample(lines)
        except BaseException:
            self.close()
            raise

    def _open(self, source: Source) -> io.TextIOWrapper:
        self._bytes = source.open()
        return io.TextIOWrapper(self._bytes, encoding=self.encoding, newline="")

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _done(self) -> int:
        return self._bytes.done()

    def _chunks(self) -> Iterator[Lines]:
        while block := self._block():
            chunk = Lines(block, self._line + 1)
            if not self._fast(chunk, block):
                self._slow(chunk)
            yield chunk

    def _block(self) -> str:
        """About a million characters that end with a line; "" at the end of the file."""
        block = self._source.read(BLOCK)
        if block and not block.endswith("\n"):  # after a \r the \n of the same line end may come
            block += self._source.readline(self.limits.line + 1)
        return block

    def _fast(self, chunk: Lines, block: str) -> bool:
        """Read a block in which every row is one line; False leaves it to the slow reader."""
        width = len(self.header)
        found = plain.split(block, self.delimiter, width, self.limits.cell)
        if found is None:
            return self._quoted(chunk, block)
        parsed = [(line, self._alone(text)) for line, text in found.odd]
        if any(row is None for _, row in parsed):
            return False  # a quote runs on into the next line
        start = self._line + 1
        self._line += found.lines
        good, lines = found.frame, found.good
        more = [(line, row) for line, row in parsed if row is not None and len(row) == width]
        if more:
            good = pl.concat([good, _frame([row for _, row in more], width)])
            lines = np.append(lines, [line for line, _ in more])
            order = np.argsort(lines)
            good, lines = good[order], lines[order]
        chunk.fill(good, (lines + start).tolist())
        chunk.ends = chunk.lines
        for line, row in parsed:
            if row == STRAY:
                text = chunk.text(start + line, start + line)
                chunk.broken.append(BadRow(start + line, "", "quote-stray", {}, text))
            elif row is not None and len(row) != width:
                self._odd(chunk, row, start + line, start + line)
        return True

    def _alone(self, text: str) -> list[str] | None:
        """The cells of one line, STRAY where csv gives up, None where the row goes on after it."""
        if '"' not in text:
            return text.split(self.delimiter)
        try:
            return next(csv.reader([text], delimiter=self.delimiter, strict=True), [])
        except csv.Error as error:
            return None if "unexpected end" in str(error) else STRAY

    def _quoted(self, chunk: Lines, block: str) -> bool:
        """The same where something is quoted, or a line ends in CR alone."""
        if max(map(len, block.split("\n"))) > self.limits.cell:
            return False
        reader = csv.reader(io.StringIO(block, newline=""), delimiter=self.delimiter, strict=True)
        try:
            rows = list(reader)
        except csv.Error:
            return False
        if reader.line_num != len(rows):
            return False
        start, width = self._line + 1, len(self.header)
        self._line += len(rows)
        if set(map(len, rows)) == {width}:
            chunk.fill(_frame(rows, width), list(range(start, start + len(rows))))
            chunk.ends = chunk.lines
            return True
        for line, row in enumerate(rows, start):
            self._place(chunk, row, line, line)
        return True

    def _slow(self, chunk: Lines) -> None:
        """Read a block row by row; its last row may run on into lines beyond it."""
        size = len(chunk.raw)
        reader = csv.reader(self._feed(chunk), delimiter=self.delimiter, strict=True)
        while self._line - chunk.first + 1 < size:
            start = self._line + 1
            try:
                row = next(reader)
            except csv.Error as error:
                chunk.broken.append(self._broken(chunk, error, start))
                continue
            if self._line > start or len(chunk.raw[start - chunk.first]) > self.limits.cell:
                self._long(chunk, row, start)
            else:
                self._place(chunk, row, start, start)

    def _feed(self, chunk: Lines) -> Iterator[str]:
        while True:
            place = self._line + 1 - chunk.first
            if place == len(chunk.raw):
                chunk.raw.append(self._source.readline(self.limits.line + 1))
            line = chunk.raw[place]
            if not line:
                return
            self._line += 1
            if len(line) > self.limits.line:
                raise Refused("line-too-long", line=self._line, limit=self.limits.line)
            yield line

    def _place(self, chunk: Lines, row: list[str], start: int, end: int) -> None:
        """Put a row where it belongs: with the good ones, the broken ones, or nowhere (blank)."""
        if len(row) == len(self.header):
            chunk.rows.append(row)
            chunk.lines.append(start)
            chunk.ends.append(end)
        else:
            self._odd(chunk, row, start, end)

    def _odd(self, chunk: Lines, row: list[str], start: int, end: int) -> None:
        """A row of another width than the header is broken, or blank and nothing at all."""
        if any(cell.strip() for cell in row):
            code = "row-too-long" if len(row) > len(self.header) else "row-too-short"
            args: dict[str, Value] = {"found": len(row), "expected": len(self.header)}
            chunk.broken.append(BadRow(start, "", code, args, chunk.text(start, end)))
        else:
            self.blank += end - start + 1

    def _long(self, chunk: Lines, row: list[str], start: int) -> None:
        """A row over several lines or in a long one: its cells are measured."""
        longest = max(range(len(row)), key=lambda place: len(row[place]), default=0)
        if row and len(row[longest]) > self.limits.cell:
            column = self.header[longest] if longest < len(self.header) else ""
            args: dict[str, Value] = {"limit": self.limits.cell}
            chunk.broken.append(BadRow(start, column, "cell-too-long", args, raw=""))
        else:
            self._place(chunk, row, start, self._line)

    def _broken(self, chunk: Lines, error: csv.Error, start: int) -> BadRow:
        """A row that csv gave up. A quote over the end or over too much refuses the file."""
        message = str(error)
        too_long = "field limit" in message
        if "unexpected end" in message or (too_long and self._line > start):
            raise Refused("quote-unclosed", line=start, limit=csv.field_size_limit())
        if too_long:
            return BadRow(start, "", "cell-too-long", {"limit": self.limits.cell}, raw="")
        return BadRow(start, "", "quote-stray", {}, chunk.text(start, self._line))

    def _read_header(self) -> tuple[str, ...]:
        reader = csv.reader(self._feed(Lines("", 1)), delimiter=self.delimiter, strict=True)
        try:
            row = next((row for row in reader if any(cell.strip() for cell in row)), None)
        except csv.Error as error:
            raise Refused("header-unreadable", line=self._line) from error
        if row is None:
            raise Refused("empty")
        return check_header(row, self.limits, self._line)

    def _number(self, top: list[str]) -> tuple[str, ...]:
        """Columns by their number, as many as the first row has cells: no line is used up."""
        rows = csv.reader(top, delimiter=self.delimiter)
        try:
            first = next((row for row in rows if any(cell.strip() for cell in row)), None)
        except csv.Error as error:
            raise Refused("header-unreadable", line=1) from error
        if first is None:
            raise Refused("empty")
        return check_header([str(place) for place in range(1, len(first) + 1)], self.limits, 1)

    def _sample(self, top: list[str]) -> list[list[str]]:
        """Rows of the first lines that fit the header, for guesses."""
        rows: list[list[str]] = []
        reader = csv.reader(top[self._line :], delimiter=self.delimiter)
        try:
            rows.extend(row for row in reader if len(row) == len(self.header))
        except csv.Error:
            pass  # the rows before it do
        return sampled(rows)


def _frame(rows: list[list[str]], width: int) -> pl.DataFrame:
    """Rows of `width` cells as columns, named as plain.py does."""
    columns = zip(*rows, strict=True) if rows else [()] * width
    return pl.DataFrame([pl.Series(str(n), cells, pl.String) for n, cells in enumerate(columns)])


def _top(source: io.TextIOWrapper) -> list[str]:
    """The first lines, read apart from the rest so that the reader starts at line 1."""
    lines: list[str] = []
    size = 0
    while len(lines) < SAMPLE and size < HEAD:
        line = source.readline(HEAD)
        if not line:
            break
        lines.append(line)
        size += len(line)
    return lines


def undecodable(path: Path, options: Options) -> Refused:
    """The refusal of a file that does not decode, with the line of the first wrong byte."""
    opened = Source(path, options.limits)
    encoding = sniff.find_encoding(opened.head, options.encoding)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, last = 1, ""
    with opened.open() as source:
        while True:
            block = source.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = bytes(error.object[: error.start]).decode(encoding, "ignore")
                byte = bytes(error.object[error.start : error.start + 1]).hex().upper()
                line = lines + _breaks(last, before)
                shown_as = encoding.removesuffix("-sig")
                return Refused("not-decodable", line=line, encoding=shown_as, byte=byte)
            if not block:
                return Refused("not-decodable", line=lines, encoding=encoding, byte="")
            lines += _breaks(last, text)
            last = text[-1:] or last


def _breaks(last: str, text: str) -> int:
    """Line ends in text (LF, CR, CRLF), when `last` came before it."""
    both = text.count("\r\n") + (last == "\r" and text.startswith("\n"))
    return text.count("\n") + text.count("\r") - both
