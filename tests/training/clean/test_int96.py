"""BAD-59: INT96, the time stamps of old Spark and Impala files, which no writer at hand makes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.training.clean.conftest import NOW
from tests.training.clean.handmade import BYTES, INT96, parquet, text
from training.clean import Options, clean

Put = Callable[[str | bytes, str], Path]
JULIAN = 2_440_588  # the day 1970-01-01


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
