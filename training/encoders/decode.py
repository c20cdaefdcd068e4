"""Pixels of pictures, by a process that may do nothing else and is let go when one is a trap.

Run as a script by decoder.py, never imported by the process that it protects: foreign bytes meet
a parser here alone. In: length (8 bytes) and the file's bytes; out: a code, width and height, then
3 bytes a pixel.
"""

from __future__ import annotations

import io
import resource
import struct
import sys
import warnings
from typing import BinaryIO

FORMATS = ("GIF", "JPEG", "PNG", "WEBP")
PIXELS = 50_000_000  # of a picture: 200 MB unpacked
SHAPE = 50  # times its shorter side that the longer one may have: what is scaled stays small
MEGABYTES = 2_048  # of address space
LENGTH = struct.Struct(">Q")
HEAD = struct.Struct(">BII")
CODES = ("", "format", "pixels", "shape", "broken")


def pixels(data: bytes) -> tuple[str, int, int, bytes]:
    """(code, width, height, RGB bytes) of a file: upright, the first frame, "" as its code."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            width, height = found.size
            if width * height > PIXELS:
                return "pixels", 0, 0, b""
            if max(width, height) > SHAPE * min(width, height):
                return "shape", 0, 0, b""
            upright = ImageOps.exif_transpose(found).convert("RGB")
            return "", *upright.size, upright.tobytes()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return "pixels", 0, 0, b""
    except UnidentifiedImageError:
        return "format", 0, 0, b""
    except Exception:  # noqa: BLE001 - parsers of foreign bytes raise what they like
        return "broken", 0, 0, b""


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer until there are no more pictures."""
    while head := source.read(LENGTH.size):
        code, width, height, found = pixels(source.read(*LENGTH.unpack(head)))
        out.write(HEAD.pack(CODES.index(code), width, height))
        out.write(found)
        out.flush()


def main() -> None:
    """Bound this process, then serve."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 2**20, MEGABYTES * 2**20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
