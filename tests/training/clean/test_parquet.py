from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.training.clean.conftest import NOW
from training.clean import Interactions, Limits, Options, Refused, clean, preview

Put = Callable[[str | bytes, str], Path]
LOG = pl.DataFrame({"user_id": ["ann", "bob"], "item_id": [1, 2], "rating": [4.5, 3.0]})


def packed(frame: pl.DataFrame, **more: Any) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, **more)
    return out.getvalue()


def read(put: Put, content: bytes, **options: object) -> Interactions:
    chosen = Options(**{"now": NOW, **options})  # type: ignore[arg-type]
    return clean(put(content, "log.parquet"), "interactions", options=chosen)


def refused(put: Put, content: bytes, **options: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read(put, content, **options)
    return caught.value


def test_lines_are_rows_below_a_header(put: Put) -> None:
    log = read(put, packed(LOG))
    assert (log.user_ids, log.item_ids, log.lines.tolist()) == (("ann", "bob"), ("1", "2"), [2, 3])
    assert (log.report.encoding, log.report.form) == ("Parquet", "parquet")


def test_times_of_every_unit_and_zone_are_one_second(put: Put) -> None:
    noon = dt.datetime(2020, 1, 1, 12)
    for unit in ("ms", "us", "ns"):
        plain = pl.Series("time", [noon]).cast(pl.Datetime(unit))  # type: ignore[arg-type]
        for column in (plain, plain.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")):
            frame = pl.DataFrame({"user": ["a"], "item": ["b"]}).with_columns(column)
            log = read(put, packed(frame))
            assert log.at is not None
            assert log.at.tolist() == [1_577_880_000]


def test_a_null_is_an_empty_cell_and_nan_is_no_number(put: Put) -> None:
    frame = pl.DataFrame(
        {"user_id": ["a", None, "c"], "item_id": ["1", "2", "3"], "rating": [float("nan"), 1, None]}
    )
    report = read(put, packed(frame)).report
    assert report.reasons == {"value-not-finite": 1, "id-empty": 1, "value-empty": 1}
    assert [bad.line for bad in report.quarantine] == [2, 3, 4]
    assert report.quarantine[1].raw == ",2,1.0"


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_bad_57_a_truncated_file_is_damaged(put: Put, kept: float) -> None:
    content = packed(LOG)
    assert refused(put, content[: int(len(content) * kept)]).code == "damaged"


def test_bad_57_a_flipped_byte_ends_in_an_account_or_a_refusal(put: Put) -> None:
    whole = packed(pl.concat([LOG] * 50), compression="zstd")
    codes = set()
    for seed in range(150):
        dice = random.Random(seed)
        content = bytearray(whole)
        content[dice.randrange(4, len(content))] ^= 1 << dice.randrange(8)
        try:
            report = read(put, bytes(content)).report
            codes.add("")
            assert report.rows_in == report.accepted + report.duplicates + report.quarantined
        except Refused as refusal:
            codes.add(refusal.code)
    assert "damaged" in codes


def test_bad_57_without_row_groups_there_are_no_rows(put: Put) -> None:
    assert refused(put, packed(LOG.clear())).code == "no-rows"


def test_bad_57_a_footer_longer_than_the_file_is_damaged(put: Put) -> None:
    content = packed(LOG)
    assert refused(put, content[:-8] + b"\xff\xff\xff\x7fPAR1").code == "damaged"


def test_bad_58_rows_are_counted_before_any_is_read(put: Put) -> None:
    many = packed(pl.select(user_id=pl.repeat("a", 3_000_000), item_id=pl.repeat(1, 3_000_000)))
    assert len(many) < 100_000
    assert refused(put, many, limits=Limits(rows=2_999_999)).code == "too-many-rows"


def test_sec_42_bad_58_text_is_counted_as_it_unpacks(put: Put) -> None:
    bomb = pl.select(user_id=pl.repeat("x" * 60_000, 20_000), item_id=pl.repeat(1, 20_000))
    content = packed(bomb)  # 1.2 GB of text
    assert len(content) < 10_000_000
    found = refused(put, content, limits=Limits(unpacked=2**27))
    assert (found.code, found.details["limit"]) == ("unpacks-too-large", 2**27)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        (pl.Series("x", [[1], [2]]), "List"),
        (pl.Series("x", [{"a": 1}, {"a": 2}]), "Struct"),
        (pl.Series("x", [b"a", b"b"]), "Binary"),
        (pl.Series("x", ["1.5", "2"]).cast(pl.Decimal(10, 2)), "Decimal"),
        (pl.Series("x", [dt.time(1), dt.time(2)]), "Time"),
        (pl.Series("x", [None, None], dtype=pl.Null), "Null"),
    ],
)
def test_bad_59_a_column_that_is_not_flat_is_named(put: Put, column: pl.Series, name: str) -> None:
    found = refused(put, packed(LOG.with_columns(column)))
    assert (found.code, found.details["column"]) == ("column-type", "x")
    assert str(found.details["type"]).startswith(name)


def test_bad_59_large_whole_numbers_and_dictionaries_are_exact_text(put: Put) -> None:
    frame = pl.DataFrame(
        {
            "user_id": pl.Series([2**64 - 1, 7], dtype=pl.UInt64),
            "item_id": pl.Series(["a", "b"], dtype=pl.Categorical),
            "seen": [True, None],
        }
    )
    log = read(put, packed(frame))
    assert (log.user_ids, log.item_ids) == ((str(2**64 - 1), "7"), ("a", "b"))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PARE" + bytes(40) + b"PARE", "encrypted Parquet"),
        (b"ARROW1\x00\x00" + bytes(40), "Arrow"),
        (b"FEA1" + bytes(40), "Feather"),
        (b"ORC" + bytes(40), "ORC"),
        (b"\x80\x04\x95" + bytes(40), "pickle"),
        (b"PK\x03\x04\x14\x00arr_0.npy", "ZIP"),
        (b"\x93NUMPY\x01", "NumPy"),
        (b"<?xml version='1.0'?><a/>", "XML"),
    ],
)
def test_bad_60_other_formats_are_refused_by_name(put: Put, content: bytes, found: str) -> None:
    caught = refused(put, content)
    assert (caught.code, caught.details["found"]) == ("wrong-type", found)


def test_sec_41_bad_60_a_real_arrow_file_is_refused(put: Put) -> None:
    out = io.BytesIO()
    LOG.write_ipc(out)
    assert refused(put, out.getvalue()).details["found"] == "Arrow"


def test_bad_23_a_long_cell_is_put_aside(put: Put) -> None:
    frame = pl.DataFrame({"user_id": ["a", "b" * 70_000], "item_id": ["字" * 60, "2"]})
    report = read(put, packed(frame)).report
    assert (report.accepted, report.reasons) == (1, {"cell-too-long": 1})
    assert (report.quarantine[0].column, report.quarantine[0].raw) == ("user_id", "")


def test_the_preview_is_made_by_a_child(put: Put) -> None:
    path = put(packed(LOG), "log.parquet")
    top = preview(path, "interactions", {"user": "user_id", "item": "item_id"})
    assert (top.form, top.columns) == ("parquet", ("user_id", "item_id", "rating"))
    assert top.sample == (("ann", "1", "4.5"), ("bob", "2", "3.0"))
    assert top.mapping == {"user": "user_id", "item": "item_id"}


def test_bad_58_the_child_refuses_in_words(put: Put) -> None:
    with pytest.raises(Refused) as caught:
        preview(put(packed(LOG)[:-1], "log.parquet"), "interactions")
    assert caught.value.code == "damaged"
