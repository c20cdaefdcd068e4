"""ABU-07: nothing in an export runs when a spreadsheet opens it; numbers stay numbers."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recweb.lib.csvfile import cell, csv_response

RISKY = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "|x",
    "%x",
    "  =1",
    "　=1",
]


@pytest.mark.parametrize("text", RISKY)
def test_abu_07_a_formula_becomes_text(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize(
    "value", [-3.5, 0, True, "-3.5", "+4", "1e-5", "-.5", "a=b", "变形金刚", ""]
)
def test_abu_07_numbers_and_words_stay(value: object) -> None:
    assert cell(value) == value


def test_nothing_is_an_empty_cell() -> None:
    assert cell(None) == ""


def read(response: object) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8")  # type: ignore[attr-defined]
    assert text.startswith("\ufeff"), "Excel needs the mark to read Chinese"
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_abu_07_headers_are_guarded_too() -> None:
    assert read(csv_response("x", ["=a", "b"], [[1, "=b"]])) == [["'=a", "b"], ["1", "'=b"]]


def test_the_file_name_is_ours() -> None:
    for name in ('a"b\r\nX: y', "../../etc/passwd", "数据", "runs.csv"):
        header = csv_response(name, [], [])["Content-Disposition"]
        assert header.startswith('attachment; filename="')
        assert header.endswith('.csv"')
        assert "\n" not in header
        assert ".." not in header
    assert csv_response("runs.csv", [], [])["Content-Disposition"].endswith('"runs.csv"')


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_every_cell_comes_back_and_none_starts_a_formula(texts: list[str]) -> None:
    rows = read(csv_response("x", ["text"], [[text] for text in texts]))[1:]
    for text, row in zip(texts, [row or [""] for row in rows], strict=True):
        found = row[0]
        assert found in (text, "'" + text)
        bare = found.lstrip()
        try:
            float(found)
        except ValueError:
            assert not bare.startswith(("=", "+", "-", "@"))
