"""The accepted rows of a file while it is read: columns that grow without ever being copied."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import IO

import numpy as np

from training import workspace
from training.workspace import allocate, mapped, release

LEAST = 4  # bytes of a row: two ids, a delimiter and a line end


class Columns:
    """Room for as many rows as the file can hold: in memory at first, on disk when they are many.

    rows: the limit; size: bytes of the file when it is plain text, else None; folder: where the
    disk is, None = the system's place. Raises OSError on a full disk.
    """

    def __init__(
        self, dtypes: Mapping[str, type], rows: int, size: int | None, folder: str | None = None
    ) -> None:
        self._room = rows if size is None else min(rows, size // LEAST + 1)
        self._folder = folder
        held = min(self._room, workspace.HELD)
        self._columns: dict[str, np.ndarray] = {
            name: np.empty(held, dtype=dtype) for name, dtype in dtypes.items()
        }
        self._files: dict[str, IO[bytes]] = {}
        self._given = held  # rows that there is memory or disk for
        self._used = 0

    def add(self, part: Mapping[str, np.ndarray]) -> None:
        """Append rows. Raises IndexError when they are more than there can be."""
        first, last = self._used, self._used + len(next(iter(part.values())))
        if last > self._room:
            raise IndexError(f"{last} rows, room for {self._room}")
        if last > self._given:
            self._grow(last)
        for name, column in self._columns.items():
            column[first:last] = part[name]
        release(*self._columns.values())
        self._used = last

    def _grow(self, last: int) -> None:
        self._given = min(self._room, last + workspace.SLICE)
        if self._files:
            for name, file in self._files.items():
                allocate(file, self._given * self._columns[name].dtype.itemsize)
            return
        for name, held in self._columns.items():
            file = self._files[name] = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._columns[name] = mapped(file, self._room, held.dtype, self._given)
            self._columns[name][: self._used] = held[: self._used]

    def take(self) -> dict[str, np.ndarray]:
        """The columns; they are the caller's alone from here on."""
        columns, self._columns = self._columns, {}
        self.close()
        return {name: column[: self._used] for name, column in columns.items()}

    def close(self) -> None:
        """Close the files; the columns that were taken from them stay."""
        for file in self._files.values():
            file.close()
        self._files.clear()
