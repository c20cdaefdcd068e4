"""What the file is: encoding, type, header, delimiter, quotes, lines."""

from __future__ import annotations

import csv
import io
import itertools
import time
from pathlib import Path

import pytest

from tests.training.clean.conftest import Read, Refusal
from training.clean import Limits, Refused, clean, preview

GOOD = "user_id,item_id,rating\nann,film,4\nbob,song,5\n"


def test_bad_01_a_byte_order_mark_is_no_part_of_the_first_column(read: Read) -> None:
    log = read(b"\xef\xbb\xbf" + GOOD.encode())
    assert log.report.columns[0] == "user_id"
    assert log.user_ids == ("ann", "bob")


@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")]
)
def test_bad_02_utf_16_is_decoded_by_its_mark_and_said(read: Read, codec: str, mark: bytes) -> None:
    log = read(mark + GOOD.encode(codec))
    assert log.user_ids == ("ann", "bob")
    assert ("encoding", {"encoding": "utf-16"}) in [(n.code, n.args) for n in log.report.notes]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_bad_02_utf_16_without_a_mark_is_refused(refusal: Refusal, codec: str) -> None:
    assert refusal(GOOD.encode(codec)).code == "utf-16-without-bom"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_bad_03_a_latin_1_byte_is_refused_with_its_line(refusal: Refusal, end: bytes) -> None:
    refused = refusal(end.join([b"user_id,item_id", b"ann,film", b"ren\xe9,song", b""]))
    assert (refused.code, refused.line, refused.details["byte"]) == ("not-decodable", 3, "E9")


def test_bad_03_the_line_is_right_far_down_the_file(refusal: Refusal) -> None:
    refused = refusal(b"user_id,item_id\n" + b"ann,film\r\n" * 300_000 + b"ren\xe9,song\n")
    assert refused.line == 300_002


def test_bad_03_a_chosen_encoding_reads_it(read: Read) -> None:
    log = read(b"user_id,item_id\nren\xe9,song\n", encoding="cp1252")
    assert log.user_ids == ("rené",)
    log = read("用户ID,商品ID\n张三,一\n".encode("gb18030"), encoding="gb18030")
    assert log.user_ids == ("张三",)


@pytest.mark.parametrize("bytes_", [b"\xc0\xaf", b"\xed\xa0\x80"])
def test_bad_04_overlong_and_surrogate_bytes_are_refused(refusal: Refusal, bytes_: bytes) -> None:
    refused = refusal(b"user_id,item_id\nann,film\n" + bytes_ + b",song\n")
    assert (refused.code, refused.line) == ("not-decodable", 3)


def test_bad_08_mixed_line_ends_keep_the_right_line_numbers(read: Read) -> None:
    log = read("user_id,item_id\r\na,1\rb,2\nc,3\r\nd\n")
    assert log.lines.tolist() == [2, 3, 4]
    assert [bad.line for bad in log.report.quarantine] == [5]


def test_bad_09_blank_lines_and_a_missing_last_newline_do_no_harm(read: Read) -> None:
    log = read("\nuser_id,item_id\n\na,1\n   \n\nb,2")
    assert log.lines.tolist() == [4, 7]
    assert log.report.rows_in == 2
    assert ("blank-lines", {"count": 3}) in [(n.code, n.args) for n in log.report.notes]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("cell", ["x", '"x"', '"x\ny"'])
def test_bad_09_blank_lines_are_counted_by_every_reader(read: Read, end: str, cell: str) -> None:
    rows = [f"{cell},1", "", " ", f"{cell},2", ""]
    report = read(
        end.join(["user_id,remark", *rows * 3]), {"user": "remark", "item": "user_id"}
    ).report
    assert report.rows_in == 6 == report.accepted + report.duplicates + report.quarantined
    assert ("blank-lines", {"count": 8}) in [(n.code, n.args) for n in report.notes]


@pytest.mark.parametrize("content", ["", "\n\r\n\n", "  \n\t\n", "\ufeff", "\ufeff\n"])
def test_bad_10_an_empty_file_is_refused(refusal: Refusal, content: str) -> None:
    assert refusal(content).code == "empty"


