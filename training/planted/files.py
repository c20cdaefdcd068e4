"""Rows of text into a file, piece by piece: CSV, TSV, JSON lines, plain or .gz, and Parquet."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from training.planted.dirt import break_lines

TEXT = {".csv": ",", ".tsv": "\t"}
FORMATS = (*TEXT, ".jsonl", ".parquet")
Piece = tuple[pl.DataFrame, dict[str, np.ndarray]]  # cells (all String), and the dirty places


def form(path: Path) -> str:
    """The extension that says the format, below a .gz. Raises ValueError on any other."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    found = suffixes[-2] if packed and len(suffixes) > 1 else "" if packed else path.suffix.lower()
    if found not in FORMATS or (packed and found == ".parquet"):
        known = ".csv, .tsv, .jsonl (each also .gz) or .parquet"
        raise ValueError(f"{path.name} must end in {known}")
    return found


def first_line(path: Path) -> int:
    """The line (or row of a sheet) of the first data row, as an importer counts."""
    return 1 if form(path) == ".jsonl" else 2


def write(path: Path, pieces: Iterable[Piece]) -> None:
    """All pieces into one new file; it has its name only once it is whole."""
    found = form(path)
    part = path.with_name(f".{path.name}.part")
    try:
        if found == ".parquet":
            _parquet(part, pieces)
        else:
            with part.open("wb") as raw:
                _text(raw, pieces, TEXT.get(found, ""), packed=path.suffix.lower() == ".gz")
                raw.flush()
                os.fsync(raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _text(raw: IO[bytes], pieces: Iterable[Piece], delimiter: str, *, packed: bool) -> None:
    # no name and no time inside a .gz: the same plan gives the same bytes
    out: IO[bytes] = gzip.GzipFile("", "wb", 6, raw, mtime=0) if packed else raw  # type: ignore[assignment]
    header = bool(delimiter)
    for cells, chosen in pieces:
        if header:
            out.write((delimiter.join(cells.columns) + "\n").encode())
            header = False
        lines = _lines(cells, delimiter)
        if delimiter:
            break_lines(lines, chosen, delimiter)
        lines.append("")
        out.write("\n".join(lines).encode())
    if packed:
        out.close()


def _lines(cells: pl.DataFrame, delimiter: str) -> list[str]:
    if not delimiter:
        return cells.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()
    out = io.BytesIO()
    cells.write_csv(out, include_header=False, separator=delimiter)
    return out.getvalue().decode().removesuffix("\n").split("\n")


def _parquet(path: Path, pieces: Iterable[Piece]) -> None:
    from polars.io.plugins import register_io_source

    source = iter(pieces)
    first, _ = next(source)

    def frames(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        yield first
        for cells, _ in source:
            yield cells

    lazy = register_io_source(io_source=frames, schema=first.schema, validate_schema=False)
    lazy.sink_parquet(path, compression="zstd", row_group_size=2**18)
