"""Lines of a block of text in which nothing is quoted: all split at once, by columns.

The csv reader of rows.py is the rule; this is the same rule for the common line, thirty times as
fast. What it cannot say for certain it leaves to that reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

NEWLINE, QUOTE = 10, 34
MOSTLY = 0.2  # of the lines are quoted: then the csv reader takes them all together


@dataclass(frozen=True)
class Plain:
    """Rows of the right width by columns; which lines (from 0) they are; and the other lines.

    frame: String columns, never null; good int64 (n,); odd: (line, text without its end), those
    of another width and those with a quote.
    """

    frame: pl.DataFrame
    good: np.ndarray
    odd: list[tuple[int, str]]
    lines: int


def split(block: str, delimiter: str, width: int, longest: int) -> Plain | None:
    """The rows of a block that ends with a line; None where only the csv reader can tell.

    width: cells of a good row, at least 2; longest: characters that a line may have. A quote that
    runs over the end of its line is for the caller to see.
    """
    if width < 2 or "\ufeff" in block:  # polars drops the mark, also below blank lines
        return None
    if "\r" in block:
        if block.count("\r") != block.count("\r\n"):
            return None
        block = block.replace("\r\n", "\n")
    if not block.endswith("\n"):
        block += "\n"
    data = np.frombuffer(block.encode(), dtype=np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    sizes = np.diff(ends, prepend=-1)
    if sizes.max() > longest:  # in bytes, that is, never fewer than characters
        return None
    signs = np.flatnonzero(data == ord(delimiter))
    fits = np.diff(np.searchsorted(signs, ends), prepend=0) == width - 1
    if '"' in block:
        quotes = np.flatnonzero(data == QUOTE)
        quoted = np.diff(np.searchsorted(quotes, ends), prepend=0) > 0
        if quoted.mean() > MOSTLY:
            return None
        fits &= ~quoted
    odd = [
        (line, data[ends[line] - sizes[line] + 1 : ends[line]].tobytes().decode())
        for line in np.flatnonzero(~fits).tolist()
    ]
    kept = data if not odd else data[np.repeat(fits, sizes)]
    frame = _frame(kept.tobytes(), delimiter, width)
    good = np.flatnonzero(fits)
    return Plain(frame, good, odd, len(ends)) if len(frame) == len(good) else None


def _frame(data: bytes, delimiter: str, width: int) -> pl.DataFrame:
    """Columns of lines that all have `width` cells, and no quotes."""
    schema = {str(place): pl.String for place in range(width)}
    if not data:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(
        data,
        has_header=False,
        schema=schema,
        separator=delimiter,
        quote_char=None,
        empty_string_is_null=False,
    )