def test_bad_11_a_header_alone_is_refused(refusal: Refusal) -> None:
    assert refusal("user_id,item_id\n\n").code == "no-rows"


def test_bad_12_without_a_header_the_first_line_is_quoted(refusal: Refusal) -> None:
    refused = refusal("1,31,2.5,1260759144\n1,1029,3.0,1260759179\n")
    assert refused.code == "columns-not-found"
    assert "user_id, item_id" in str(refused)
    assert "1, 31, 2.5, 1260759144" in str(refused)


def test_bad_13_a_missing_column_is_named_with_near_matches(refusal: Refusal) -> None:
    refused = refusal("usr_idd,movieId\n1,2\n")
    assert (refused.details["missing"], refused.details["near"]) == ("user_id", "usr_idd")


def test_bad_14_a_column_that_stands_twice_is_refused(refusal: Refusal) -> None:
    refused = refusal("user_id,item_id,rating,rating\n1,2,3,4\n")
    assert (refused.code, refused.details["column"]) == ("column-twice", "rating")


def test_bad_15_unknown_columns_are_ignored_and_listed(read: Read) -> None:
    log = read("user_id,mood,item_id\nann,blue,film\n")
    assert ("columns-ignored", {"columns": "mood"}) in [(n.code, n.args) for n in log.report.notes]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_bad_17_the_delimiter_is_found_and_told(read: Read, delimiter: str) -> None:
    log = read(GOOD.replace(",", delimiter))
    assert (log.report.delimiter, log.report.accepted) == (delimiter, 2)


def test_bad_17_one_column_is_refused(refusal: Refusal) -> None:
    assert refusal("user_id item_id\nann film\n").code == "one-column"


def test_bad_17_an_unusable_delimiter_is_refused(refusal: Refusal) -> None:
    assert refusal(GOOD, delimiter="\n").code == "delimiter-unknown"


@pytest.mark.parametrize(
    ("row", "code"), [("a,1,2,3", "row-too-long"), ("a,1", "row-too-short"), ("a", "row-too-short")]
)
def test_bad_19_bad_20_rows_of_another_width_are_put_aside(read: Read, row: str, code: str) -> None:
    report = read(f"{GOOD}{row}\ncat,film,3\n").report
    assert (report.accepted, report.reasons) == (3, {code: 1})
    assert (report.quarantine[0].line, report.quarantine[0].raw) == (4, row)


def test_bad_21_an_unclosed_quote_is_refused_at_its_line(refusal: Refusal) -> None:
    refused = refusal('user_id,item_id\na,1\n"b,2\nc,3\n')
    assert (refused.code, refused.line) == ("quote-unclosed", 3)


def test_bad_21_also_when_much_follows_it(refusal: Refusal) -> None:
    refused = refusal('user_id,item_id\na,1\n"b,2\n' + "c,3\n" * 100_000)
    assert (refused.code, refused.line) == ("quote-unclosed", 3)


def test_bad_22_stray_quotes_and_backslashes_are_text_or_put_aside(read: Read) -> None:
    log = read('user_id,item_id\na"b,1\nc\\n,2\n"d"e,3\nf,4\n')
    assert log.user_ids == ('a"b', "c\\n", "f")
    assert [(bad.line, bad.code, bad.raw) for bad in log.report.quarantine] == [
        (4, "quote-stray", '"d"e,3')
    ]


@pytest.mark.parametrize("size", [70_000, 10_000_000])
def test_bad_23_a_huge_cell_is_put_aside_and_not_kept(read: Read, size: int) -> None:
    log = read("user_id,item_id,text\na,1,x\nb,2," + "y" * size + "\nc,3,z\n")
    assert log.user_ids == ("a", "c")
    assert [(bad.line, bad.code, bad.raw) for bad in log.report.quarantine] == [
        (3, "cell-too-long", "")
    ]


def test_bad_24_a_line_without_end_is_refused(refusal: Refusal) -> None:
    refused = refusal("user_id,item_id\na,1\n" + "b" * 3_000_000, limits=Limits(line=1_000_000))
    assert (refused.code, refused.line) == ("line-too-long", 3)


