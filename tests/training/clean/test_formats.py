"""One table in every format, plain and packed: the same rows accepted, the same put aside."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.clean.conftest import NOW, Refusal
from training.clean import Interactions, Options, clean

HEADER = ("user_id", "item_id", "event", "rating", "timestamp")
Rows = list[tuple[str, ...]]
USERS = st.one_of(
    st.sampled_from(
        ["ann", "bob", "007", "7", " u1 ", "1E5", "", "张三", "=A1", 'a"b', "x,y", "é"]
    ),
    st.text("abc;|\t'{}[]<>&", max_size=4),
)
ROW = st.tuples(
    USERS,
    USERS,
    st.sampled_from(["view", "cart", "search", ""]),
    st.sampled_from(["4", "4.50", "-1", "nan", "1e400", "four", "4,5", ""]),
    st.sampled_from(["1577880000", "2020-01-01", "1577880000123", "1", "2020-13-01", ""]),
).filter(lambda row: any(cell.strip() for cell in row))


def separated(rows: Rows, delimiter: str) -> bytes:
    out = io.StringIO()
    made = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    made.writerows([HEADER, *rows])
    return out.getvalue().encode()


def lines(rows: Rows) -> bytes:
    objects = (dict(zip(HEADER, row, strict=True)) for row in rows)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects).encode()


def parquet(rows: Rows) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows, schema=dict.fromkeys(HEADER, pl.String), orient="row").write_parquet(out)
    return out.getvalue()


def sheet(rows: Rows) -> bytes:
    made = openpyxl.Workbook()
    for line, row in enumerate([HEADER, *rows], start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = made.worksheets[0].cell(line, column, text)
                cell.data_type = "s"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[Rows], bytes]] = {
    "csv": lambda rows: separated(rows, ","),
    "tsv": lambda rows: separated(rows, "\t"),
    "jsonl": lines,
    "parquet": parquet,
    "xlsx": sheet,
}
# what is said of the way a file was read, rather than of its rows
READING = ("format", "delimiter", "encoding")


def result(form: str, rows: Rows, packed: bool) -> tuple[object, ...]:
    content = WRITERS[form](rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"log.{form}{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(content, 1) if packed else content)
        log = clean(path, "interactions", options=Options(now=NOW))
        assert [file.name for file in path.parent.iterdir()] == [path.name]
    return told(log, first=2 if form != "jsonl" else 1)


def told(log: Interactions, first: int) -> tuple[object, ...]:
    """All that came of a file, with rows counted from 0 whether there is a header or not."""
    report = log.report
    at = np.zeros(0) if log.at is None else log.at
    columns = (log.users, log.items, log.events, np.nan_to_num(log.values, nan=-9), at)
    bad = [(row.line - first, row.column, row.code, row.args) for row in report.quarantine]
    notes = sorted((n.code, str(n.args)) for n in report.notes if n.code not in READING)
    return (
        (log.user_ids, log.item_ids, log.event_names, (log.lines - first).tolist()),
        [column.tolist() for column in columns],
        (report.rows_in, report.accepted, report.duplicates, report.reasons),
        (report.mapping, report.columns, bad, notes),
    )


@settings(deadline=None, max_examples=25)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_every_format_plain_and_packed_gives_the_same_table(rows: Rows) -> None:
    expected = result("csv", rows, packed=False)
    for form in WRITERS:
        for packed in (False, True):
            assert result(form, rows, packed) == expected, (form, packed)


def test_the_same_bad_row_is_shown_in_the_same_words(tmp_path: Path) -> None:
    raws = set()
    for form in ("csv", "parquet", "xlsx", "jsonl"):
        path = tmp_path / f"log.{form}"
        path.write_bytes(WRITERS[form]([("ann", "x,y", "view", "four", "1577880000")]))
        report = clean(path, "interactions", options=Options(now=NOW)).report
        raws.add(report.quarantine[0].raw)
    assert raws == {'ann,"x,y",view,four,1577880000'}


ONE: Rows = [("ann", "film", "view", "4", "1577880000")]


@pytest.mark.parametrize(
    ("form", "name", "right"),
    [
        ("parquet", "log.csv", ".parquet"),
        ("xlsx", "log.csv", ".xlsx"),
        ("jsonl", "log.csv", ".jsonl"),
        ("xlsx", "log.parquet", ".xlsx"),
        ("parquet", "log.xlsx", ".parquet"),
        ("jsonl", "log.tsv", ".jsonl"),
        ("parquet", "log.csv.gz", ".parquet"),
    ],
)
def test_bad_56_a_table_under_another_name_is_told_its_own(
    refusal: Refusal, form: str, name: str, right: str
) -> None:
    refused = refusal(WRITERS[form](ONE), name)
    assert (refused.code, refused.details["right"]) == ("other-type", right)


def test_bad_56_a_packed_file_says_so_in_its_name(refusal: Refusal) -> None:
    refused = refusal(gzip.compress(WRITERS["csv"](ONE)), "log.csv")
    assert (refused.code, refused.details["right"]) == ("other-type", ".csv.gz")
    inside = refusal(gzip.compress(WRITERS["csv"](ONE)), "log.parquet.gz")
    assert (inside.code, inside.details["suffix"]) == ("name-lies", ".parquet")


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", ["log", "log.txt", "log.dat", "upload"])
def test_a_name_that_promises_nothing_is_fine(tmp_path: Path, form: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WRITERS[form](ONE))
    assert clean(path, "interactions", options=Options(now=NOW)).report.accepted == 1
