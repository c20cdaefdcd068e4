"""Sessions and context of the accepted rows: texts that wait on the disk until they are loaded."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from training.workspace import Workspace

CONTEXT = ("query", "position", "propensity", "device")
NUMBERS = ("position", "propensity")
NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"
HEAD = 8  # bytes before each block: how long it is


class Extras:
    """One block a chunk of the file, in an unnamed file: whatever happens, nothing of it stays.

    Columns session and context (a JSON object), String, null where a row has none.
    """

    def __init__(self, folder: str | None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._kept: np.ndarray | None = None
        self._renamed: Callable[[str], str] | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Append the texts of accepted rows."""
        out = io.BytesIO()
        frame.write_ipc(out, compression="zstd")
        self._file.write(len(out.getbuffer()).to_bytes(HEAD, "little"))
        self._file.write(out.getbuffer())

    def keep(self, kept: np.ndarray) -> None:
        """Say which of the rows that stayed so far stay: bool (n,), handed over for good."""
        if self._kept is None:
            self._kept = kept  # the caller's no more
            return
        done = 0
        for each in Workspace().slices(len(self._kept), self._kept, kept):
            stayed = np.flatnonzero(self._kept[each])
            self._kept[each][stayed] = kept[done : done + len(stayed)]
            done += len(stayed)

    def rename(self, session: Callable[[str], str]) -> None:
        """Say what each session is called from here on; rows without one stay without."""
        self._renamed = session

    def parts(self, size: int) -> Iterator[pl.DataFrame]:
        """The rows that stay, in order, `size` at a time."""
        rest, first = None, 0
        for block in self._blocks():
            if self._kept is not None:
                mask = self._kept[first : first + len(block)]
                first += len(block)
                block = block.filter(pl.Series(mask))
            block = self._named(block)
            rest = block if rest is None else pl.concat([rest, block])
            while len(rest) >= size:
                yield rest[:size]
                rest = rest[size:]
        if rest is not None and len(rest):
            yield rest

    def _named(self, block: pl.DataFrame) -> pl.DataFrame:
        if self._renamed is None:
            return block
        seen = block["session"].drop_nulls().unique()
        names = pl.Series([self._renamed(text) for text in seen], dtype=pl.String)
        return block.with_columns(
            pl.col("session").replace_strict(seen, names, return_dtype=pl.String)
        )

    def _blocks(self) -> Iterator[pl.DataFrame]:
        self._file.seek(0)
        while head := self._file.read(HEAD):
            yield pl.read_ipc(io.BytesIO(self._file.read(int.from_bytes(head, "little"))))

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()


def texts(cells: dict[str, pl.Series]) -> pl.DataFrame:
    """Columns session and context from the cells of those fields that are mapped."""
    frame = pl.DataFrame({name: column.str.strip_chars() for name, column in cells.items()})
    frame = frame.with_columns(pl.when(pl.all() != "").then(pl.all()))
    session = pl.col("session") if "session" in cells else pl.lit(None, pl.String)
    members = [_member(name) for name in CONTEXT if name in cells]
    context: pl.Expr = pl.lit(None, pl.String)
    if members:
        joined = pl.concat_str(members, separator=",", ignore_nulls=True)
        whole = pl.concat_str([pl.lit("{"), joined, pl.lit("}")])
        context = pl.when(joined != "").then(whole)
    return frame.select(session.alias("session"), context.alias("context"))


def _member(name: str) -> pl.Expr:
    """`"name":value` of a cell, null where it is: numbers as numbers, all else quoted."""
    cell = pl.col(name)
    quoted = pl.struct(cell).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
    if name in NUMBERS:
        number = pl.concat_str([pl.lit(f'"{name}":'), cell])
        quoted = pl.when(cell.str.contains(NUMBER)).then(number).otherwise(quoted)
    return pl.when(cell.is_not_null()).then(quoted)
