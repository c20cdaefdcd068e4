"""Parquet by batches: flat columns only, each cell as the text that a CSV would hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import polars as pl

from training.clean.reasons import Refused
from training.clean.source import Source
from training.clean.table import SAMPLE, Chunk, Table, check_header, place, sampled

BATCH = 20_000  # rows
CELLS = 32 * 2**20  # bytes of text that become Python strings at once
FOOTER = 16 * 2**20
MAGIC = b"PAR1"
Result = TypeVar("Result")


class Parquet(Table):
    """An open Parquet file. Lines are rows, the header being row 1."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.limits, source.size)
        self._file = source.file()
        try:
            self._frame = self._open()
            rows = self._look(lambda: self._frame.head(SAMPLE).collect())
            self.sample = sampled([list(row) for row in _texts(rows).iter_rows()])
        except BaseException:
            self.close()
            raise
        self._rows = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> pl.LazyFrame:
        """The frame, once the footer was found sound and every column one that is read."""
        size = os.fstat(self._file.fileno()).st_size
        self._file.seek(max(size - 8, 0))
        end = self._file.read(8)
        if end[4:] != MAGIC or not 0 < int.from_bytes(end[:4], "little") < min(size, FOOTER):
            raise _damaged("no footer")
        path = Path(f"/proc/self/fd/{self._file.fileno()}")  # the very file that was checked
        if not path.exists():
            path = Path(str(self._file.name))
        frame = self._look(lambda: pl.scan_parquet(path, glob=False, hive_partitioning=False))
        schema = self._look(frame.collect_schema)
        self.header = check_header(schema.names(), self.limits, line=1)
        for name, dtype in zip(self.header, schema.dtypes(), strict=True):
            if not _flat(dtype):
                raise Refused("column-type", column=name[:200], type=str(dtype)[:200])
        self._total = int(self._look(lambda: frame.select(pl.len()).collect().item()))
        if self._total > self.limits.rows:
            raise Refused("too-many-rows", limit=self.limits.rows)
        return frame

    def _look(self, work: Callable[[], Result]) -> Result:
        """What polars answers; Refused for whatever it raises on a file that is no good."""
        try:
            return work()
        except (Refused, MemoryError):
            raise
        except (pl.exceptions.PanicException, Exception) as error:
            raise _damaged(type(error).__name__) from error

    def _chunks(self) -> Iterator[Chunk]:
        frame = self._frame
        batches = self._look(
            lambda: iter(
                frame.collect_batches(chunk_size=BATCH, maintain_order=True, engine="streaming")
            )
        )
        unpacked = 0
        while (batch := self._look(lambda: next(batches, None))) is not None:
            for part in batch.iter_slices(BATCH):
                texts = self._look(lambda part=part: _texts(part))  # type: ignore[misc]
                size = _size(texts)
                unpacked += size
                if unpacked > self.limits.unpacked:
                    raise Refused("unpacks-too-large", limit=self.limits.unpacked)
                step = max(1, len(texts) * CELLS // max(size, CELLS))
                for piece in texts.iter_slices(step):
                    yield self._chunk(piece)
        if self._rows != self._total:
            raise _damaged(f"{self._rows} of {self._total} rows")

    def _chunk(self, texts: pl.DataFrame) -> Chunk:
        chunk = Chunk()
        first = self._rows + 2
        self._rows += len(texts)
        limit = self.limits.cell
        # bytes are at least as many as characters: below the limit nothing has to be measured
        short = all((column.str.len_bytes().max() or 0) <= limit for column in texts)  # type: ignore[operator]
        if short:
            chunk.fill(texts, list(range(first, first + len(texts))))
            return chunk
        rows = [list(row) for row in zip(*(column.to_list() for column in texts), strict=True)]
        for line, row in enumerate(rows, start=first):
            place(chunk, row, line, self.header, self.limits)
        return chunk

    def _done(self) -> int:
        return self.size * self._rows // max(self._total, 1)


def _flat(dtype: pl.DataType) -> bool:
    """Text, whole and real numbers, true/false, dates and times: what a cell of CSV may be."""
    return (
        dtype.is_integer()
        or dtype.is_float()
        or isinstance(dtype, pl.String | pl.Categorical | pl.Enum | pl.Boolean | pl.Date)
        or isinstance(dtype, pl.Datetime)
    )


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Every cell as text; null is empty. Times of a zone are written in UTC, with their Z."""
    return pl.DataFrame([_text(column).fill_null("") for column in frame])


def _text(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        clock = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return clock.cast(pl.String) + "Z"
    return column.cast(pl.String)


def _size(texts: pl.DataFrame) -> int:
    return sum(int(column.str.len_bytes().sum()) for column in texts)


def _damaged(why: str) -> Refused:
    return Refused("damaged", found="Parquet", why=why)
