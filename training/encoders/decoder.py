"""The parent's end of decode.py: bytes of a picture go out, pixels come back, or a reason why not.

A picture that takes the process down (a fault of its parser, too much memory, too much time) costs
itself alone: the next one gets a new process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import IO, cast

import numpy as np

from training.encoders.decode import CODES, HEAD, LENGTH

SCRIPT = Path(__file__).with_name("decode.py")
SECONDS = 30.0  # for one picture


class Unread(Exception):
    """A picture without a vector; `code` is a key of picture_files.REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Decoder:
    """Used by `with`; the process begins with the first picture and ends with the block."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, data: bytes) -> np.ndarray:
        """Pixels uint8 (height, width, 3), upright. Raises Unread."""
        process = self._process = self._process or _started()
        watch = Timer(self.seconds, process.kill)
        watch.start()
        try:
            code, shape, found = _asked(process, data)
        except (OSError, EOFError):
            self._end()
            raise Unread("stopped") from None
        finally:
            watch.cancel()
        if code:
            raise Unread(code)
        return np.frombuffer(found, np.uint8).reshape(shape)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                cast(IO[bytes], pipe).close()
            process.wait()


def _started() -> subprocess.Popen[bytes]:
    # -P: the files beside the script are no modules of its own; -I would hide the packages
    return subprocess.Popen(
        [sys.executable, "-P", str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={"PATH": os.environ.get("PATH", "")},
    )


def _asked(process: subprocess.Popen[bytes], data: bytes) -> tuple[str, tuple[int, ...], bytearray]:
    into, out = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    _write(into, LENGTH.pack(len(data)))
    _write(into, data)
    code, width, height = HEAD.unpack(_read(out, HEAD.size))
    return CODES[code], (height, width, 3), _read(out, width * height * 3)


def _write(into: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[into.write(rest) :]


def _read(out: IO[bytes], size: int) -> bytearray:
    found = bytearray(size)
    rest = memoryview(found)
    while rest:
        n = out.readinto(rest)  # type: ignore[attr-defined]
        if not n:
            raise EOFError
        rest = rest[n:]
    return found
