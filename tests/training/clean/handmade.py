"""A Parquet file written by hand, for what no writer at hand makes: old types, and lies."""

from __future__ import annotations

import gzip
import struct

I32, I64, TEXT, LIST, STRUCT = 5, 6, 8, 9, 12  # Thrift's compact protocol
INT96, BYTES = 3, 6  # Parquet's physical types


def varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def number(n: int) -> bytes:
    return varint(n << 1 ^ n >> 63)


def listed(kind: int, parts: list[bytes]) -> bytes:
    return bytes([len(parts) << 4 | kind]) + b"".join(parts)


def struct_of(*fields: tuple[int, int, int | str | bytes]) -> bytes:
    """(id, type, value) in the order of their ids."""
    out, last = b"", 0
    for place, kind, value in fields:
        if isinstance(value, int):
            value = number(value)
        elif isinstance(value, str):
            value = varint(len(value)) + value.encode()
        out, last = out + bytes([place - last << 4 | kind]) + value, place
    return out + b"\0"


def page(content: bytes, rows: int, claims: int) -> bytes:
    """claims: how long it says that it is once unpacked."""
    inner = struct_of((1, I32, rows), (2, I32, 0), (3, I32, 3), (4, I32, 3))
    head = (1, I32, 0), (2, I32, claims or len(content)), (3, I32, len(content)), (5, STRUCT, inner)
    return struct_of(*head) + content


def parquet(
    columns: dict[str, tuple[int, list[bytes]]], *, claims: int = 0, packed: bool = False
) -> bytes:
    """Required columns, PLAIN, one row group; packed: by gzip."""
    body, chunks, rows = b"PAR1", [], 0
    elements = [struct_of((4, TEXT, "log"), (5, I32, len(columns)))]
    for name, (kind, cells) in columns.items():
        content = gzip.compress(b"".join(cells)) if packed else b"".join(cells)
        rows, start, part = len(cells), len(body), page(content, len(cells), claims)
        body += part
        text = [(6, I32, 0)] if kind == BYTES else []
        elements.append(struct_of((1, I32, kind), (3, I32, 0), (4, TEXT, name), *text))
        facts = struct_of(
            (1, I32, kind), (2, LIST, listed(I32, [number(0)])),
            (3, LIST, listed(TEXT, [varint(len(name)) + name.encode()])), (4, I32, 2 * packed),
            (5, I64, rows), (6, I64, claims or len(part)), (7, I64, len(part)), (9, I64, start),
        )  # fmt: skip
        chunks.append(struct_of((2, I64, start), (3, STRUCT, facts)))
    group = struct_of((1, LIST, listed(STRUCT, chunks)), (2, I64, len(body)), (3, I64, rows))
    footer = struct_of(
        (1, I32, 1), (2, LIST, listed(STRUCT, elements)), (3, I64, rows),
        (4, LIST, listed(STRUCT, [group])),
    )  # fmt: skip
    return body + footer + struct.pack("<I", len(footer)) + b"PAR1"


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode()
