"""JSON lines: one object a line. Numbers stay the text that they are, so 4.50 and 007 survive."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from training.clean import sniff
from training.clean.reasons import Refused, Value
from training.clean.report import BadRow, Note, Options
from training.clean.source import Source
from training.clean.table import SAMPLE, Chunk, Table, check_header, place, sampled, shown

LINE = 4 * 2**20  # characters of a line: a row, not a document
DEEP = 16  # objects within objects that become columns such as device.os
ROWS = 20_000  # rows of a chunk
SIZE = 2**22  # and characters


class Faulty(Exception):
    """A line that is no row: code and arguments of its reason, and the column if there is one."""

    def __init__(self, code: str, place: str = "", **details: Value) -> None:
        super().__init__(code)
        self.code, self.place, self.details = code, place, details


class Deep(Exception):
    """An object that no row of a table can be."""


class JsonLines(Table):
    """Columns are the keys of the first 200 lines; objects within become `outer.inner`."""

    def __init__(self, source: Source, options: Options) -> None:
        super().__init__(options.limits, source.size)
        self.encoding = sniff.find_encoding(source.head, options.encoding)
        self._late = 0
        self._late_key = ""
        self._bytes = source.open()
        try:
            top = self._top()
            self.header = check_header(list(self._keys), self.limits, line=1)
            self.sample = sampled([self._cells(row) for row in top])
        finally:
            self._bytes.close()
        self._late = self.blank = 0
        self._bytes = source.open()

    def notes(self) -> list[Note]:
        """How many lines hold keys that came too late to be a column."""
        late = [Note("keys-late", {"count": self._late, "key": self._late_key})] * bool(self._late)
        return [*super().notes(), *late]

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()

    def _done(self) -> int:
        return self._bytes.done()

    def _top(self) -> list[dict[str, str]]:
        """The first rows; their keys, in order of appearance, become the columns."""
        rows: list[dict[str, str]] = []
        first: tuple[int, str] | None = None
        for line, text in self._lines():
            if line > SAMPLE:
                break
            first = first or (line, text)
            try:
                rows.append(_flat(text))
            except Deep:
                raise Refused("json-too-deep", line=line) from None
            except Faulty:
                continue
        if first is None:
            raise Refused("empty")
        if not rows:
            raise Refused("no-json-lines", line=first[0], first=shown(first[1][:100]))
        keys = dict.fromkeys(key for row in rows for key in row)
        self._keys = {key: place for place, key in enumerate(keys)}
        return rows

    def _lines(self) -> Iterator[tuple[int, str]]:
        """(physical line, text) of the lines that are not blank."""
        limit = min(self.limits.line, LINE)
        # kept, as its end would close the file before the last progress is told
        self._text = source = io.TextIOWrapper(self._bytes, encoding=self.encoding, newline="\n")
        number = 0
        while line := source.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise Refused("line-too-long", line=number, limit=limit)
            if line := line.strip(" \t\r\n"):
                yield number, line
            else:
                self.blank += 1

    def _chunks(self) -> Iterator[Chunk]:
        chunk, size = Chunk(), 0
        for line, text in self._lines():
            try:
                place(chunk, self._cells(_flat(text)), line, self.header, self.limits)
            except Deep:
                raise Refused("json-too-deep", line=line) from None
            except Faulty as fault:
                broken = BadRow(line, fault.place, fault.code, fault.details, shown(text))
                chunk.broken.append(broken)
            size += len(text)
            if len(chunk.rows) + len(chunk.broken) >= ROWS or size > SIZE:
                yield chunk
                chunk, size = Chunk(), 0
        if chunk.rows or chunk.broken:
            yield chunk

    def _cells(self, row: dict[str, str]) -> list[str]:
        cells = [""] * len(self._keys)
        for key, cell in row.items():
            spot = self._keys.get(key)
            if spot is not None:
                cells[spot] = cell
            else:
                self._late_key = self._late_key or shown(key[:100])
                self._late += 1
        return cells


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Faulty("json-key-twice", key=shown(twice[:100]))
    return found


def _constant(value: str) -> str:
    raise Faulty("json-not-finite", value=value)


DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=str, parse_float=str, parse_constant=_constant
)
PLAIN = {True: "true", False: "false", None: ""}


def _flat(line: str) -> dict[str, str]:
    """Key -> cell of one line. Raises Faulty, Deep."""
    try:
        found = DECODER.decode(line)
    except RecursionError:
        raise Deep from None
    except ValueError:
        raise Faulty("json-unreadable") from None
    if not isinstance(found, dict):
        raise Faulty("json-no-object")
    row: dict[str, str] = {}
    _fill(row, "", found, 0)
    if "\\u" in line:  # the one way in for half a character, which no database takes
        try:
            "".join((*row, *row.values())).encode()
        except UnicodeEncodeError:
            raise Faulty("json-unreadable") from None
    return row


def _fill(row: dict[str, str], before: str, found: dict[str, Any], depth: int) -> None:
    if depth > DEEP:
        raise Deep
    for key, value in found.items():
        name = before + key
        if type(value) is dict:
            _fill(row, f"{name}.", value, depth + 1)
            continue
        if name in row:
            raise Faulty("json-key-twice", key=shown(name[:100]))
        row[name] = value if type(value) is str else _cell(name, value)


def _cell(name: str, value: Any) -> str:  # whatever JSON may hold
    if not isinstance(value, list):
        return PLAIN[value]
    if any(isinstance(part, dict | list) for part in value):
        column = shown(name[:100])
        raise Faulty("json-nested", column, column=column)
    return "|".join(part if isinstance(part, str) else PLAIN[part] for part in value)