def test_bad_25_a_hundred_thousand_columns_are_refused(refusal: Refusal) -> None:
    names = ",".join(f"c{place}" for place in range(100_000))
    refused = refusal(f"user_id,item_id,{names}\n1,2\n")
    assert (refused.code, refused.details["columns"]) == ("too-many-columns", 100_002)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "EXE"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04\x14\x00log.csv", "ZIP"),
        (b"SQLite format 3\x00\x10\x00", "SQLite"),
        (b"\x80\x04\x95" + bytes(40), "pickle"),
        (b"\xca\xfe" + bytes(40), "binary"),
        (b'[{"user": 1}]\n', "JSON"),
        (b"<html><body>", "HTML"),
    ],
)
def test_bad_56_a_fake_csv_is_named_for_what_it_is(
    refusal: Refusal, content: bytes, found: str
) -> None:
    refused = refusal(content)
    assert (refused.code, refused.details["found"]) == ("wrong-type", found)


@pytest.mark.parametrize("name", ["log.parquet", "log.csv.GZ"])
def test_bad_56_a_csv_under_another_name_is_refused(refusal: Refusal, name: str) -> None:
    assert refusal(GOOD, name).code == "name-lies"


def test_a_text_that_opens_like_a_program_is_still_text(read: Read) -> None:
    assert read("MZ user,user_id,item_id\nx,ann,film\n").user_ids == ("ann",)


def test_a_file_over_the_limit_is_refused(refusal: Refusal) -> None:
    assert refusal(GOOD, limits=Limits(file=10)).code == "file-too-large"


def test_more_rows_than_the_limit_are_refused(refusal: Refusal) -> None:
    assert refusal(GOOD, limits=Limits(rows=1)).code == "too-many-rows"


def test_a_fully_quoted_file_reads_as_csv_reads_it(read: Read) -> None:
    rows = [[f"u{n}", f'i"{n},', "a\nb" if n % 7 == 0 else "c"] for n in range(60_000)]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["user_id", "item_id", "remark"], *rows])
    log = read(out.getvalue())
    assert log.user_ids == tuple(row[0] for row in rows)
    assert log.item_ids == tuple(row[1] for row in rows)


def test_line_numbers_survive_cells_that_span_lines_and_blocks(read: Read) -> None:
    rows = [(f"u{n}", "x\r\ny" if n % 3 == 0 else "z" * 20) for n in range(90_000)]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("user_id", "remark", "item_id"), *[(*row, "1") for row in rows]])
    log = read(out.getvalue())
    expected, line = [], 2
    for _, remark in rows:
        expected.append(line)
        line += 2 if "\n" in remark else 1
    assert log.lines.tolist() == expected


def test_bad_65_progress_reaches_the_end_and_may_stop_the_work(put) -> None:  # noqa: ANN001
    path: Path = put("user_id,item_id\n" + "ann,film\n" * 300_000)
    seen: list[tuple[int, int, int]] = []
    told = [time.monotonic()]

    def tell(*step: int) -> None:
        seen.append(step)  # type: ignore[arg-type]
        told.append(time.monotonic())

    clean(path, "interactions", progress=tell)
    assert max(after - before for before, after in itertools.pairwise(told)) < 2
    assert seen == sorted(seen)
    assert seen[-1] == (300_000, path.stat().st_size, path.stat().st_size)

    def stop(rows: int, done: int, size: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        clean(path, "interactions", progress=stop)


def test_the_preview_asks_for_what_it_cannot_guess(put) -> None:  # noqa: ANN001
    top = preview(put("who,film,评分\nann,1,4\n"), "interactions")
    assert top.missing == ("user", "item")
    assert top.mapping == {"value": "评分"}
    assert top.sample == (("ann", "1", "4"),)
    chosen = preview(put("who,film\nann,1\n"), "interactions", {"user": "who", "item": "film"})
    assert chosen.missing == ()


def test_the_preview_refuses_what_is_no_table(put) -> None:  # noqa: ANN001
    with pytest.raises(Refused):
        preview(put(b"user_id,item_id\n\x81\xff\x8d,1\n"), "interactions")
