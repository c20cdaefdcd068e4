"""XLSX: the first sheet as text, row by row. Lines are the sheet's own row numbers."""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from training.clean.reasons import Refused
from training.clean.report import Limits, Note
from training.clean.source import GRACE, Source
from training.clean.table import SAMPLE, Chunk, Table, check_header, place, sampled

ROWS = 5_000  # rows of a chunk
SIZE = 2**24  # and characters
LAST = 1_048_576  # no sheet has more rows
ENTRIES = 1_000
DIRECTORY = 2**20  # bytes of the zip's list of entries
PARTS = 16  # a part that is held in memory (all but the sheets) has this share of what may unpack


class Sheet(Table):
    """The first sheet of an open workbook."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.limits, source.size)
        self._file = source.file()
        self._others: list[str] = []
        self._seen = 0
        try:
            _check_zip(self._file, source.limits)
            self._file.seek(0)
            rows = self._rows()
            first, names = next(rows, (0, []))
            if not first:
                raise Refused("empty")
            self.header = check_header(names, self.limits, line=first)
            self._first = first
            self._file.seek(0)
            self.sample = sampled(self._top())
        except BaseException:
            self.close()
            raise

    def notes(self) -> list[Note]:
        """The sheets that were not read."""
        names = ", ".join(self._others)[:500]
        return [Note("sheets-ignored", {"sheets": names})] * bool(names)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _done(self) -> int:
        return self._seen

    def _top(self) -> list[list[str]]:
        rows: list[list[str]] = []
        for _, row in self._rows():
            rows.append(_fit(row, len(self.header)))
            if len(rows) > SAMPLE:
                break
        return [row for row in rows[1:] if len(row) == len(self.header)]

    def _chunks(self) -> Iterator[Chunk]:
        chunk, size = Chunk(), 0
        for line, row in self._rows():
            if line == self._first:
                continue
            place(chunk, _fit(row, len(self.header)), line, self.header, self.limits)
            size += sum(map(len, row))
            if len(chunk.rows) + len(chunk.broken) >= ROWS or size > SIZE:
                yield chunk
                chunk, size = Chunk(), 0
        if chunk.rows or chunk.broken:
            yield chunk
        self._seen = self.size

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """(row number, cells) of the rows that are not blank, from the top."""
        self._file.seek(0)
        try:
            yield from self._sheet()
        except (Refused, MemoryError):
            raise
        except Exception as error:  # openpyxl and expat raise anything on what is no workbook
            raise _damaged(type(error).__name__) from error

    def _sheet(self) -> Iterator[tuple[int, list[str]]]:
        sheets = _sheets(self._file)
        if not sheets:
            raise Refused("no-sheet")
        self._others = [str(other.title) for other in sheets[1:]]
        sheet = sheets[0]
        rows = sheet.iter_rows(values_only=True)  # type: ignore[misc]  # the stubs know another self
        for line, cells in enumerate(rows, start=1):
            if line > LAST:
                raise Refused("too-many-rows", limit=LAST)
            row = [value if type(value) is str else _text(value) for value in cells]
            if any(cell.strip() for cell in row):
                yield line, row


class _Unmeasured(ReadOnlyWorksheet):
    """A sheet as it is: what it says of its size may be wrong, and one that does not say it would
    be read to its end only to be opened.
    """

    def _get_size(self) -> None:
        pass


def _sheets(file: IO[bytes]) -> list[_Unmeasured]:
    """The sheets of cells: `load_workbook` in its read-only way, without what is no cell."""
    book = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    book.read_manifest()
    book.read_strings()
    book.read_workbook()
    apply_stylesheet(book.archive, book.wb)
    return [
        _Unmeasured(book.wb, sheet.name, rel.target, book.shared_strings)
        for sheet, rel in book.parser.find_sheets()
        if rel.target in book.valid_files and "chartsheet" not in rel.Type
    ]


def _fit(row: list[str], width: int) -> list[str]:
    """A row of the header's width: cells that a sheet leaves out are empty, on both sides of it."""
    if len(row) > width and not any(row[width:]):
        return row[:width]
    return row + [""] * (width - len(row))


def _text(value: Any) -> str:  # whatever a cell may hold
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))  # some programs write every 7 as 7.0
    if isinstance(value, dt.datetime):
        # a sheet counts days as a float: what is below a millisecond is rounding
        near = value + dt.timedelta(microseconds=500)
        return near.replace(microsecond=near.microsecond // 1000 * 1000).isoformat(" ")
    return str(value)


def _check_zip(file: IO[bytes], limits: Limits) -> None:
    """Before anything is unpacked: how many parts, how large, none of them locked."""
    _check_end(file)
    try:
        with zipfile.ZipFile(file) as parts:
            entries = parts.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise _damaged(type(error).__name__) from error
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise Refused("wrong-type", found="ZIP")
    if any(entry.flag_bits & 1 for entry in entries):
        raise _damaged("encrypted")
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    held = max(
        (e.file_size for e in entries if not e.filename.startswith("xl/worksheets/")), default=0
    )
    for found, limit in ((size, limits.unpacked), (held, limits.unpacked // PARTS)):
        if found > limit:
            raise Refused("unpacks-too-large", limit=limit)
    if size > GRACE and size > limits.ratio * packed:
        raise Refused("unpacks-too-far", ratio=limits.ratio, byte=packed)


def _check_end(file: IO[bytes]) -> None:
    """The end of the zip tells the length of its list, which would be read as a whole."""
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - 65_557))
    tail = file.read(65_557)
    spot = tail.rfind(b"PK\x05\x06")
    if spot < 0 or len(tail) < spot + 22:
        raise _damaged("no end of zip")
    entries = int.from_bytes(tail[spot + 10 : spot + 12], "little")
    directory = int.from_bytes(tail[spot + 12 : spot + 16], "little")
    if entries > ENTRIES or directory > DIRECTORY:
        raise Refused("wrong-type", found=f"ZIP ({entries} entries)")


def _damaged(why: str) -> Refused:
    return Refused("damaged", found="XLSX", why=why)
