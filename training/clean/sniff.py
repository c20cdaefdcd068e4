"""What a file is before any row of it is read: its type, its encoding, its delimiter."""

from __future__ import annotations

import codecs
import csv

from training.clean.mapping import known
from training.clean.reasons import Refused
from training.clean.report import Kind

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "big5": "big5",
    "shift_jis": "shift_jis",
    "euc-kr": "cp949",
    "cp1252": "cp1252",
    "latin-1": "latin-1",
}
MAGIC = (
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"PARE", "encrypted Parquet"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"ARROW1", "Arrow"),
    (b"FEA1", "Feather"),
    (b"ORC", "ORC"),
    (b"\x93NUMPY", "NumPy"),
    (b"\x89HDF", "HDF5"),
    (b"\xd0\xcf\x11\xe0", "Excel (xls)"),
    (b"\x7fELF", "ELF"),
    (b"MZ", "EXE"),
    (b"<?xml", "XML"),
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    *((bytes([0x80, protocol]), "pickle") for protocol in (2, 3, 4, 5)),
    (b"[", "JSON"),
)
# these could open an honest header as well, so the rest of the head must look binary
WEAK = ("bzip2", "ORC", "EXE", "encrypted Parquet", "Arrow", "Feather", "GIF", "RAR")


def find_form(head: bytes, chosen: str | None) -> str:
    """text, jsonl, parquet or xlsx, by the first bytes.

    Raises Refused when they are those of anything else, or in an encoding that is not read.
    """
    if head.startswith(b"PAR1") and _binary(head):
        return "parquet"
    if head.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in head or b"xl/" in head):
        return "xlsx"
    found = _type(head)
    if found:
        raise Refused("wrong-type", found=found)
    start = head.decode(find_encoding(head, chosen), "ignore").lstrip("\ufeff \t\r\n")
    if not start.startswith("{"):
        return "text"
    if not start[1:].lstrip(" \t").startswith(('"', "}")):
        raise Refused("wrong-type", found="JSON")  # an object over many lines
    return "jsonl"


def find_encoding(head: bytes, chosen: str | None) -> str:
    """The codec to decode with: a byte order mark decides, then the choice, then UTF-8.

    Raises Refused on an unknown choice, UTF-32, UTF-16 without a mark, or binary content.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Refused("wrong-type", found="UTF-32")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8) or chosen is None:
        _check_zeros(head)
        return "utf-8-sig"
    codec = ENCODINGS.get(chosen.lower())
    if codec is None:
        raise Refused("encoding-unknown", encoding=chosen)
    if codec == "utf-16":
        return utf_16(head)
    return codec


def has_mark(head: bytes) -> bool:
    """A byte order mark says what this is."""
    return head.startswith(
        (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
    )


def utf_16(head: bytes) -> str:
    """Which of the two orders UTF-16 without a mark has: plain letters hold their NUL second."""
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def looks_like_utf_16(head: bytes) -> bool:
    """NUL in every other byte, as plain letters and line ends have it."""
    if not _many_zeros(head):
        return False
    even, odd = head[::2].count(0), head[1::2].count(0)
    return min(even, odd) * 4 < max(even, odd)


def find_delimiter(lines: list[str], kind: Kind, chosen: str | None) -> str:
    """The delimiter of these first lines.

    First counts how many names of the header are known, then the share of lines that fit it, then
    the number of columns; a comma when there is one column only.
    Raises Refused when the chosen one is none of the four.
    """
    if chosen is not None:
        if chosen not in DELIMITERS:
            raise Refused("delimiter-unknown", delimiter=chosen[:20])
        return chosen
    fits = [_fit(lines, delimiter, kind) for delimiter in DELIMITERS]
    best = max(fits)
    return DELIMITERS[fits.index(best)] if best[2] else ","


def _fit(lines: list[str], delimiter: str, kind: Kind) -> tuple[int, float, int]:
    rows = [row for row in _rows(lines, delimiter) if row]
    if not rows or len(rows[0]) < 2:
        return (0, 0.0, 0)
    width = len(rows[0])
    share = sum(len(row) == width for row in rows) / len(rows)
    return (known(rows[0], kind), share, width)


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _type(head: bytes) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "ZIP"
    if head[257:262] == b"ustar":
        return "tar"
    start = head.lstrip().lower()
    for magic, found in MAGIC:
        strong = head.startswith(magic) or start.startswith(magic.lower()) and magic[0] < 128
        if strong and (found not in WEAK or _binary(head)):
            return found
    return ""


def _binary(head: bytes) -> bool:
    return any(byte < 9 or 14 <= byte < 32 for byte in head[:4096])


def _check_zeros(head: bytes) -> None:
    """Many NULs are no text, unless they are UTF-16. A few are bad cells."""
    if looks_like_utf_16(head):
        raise Refused("utf-16-without-bom")
    if _many_zeros(head):
        raise Refused("wrong-type", found="binary")


def _many_zeros(head: bytes) -> bool:
    zeros = head.count(0)
    return zeros * 10 > len(head) and zeros >= 4
