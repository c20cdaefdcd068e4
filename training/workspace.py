"""Columns that may be longer than the memory: kept on disk, gone through slice by slice.

A long column is a numpy array over an unnamed file: whatever happens, nothing of it stays. Its
pages are given back after each slice, so the memory in use does not grow with the rows.
"""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np

from training.buckets import Buckets

SLICE = 2**20  # rows looked at together
HELD = 2**21  # rows up to which a column stays in memory
PART = 2**22  # rows sorted together
SAMPLE = 100_000  # times that the parts are cut by
ODD = np.uint64(0x9E3779B97F4A7C15)

Tally = tuple[np.ndarray, np.ndarray]  # different keys, ascending; how often each, int64


def nothing() -> None:
    """No pause."""


@dataclass(frozen=True)
class Workspace:
    """folder: where the files are, None = the system's place; pause is called between slices
    and may raise to cancel, which passes through. Every method raises OSError on a full disk.
    """

    folder: str | None = None
    pause: Callable[[], None] = nothing

    def room(self, n: int, dtype: np.dtype | type) -> np.ndarray:
        """An array (n,) to be filled; above HELD rows it lies on disk."""
        if n <= HELD:
            return np.empty(n, dtype=dtype)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            return mapped(file, n, np.dtype(dtype), n)

    def slices(
        self, n: int, *columns: np.ndarray | None, size: int | None = None
    ) -> Iterator[slice]:
        """Slice after slice of n rows; after each the pages of these columns are given back."""
        size = size or SLICE
        for first in range(0, n, size):
            self.pause()
            yield slice(first, min(first + size, n))
            release(*columns)

    def release(self, *columns: np.ndarray | None) -> None:
        """Give the pages of these columns back."""
        release(*columns)

    def counts(self, codes: np.ndarray, length: int) -> np.ndarray:
        """How often each code 0 .. length-1 stands in codes (n,): int64 (length,); -1 is none."""
        found = np.zeros(length, dtype=np.int64)
        for each in self.slices(len(codes), codes):
            part = codes[each]
            found += np.bincount(part[part >= 0], minlength=length)
        return found

    def ends(self, column: np.ndarray) -> tuple[float, float] | None:
        """(smallest, largest) of (n,) numbers without the NaN; None where there is none."""
        low, high = [], []
        for each in self.slices(len(column), column):
            part = column[each]
            known = part[~np.isnan(part)] if part.dtype.kind == "f" else part
            if len(known):
                low.append(known.min().item())
                high.append(known.max().item())
        return (min(low), max(high)) if low else None

    def take(self, column: np.ndarray, places: np.ndarray) -> np.ndarray:
        """column[places], places int64 (m,) ascending."""
        if len(column) <= HELD:
            return np.asarray(column[places])
        found = np.empty(len(places), dtype=column.dtype)
        for each in self.slices(len(column), column):
            low, high = np.searchsorted(places, (each.start, each.stop)).tolist()
            found[low:high] = column[places[low:high]]
        return found

    def pack(self, columns: Mapping[str, np.ndarray], kept: np.ndarray) -> dict[str, np.ndarray]:
        """The rows kept (bool, (n,)), where they are: the others are written over."""
        done = 0
        for each in self.slices(len(kept), kept, *columns.values()):
            mask = kept[each]
            last = done + int(np.count_nonzero(mask))
            for column in columns.values():
                column[done:last] = column[each][mask]
            done = last
        return {name: column[:done] for name, column in columns.items()}

    def by_time(self, at: np.ndarray, *columns: np.ndarray) -> None:
        """Put at and the columns, all (n,), in the order of time, ties as they stand.

        Where they are: a second set of long columns would be more than a process may address.
        """
        n = len(at)
        given = [at, *columns]
        if n <= PART:
            order = np.argsort(at, kind="stable")
            for column in given:
                self.pause()
                column[:] = column[order]
                release(column)
            return
        cuts = self._cuts(at)
        with Buckets(self.folder, len(cuts) + 1) as buckets:
            for each in self.slices(n, *given):
                which = np.searchsorted(cuts, at[each], "right")
                buckets.add(which, *(column[each] for column in given))
            done = 0
            for bucket in range(len(buckets)):
                # between a second and the next one there is nothing to put in order
                alone = 0 < bucket < len(cuts) and cuts[bucket] - cuts[bucket - 1] == 1
                done = self._placed(buckets, bucket, given, done, alone=alone)

    def _cuts(self, at: np.ndarray) -> np.ndarray:
        """Times between which there are some rows; a second with many stands alone.

        A quarter of PART: whole rows take more memory than the keys that are tallied.
        """
        n, parts = len(at), -(-len(at) // max(PART // 4, 1))
        step = max(1, n // SAMPLE)
        # copies: views would bring all of the column back when they are put together
        picked = [at[each][::step].copy() for each in self.slices(n, at)]
        sample = np.sort(np.concatenate(picked))
        ends = np.linspace(0, len(sample), parts, endpoint=False).astype(int)[1:]
        seconds, times = np.unique(sample[ends], return_counts=True)
        many = seconds[times > 1]
        return np.unique(np.concatenate([seconds, many, many + 1]))

    def _placed(
        self, buckets: Buckets, bucket: int, made: list[np.ndarray], done: int, *, alone: bool
    ) -> int:
        """Write a bucket's rows from row `done` on; where they end."""
        whole = [] if alone else [found for found in [buckets.read(bucket)] if found]
        for part in buckets.pieces(bucket) if alone else whole:
            self.pause()
            order = slice(None) if alone else np.argsort(part[0], kind="stable")
            last = done + len(part[0])
            for column, into in zip(part, made, strict=True):
                into[done:last] = column[order]
            release(*made)
            done = last
        return done

    def tallied(
        self, n: int, keys: Callable[[slice], np.ndarray], *columns: np.ndarray | None
    ) -> Iterator[Tally]:
        """(different keys, ascending; how often each, int64), for one bucket of keys at a time.

        keys(slice): int64 or uint64 of some of the rows of a slice; columns: what it reads.
        """
        if n <= PART:
            seen = tally_of(keys(each) for each in self.slices(n, *columns))
            if seen is not None:
                yield seen
            return
        with Buckets(self.folder, spread(n)) as buckets:
            for each in self.slices(n, *columns):
                part = keys(each)
                buckets.add(which(part, len(buckets)), part)
            for bucket in range(len(buckets)):
                self.pause()
                seen = tally_of(part for (part,) in buckets.pieces(bucket))
                if seen is not None:
                    yield seen


def tally_of(pieces: Iterable[np.ndarray]) -> Tally | None:
    """The tally of all pieces together; None: there are none. What stands in them many times is
    never in memory many times.
    """
    seen: Tally | None = None
    parts: list[np.ndarray] = []
    for piece in pieces:
        parts.append(piece)
        if sum(map(len, parts)) > 2 * PART:
            seen, parts = _merged(seen, tally(np.concatenate(parts))), []
    return _merged(seen, tally(np.concatenate(parts))) if parts else seen


def tally(keys: np.ndarray) -> Tally:
    """(different keys, ascending; how often each) of (n,) numbers of any order.

    Ten times as fast as np.unique, which hashes.
    """
    ranked = np.sort(keys)
    firsts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)])
    return ranked[firsts], np.diff(np.append(firsts, len(ranked)))


