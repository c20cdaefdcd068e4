"""BAD-59: INT96, the time stamps of old Spark and Impala files, which no writer at hand makes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.training.clean.conftest import NOW
from training.clean import Options, clean

Put = Callable[[str | bytes, str], Path]
JULIAN = 2_440_588  # the day 1970-01-01
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


def page(content: bytes, rows: int) -> bytes:
    inner = struct_of((1, I32, rows), (2, I32, 0), (3, I32, 3), (4, I32, 3))
    head = (1, I32, 0), (2, I32, len(content)), (3, I32, len(content)), (5, STRUCT, inner)
    return struct_of(*head) + content


def parquet(columns: dict[str, tuple[int, list[bytes]]]) -> bytes:
    """Required columns, PLAIN, not compressed, one row group."""
    body, chunks, rows = b"PAR1", [], 0
    elements = [struct_of((4, TEXT, "log"), (5, I32, len(columns)))]
    for name, (kind, cells) in columns.items():
        rows, start, part = len(cells), len(body), page(b"".join(cells), len(cells))
        body += part
        text = [(6, I32, 0)] if kind == BYTES else []
        elements.append(struct_of((1, I32, kind), (3, I32, 0), (4, TEXT, name), *text))
        facts = struct_of(
            (1, I32, kind), (2, LIST, listed(I32, [number(0)])),
            (3, LIST, listed(TEXT, [varint(len(name)) + name.encode()])), (4, I32, 0),
            (5, I64, rows), (6, I64, len(part)), (7, I64, len(part)), (9, I64, start),
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


def instant(seconds: int, nanos: int = 0) -> bytes:
    day, rest = divmod(seconds, 86_400)
    return struct.pack("<QI", rest * 10**9 + nanos, JULIAN + day)


def test_bad_59_int96_times_are_read_to_the_second(put: Put) -> None:
    times = [1_577_880_000, 1_577_836_799, 851_990_400]
    content = parquet(
        {
            "user_id": (BYTES, [text("ann"), text("bob"), text("007")]),
            "item_id": (BYTES, [text("1"), text("2"), text("3")]),
            "time": (INT96, [instant(times[0]), instant(times[1], 999_999_999), instant(times[2])]),
        }
    )
    log = clean(put(content, "log.parquet"), "interactions", options=Options(now=NOW))
    assert log.user_ids == ("ann", "bob", "007") and log.report.reasons == {}
    assert log.at is not None and log.at.tolist() == times


def test_bad_59_an_int96_out_of_range_is_put_aside_not_wrapped(put: Put) -> None:
    wild = [struct.pack("<QI", 0, 0), struct.pack("<QI", 2**63, 2**32 - 1), instant(1_577_880_000)]
    content = parquet(
        {
            "user_id": (BYTES, [text("a"), text("b"), text("c")]),
            "item_id": (BYTES, [text("1"), text("2"), text("3")]),
            "time": (INT96, wild),
        }
    )
    report = clean(put(content, "log.parquet"), "interactions", options=Options(now=NOW)).report
    assert (report.accepted, report.quarantined) == (1, 2), report.reasons
