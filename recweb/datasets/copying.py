"""Rows into Postgres by COPY: numbers as a binary stream that numpy builds, texts as text."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from recweb.datasets.patience import check

if TYPE_CHECKING:
    import polars as pl

HEADER = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
TRAILER = b"\xff\xff"
BLOCK = 4 << 20  # bytes of rows that are taken out of a stream together
PART = 200_000  # ids sent at a time: all of a large log at once would take three copies of them

Column = tuple[np.ndarray, np.ndarray | None]  # values, and where they are null (None: nowhere)


def binary(columns: Sequence[Column]) -> bytes:
    """The PGCOPY binary stream of equally long columns (int16, int32, int64 or float64).

    A null takes no bytes, so rows differ in length. Rows with the same nulls are one structured
    array, and the order of rows in a table means nothing: so one array per pattern of nulls.
    """
    length = len(columns[0][0])
    pattern = np.zeros(length, dtype=np.int64)
    for place, (_, nulls) in enumerate(columns):
        if nulls is not None:
            pattern |= nulls.astype(np.int64) << place
    parts = [HEADER]
    for bits in np.unique(pattern).tolist():
        rows = np.flatnonzero(pattern == bits)
        parts.append(_same_nulls(columns, rows, bits))
    return b"".join([*parts, TRAILER])


def _same_nulls(columns: Sequence[Column], rows: np.ndarray, bits: int) -> bytes:
    fields: list[tuple[str, str]] = [("n", ">i2")]
    for place, (values, _) in enumerate(columns):
        fields.append((f"size{place}", ">i4"))
        if not bits >> place & 1:
            fields.append((f"value{place}", values.dtype.newbyteorder(">").str))
    out = np.empty(len(rows), dtype=fields)
    out["n"] = len(columns)
    for place, (values, _) in enumerate(columns):
        null = bits >> place & 1
        out[f"size{place}"] = -1 if null else values.dtype.itemsize
        if not null:
            out[f"value{place}"] = values[rows]
    return out.tobytes()


def copy_binary(table: str, names: Sequence[str], columns: Sequence[Column]) -> None:
    _copy(f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT binary)", binary(columns))


def copy_text(table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows of None, text, numbers, bool, list (-> text[]) or dict (-> jsonb)."""
    lines = "".join("\t".join(map(cell, row)) + "\n" for row in rows)
    _copy(f"COPY {table} ({', '.join(names)}) FROM STDIN", lines.encode())


def copy_frame(
    table: str, names: Sequence[str], columns: Sequence[Column], texts: "pl.DataFrame"
) -> None:
    """Numbers and, beside them, columns of text (null or String), as text."""
    import polars as pl

    escaped = pl.all()
    for sign, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        escaped = escaped.str.replace_all(sign, written, literal=True)
    frame = pl.DataFrame(
        [
            pl.Series(name, values).set(pl.Series(nulls), None)
            if nulls is not None
            else pl.Series(name, values)
            for name, (values, nulls) in zip(names, columns, strict=True)
        ]
    )
    whole = pl.concat([frame, texts.select(escaped)], how="horizontal")
    out = io.BytesIO()
    whole.write_csv(
        out, include_header=False, separator="\t", null_value="\\N", quote_style="never"
    )
    out.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(whole.columns)}) FROM STDIN", out)


def copy_ids(
    table: str, names: Sequence[str], ids: Sequence[str], dataset_id: int, first: int, rest: str
) -> None:
    """Rows of (dataset, code from `first` on, outside id) and the same `rest` of cells for all."""
    for start in range(0, len(ids), PART):
        check()
        part = enumerate(ids[start : start + PART], first + start)
        lines = "".join(f"{dataset_id}\t{code}\t{cell(text)}{rest}\n" for code, text in part)
        _copy(f"COPY {table} ({', '.join(names)}) FROM STDIN", lines.encode())


def cell(value: Any) -> str:  # any of the six kinds above
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list | tuple):
        value = "{" + ",".join(map(_quoted, value)) + "}"
    text = str(value).replace("\\", "\\\\").replace("\t", "\\t")
    return text.replace("\n", "\\n").replace("\r", "\\r")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _copy(sql: str, data: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(sql, io.BytesIO(data))


def read_into(
    sql: str, columns: Sequence[np.ndarray], full: Callable[[], None] = lambda: None
) -> None:
    """Fill arrays (int16, int32, int64, float32 or float64) with the columns of a query.

    By COPY TO in binary; full() is called whenever some rows are in. The query must have no nulls
    (coalesce them): then all rows are equally long. Raises ValueError when it has other than as
    many rows as the arrays.
    """
    out = _Filling(columns, full)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT binary)", out)
    out.end()


class _Filling:
    """What COPY writes into: rows are taken out of the stream as they come."""

    def __init__(self, columns: Sequence[np.ndarray], full: Callable[[], None]) -> None:
        fields: list[tuple[str, str]] = [("n", ">i2")]
        for place, column in enumerate(columns):
            written = column.dtype.newbyteorder(">").str
            fields += [(f"size{place}", ">i4"), (f"value{place}", written)]
        self.columns, self.full, self.done = columns, full, 0
        self.row, self.held, self.skip = np.dtype(fields), bytearray(), len(HEADER)

    def write(self, data: bytes) -> int:
        self.held += data
        if len(self.held) >= BLOCK:
            check()
            self._empty()
        return len(data)

    def _empty(self) -> None:
        n = (len(self.held) - self.skip) // self.row.itemsize
        rows = np.frombuffer(bytes(self.held), dtype=self.row, count=n, offset=self.skip)
        for place, column in enumerate(self.columns):
            column[self.done : self.done + n] = rows[f"value{place}"]
        self.done += n
        del self.held[: self.skip + n * self.row.itemsize]
        self.skip = 0
        self.full()

    def end(self) -> None:
        self._empty()
        if bytes(self.held) != TRAILER or any(len(column) != self.done for column in self.columns):
            raise ValueError(f"{self.done} rows came of {[*map(len, self.columns)]}")
