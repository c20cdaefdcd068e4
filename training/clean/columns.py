"""The accepted rows of a file while it is read: columns that grow without ever being copied."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

LEAST = 4  # bytes of a row: two ids, a delimiter and a line end


class Columns:
    """Room for as many rows as the file can hold. The system gives memory for used pages only.

    rows: the limit; size: bytes of the file when it is plain text, else None.
    """

    def __init__(self, dtypes: Mapping[str, type], rows: int, size: int | None) -> None:
        room = rows if size is None else min(rows, size // LEAST + 1)
        self._columns: dict[str, np.ndarray] = {
            name: np.empty(room, dtype=dtype) for name, dtype in dtypes.items()
        }
        self._used = 0

    def add(self, part: Mapping[str, np.ndarray]) -> None:
        """Append rows. Raises IndexError when they are more than there can be."""
        first, last = self._used, self._used + len(next(iter(part.values())))
        for name, column in self._columns.items():
            if last > len(column):
                raise IndexError(f"{last} rows, room for {len(column)}")
            column[first:last] = part[name]
        self._used = last

    def take(self) -> dict[str, np.ndarray]:
        """The columns; they are the caller's alone from here on."""
        columns, self._columns = self._columns, {}
        return {name: column[: self._used] for name, column in columns.items()}
