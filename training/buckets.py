"""Rows sorted roughly: by buckets on disk, each small enough to be worked on in memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import numpy as np


class Buckets:
    """`count` buckets of rows in one unnamed file; a row is a number of each column.

    Raises OSError when the disk is full.
    """

    def __init__(self, folder: str | None, count: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._parts: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        self._dtypes: list[np.dtype] = []
        self._end = 0

    def __enter__(self) -> Buckets:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, which: np.ndarray, *columns: np.ndarray) -> None:
        """Append rows: which (n,) names the bucket of each. The columns are the same each time."""
        self._dtypes = [column.dtype for column in columns]
        order = np.argsort(which.astype(np.uint16), kind="stable")  # small numbers sort fast
        counts = np.bincount(which, minlength=len(self))
        ends = np.cumsum(counts)
        ranked = [column[order] for column in columns]
        for bucket in np.flatnonzero(counts).tolist():
            last, n = int(ends[bucket]), int(counts[bucket])
            data = b"".join(column[last - n : last].tobytes() for column in ranked)
            self._file.write(data)
            self._parts[bucket].append((self._end, n))
            self._end += len(data)

    def rows(self, bucket: int) -> int:
        """How many rows a bucket has."""
        return sum(n for _, n in self._parts[bucket])

    def pieces(self, bucket: int) -> Iterator[list[np.ndarray]]:
        """The columns of a bucket as they came, piece by piece."""
        self._file.flush()
        width = sum(dtype.itemsize for dtype in self._dtypes)
        for offset, n in self._parts[bucket]:
            data = os.pread(self._file.fileno(), n * width, offset)
            found, place = [], 0
            for dtype in self._dtypes:
                found.append(np.frombuffer(data, dtype=dtype, count=n, offset=place))
                place += n * dtype.itemsize
            yield found

    def read(self, bucket: int) -> list[np.ndarray] | None:
        """The columns of a whole bucket in the order in which they came; None: it is empty."""
        found = [*self.pieces(bucket)]
        if not found:
            return None
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]