def _merged(one: Tally | None, two: Tally) -> Tally:
    if one is None:
        return two
    keys, counts = (np.concatenate(pair) for pair in zip(one, two, strict=True))
    if not len(keys):
        return one
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    firsts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    return ranked[firsts], np.add.reduceat(counts[order], firsts)


def spread(n: int) -> int:
    """How many buckets n rows go into, about PART each: a power of two from 2 on."""
    return int(1 << max(1, (-(-n // PART) - 1).bit_length()))


def which(keys: np.ndarray, buckets: int) -> np.ndarray:
    """The bucket of each key, uint16 (n,); equal keys are in the same."""
    mixed = keys.astype(np.uint64) * ODD
    mixed ^= mixed >> np.uint64(32)
    mixed *= ODD
    return (mixed >> np.uint64(64 - (buckets - 1).bit_length())).astype(np.uint16)


def mapped(file: IO[bytes], n: int, dtype: np.dtype, given: int) -> np.ndarray:
    """The file as an array (n,), with disk for the first `given` of its rows.

    Disk is asked for here, where a full one is an OSError: at the first write it kills. Raises
    MemoryError when the process may not address so much (RLIMIT_AS).
    """
    os.ftruncate(file.fileno(), n * dtype.itemsize)
    try:
        memory = mmap.mmap(file.fileno(), n * dtype.itemsize)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from None
        raise
    allocate(file, given * dtype.itemsize)
    return np.frombuffer(memory, dtype=dtype)


def allocate(file: IO[bytes], size: int) -> None:
    """Ask for the disk of the first bytes of a file, where the system can be asked."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)


def release(*columns: np.ndarray | None) -> None:
    """Give back the memory of columns that lie on disk; what they hold stays."""
    for column in columns:
        if (file := below(column)) is not None:
            file.madvise(mmap.MADV_DONTNEED)


def below(column: np.ndarray | None) -> mmap.mmap | None:
    """The file under a column that lies on disk."""
    base: object = column
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None
