"""Blocks that are split by columns read exactly as the csv reader reads them."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.clean import clean, plain
from training.clean.duplicates import drop

CELL = st.text(st.sampled_from("ab7 .\t;é测\x00\x01\x0b\x85\u2028\ufeff'"), max_size=4)
LINE = st.lists(CELL, min_size=1, max_size=5).map(",".join)


@given(st.lists(LINE, min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_it_reads_what_csv_reads(lines: list[str], end: str, ended: bool) -> None:
    block = end.join(lines) + (end if ended else "")
    found = plain.split(block, ",", 3, 1_000)
    if "\ufeff" in block or not block:
        assert found is None or not len(found.frame)
        return
    rows = list(csv.reader(io.StringIO(block, newline=""), strict=True))
    assert found is not None
    assert found.frame.rows() == [tuple(row) for row in rows if len(row) == 3]
    assert found.good.tolist() == [n for n, row in enumerate(rows) if len(row) == 3]
    odd = [(n, row) for n, row in enumerate(rows) if len(row) not in (0, 3)]
    assert [(n, text.split(",")) for n, text in found.odd if text] == odd
    assert found.lines == len(rows)


@pytest.mark.parametrize("block", ['a,"b",c\n', "a,b,c\rd,e,f\r", "\ufeffa,b,c\n", "a,b,cccccc\n"])
def test_it_leaves_to_csv_what_it_cannot_tell(block: str) -> None:
    assert plain.split(block, ",", 3, 8) is None


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4), max_size=40))
def test_of_equal_rows_the_last_stays(rows: list[tuple[int, ...]]) -> None:
    users, items, events, at = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    columns = {
        "users": users.astype(np.int32),
        "items": items.astype(np.int32) - 1,
        "events": events.astype(np.int16),
        "at": at,
        "lines": np.arange(len(rows)),
    }
    kept = drop(columns)
    last = {row: line for line, row in enumerate(rows)}
    assert columns["lines"].tolist() == sorted(last.values())
    expected = [line == last[row] for line, row in enumerate(rows)]
    assert expected == ([True] * len(rows) if kept is None else kept.tolist())


def test_a_quoted_block_between_plain_ones_keeps_the_line_numbers(tmp_path: Path) -> None:
    lines = [f"u{n % 7},i{n % 5},{1_600_000_000 + n}" for n in range(120_000)]
    lines[60_000] = '"u1","i\n1",1600000000'
    lines[110_000] = "u1,i1"
    (tmp_path / "a.csv").write_text("user,item,time\n" + "\n".join(lines) + "\n")
    report = clean(tmp_path / "a.csv", "interactions").report
    assert [(bad.line, bad.code) for bad in report.quarantine] == [
        (60_002, "id-control-character"),
        (110_003, "row-too-short"),  # one line more: the id before it took two
    ]
    assert report.accepted == 119_998
