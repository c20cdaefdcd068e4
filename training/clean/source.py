"""The bytes of an upload, plain or packed by gzip once, under a guard that counts as they come."""

from __future__ import annotations

import io
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO

from training.clean.reasons import Refused
from training.clean.report import Limits

HEAD = 65_536
BLOCK = 65_536
GZIP = b"\x1f\x8b"
GRACE = 64 * 2**20  # unpacked bytes before the ratio is asked: small files may pack as they like


class Source:
    """A file that can be opened for its unpacked bytes, again and again; head: its first 64 kB.

    Raises Refused on a file over the limit, gz in gz, and whatever opens the guard.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.size = path.stat().st_size
        if self.size > limits.file:
            raise Refused("file-too-large", size=self.size, limit=limits.file)
        with path.open("rb") as file:
            self.packed = file.read(2) == GZIP
        with self.open() as stream:
            self.head = stream.read(HEAD)
        if self.packed and self.head.startswith(GZIP):
            raise Refused("packed-twice")

    def open(self) -> Stream:
        """The unpacked bytes from the start. Reading raises Refused when the guard trips."""
        if self.packed:
            return Stream(Gunzip(self.path.open("rb"), self.limits), 2**17)
        return Stream(self.path.open("rb", buffering=0))

    def file(self) -> IO[bytes]:
        """A file to jump about in. A packed one is unpacked beside it, under no name at all:
        whatever becomes of this process, nothing of it stays on the disk.
        """
        if not self.packed:
            return self.path.open("rb")
        unpacked = tempfile.TemporaryFile(dir=self.path.parent)  # noqa: SIM115 - handed on
        try:
            with self.open() as stream:
                shutil.copyfileobj(stream, unpacked, 2**20)
            unpacked.flush()
            unpacked.seek(0)
        except BaseException:
            unpacked.close()
            raise
        return unpacked


class Stream(io.BufferedReader):
    """Unpacked bytes, and how many bytes of the file they took."""

    def done(self) -> int:
        """Bytes of the file, as it came, that are read."""
        raw = self.raw
        return raw.taken if isinstance(raw, Gunzip) else self.tell()


class Gunzip(io.RawIOBase):
    """gzip members one after the other, unpacked by small steps. taken: packed bytes read."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._engine = zlib.decompressobj(31)
        self._data = b""
        self.taken = 0
        self.given = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Close the packed file, too."""
        self._file.close()
        super().close()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as one step goes; 0 at the end."""
        while (out := self._step(len(buffer))) == b"":
            pass
        if out is None:
            return 0
        self.given += len(out)
        if self.given > self._limits.unpacked:
            raise Refused("unpacks-too-large", limit=self._limits.unpacked)
        if self.given > GRACE and self.given > self._limits.ratio * self.taken:
            raise Refused("unpacks-too-far", ratio=self._limits.ratio, byte=self.taken)
        buffer[: len(out)] = out
        return len(out)

    def _step(self, room: int) -> bytes | None:
        if self._engine.eof and not self._next():
            return None
        more = self._data or self._read()
        try:
            out = self._engine.decompress(more, room)
        except zlib.error:
            raise Refused("damaged", found="gzip", why=f"byte {self.taken}") from None
        eof = self._engine.eof
        self._data = self._engine.unused_data if eof else self._engine.unconsumed_tail
        if not more and not out and not eof:
            raise Refused("packed-cut-off", byte=self.taken)
        return out

    def _next(self) -> bool:
        """Whether another member follows; zeros in between are padding."""
        self._data = self._data.lstrip(b"\x00")
        while not self._data:
            block = self._read()
            if not block:
                return False
            self._data = block.lstrip(b"\x00")
        self._engine = zlib.decompressobj(31)
        return True

    def _read(self) -> bytes:
        block = self._file.read(BLOCK)
        self.taken += len(block)
        return block
