from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.training.clean.conftest import NOW
from training.clean import Interactions, Limits, Options, Refused, clean, preview

Put = Callable[[str | bytes, str], Path]
HEAD = ("user_id", "item_id", "rating")
FIRST = "xl/worksheets/sheet1.xml"


def book(rows: Sequence[Sequence[Any]], *more: str) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(row)
    for line in sheet.iter_rows():
        for cell in line:
            if cell.data_type == "f":
                cell.data_type = "s"  # text, not a formula
    for name in more:
        made.create_sheet(name)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def changed(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one part written anew."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for entry in old.infolist():
            text = old.read(entry).decode()
            new.writestr(entry.filename, change(text) if entry.filename == name else text)
    return out.getvalue()


def read(put: Put, content: bytes, **options: object) -> Interactions:
    chosen = Options(**{"now": NOW, **options})  # type: ignore[arg-type]
    return clean(put(content, "log.xlsx"), "interactions", options=chosen)


def refused(put: Put, content: bytes, **options: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read(put, content, **options)
    return caught.value


def test_bad_60_the_first_sheet_is_read_as_text_and_the_others_are_named(put: Put) -> None:
    log = read(put, book([HEAD, ("007", 7, 4.5), ("=cmd|' /C calc'!A0", "字", 3)], "Notes"))
    assert (log.user_ids, log.item_ids) == (("007", "=cmd|' /C calc'!A0"), ("7", "字"))
    assert log.values.tolist() == [4.5, 3]
    notes = {n.code: n.args for n in log.report.notes}
    assert notes["sheets-ignored"] == {"sheets": "Notes"}
    assert log.report.encoding == "Excel (xlsx)"


def test_lines_are_the_rows_of_the_sheet(put: Put) -> None:
    rows = [(), HEAD, ("a", 1, 4), (), (None, " ", None), ("b", 2, 3), ("", 3, 1)]
    log = read(put, book(rows))
    assert log.lines.tolist() == [3, 6]
    assert [(bad.line, bad.code, bad.raw) for bad in log.report.quarantine] == [
        (7, "id-empty", ",3,1")
    ]


def test_a_cell_beyond_the_header_is_a_row_too_long(put: Put) -> None:
    report = read(put, book([HEAD, ("a", 1, 4, None, "x"), ("b", 2), ("c", 3, 3)])).report
    assert report.reasons == {"row-too-long": 1, "value-empty": 1}


def test_dates_of_the_sheet_are_times(put: Put) -> None:
    rows = [("user", "item", "time"), ("a", "b", dt.datetime(2020, 1, 1, 12)), ("b", "c", "x")]
    log = read(put, book(rows))
    assert log.at is not None
    assert log.at.tolist() == [1_577_880_000]
    assert log.report.reasons == {"time-unreadable": 1}


def test_bad_27_a_number_that_lost_its_digits_is_put_aside(put: Put) -> None:
    content = book([HEAD, (1.2345678901234567e18, 1, 4), ("b", 2, 3)])
    assert read(put, content).report.reasons == {"id-spreadsheet-damage": 1}


def test_whole_numbers_written_as_reals_are_whole(put: Put) -> None:
    content = book([HEAD, ("a", 12, 4)])
    content = changed(content, FIRST, lambda text: text.replace("<v>12</v>", "<v>12.0</v>"))
    assert read(put, content).item_ids == ("12",)


def test_bad_57_a_truncated_or_flipped_workbook_is_damaged(put: Put) -> None:
    content = book([HEAD, ("a", 1, 4)])
    assert refused(put, content[:-40]).code == "damaged"
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        start = parts.getinfo(FIRST).header_offset + 60
    flipped = bytearray(content)
    flipped[start] ^= 0xFF
    assert refused(put, bytes(flipped)).code == "damaged"
    assert refused(put, changed(content, FIRST, lambda text: text[:-30])).code == "damaged"


def test_bad_52_a_zip_of_many_entries_is_refused_unread(put: Put) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("xl/workbook.xml", "")
        for number in range(2_000):
            made.writestr(f"{number}", "")
    assert "2001 entries" in str(refused(put, out.getvalue()))


def test_bad_52_a_part_that_unpacks_too_far_is_refused(put: Put) -> None:
    content = book([HEAD, ("a", 1, 4)])
    bomb = changed(content, FIRST, lambda text: text + " " * 2**27)
    assert refused(put, bomb).code == "unpacks-too-far"
    assert refused(put, content, limits=Limits(unpacked=100)).code == "unpacks-too-large"


def shared(texts: Sequence[str], rows: Sequence[str]) -> bytes:
    """A workbook as spreadsheets write it: texts in a part of their own, rows of their XML."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Log" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">'
        + "".join(f"<si><r><t>{text}</t></r></si>" for text in texts)
        + "</sst>",
        FIRST: f'<worksheet xmlns="{main}"><sheetData>{"".join(rows)}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", 8) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


SHARED_ROWS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>',
    '<row r="4"><c r="A4" t="s"><v>2</v></c><c r="C4"><v>7</v></c></row>',
)


def test_texts_in_a_part_of_their_own_are_read(put: Put) -> None:
    log = read(put, shared(["user_id", "item_id", "0x</t></r><r><t>7"], SHARED_ROWS))
    assert (log.user_ids, log.item_ids, log.lines.tolist()) == (("0x7",), ("7",), [4])
    assert log.report.columns == ("user_id", "(2)", "item_id")


def test_bad_57_a_text_that_is_not_there_is_damage(put: Put) -> None:
    assert refused(put, shared(["user_id", "item_id"], SHARED_ROWS)).code == "damaged"


def test_bad_52_a_part_held_in_memory_is_bounded(put: Put) -> None:
    many = shared([f"a long text {n}" for n in range(3_000)], SHARED_ROWS)
    found = refused(put, many, limits=Limits(unpacked=800_000))
    assert (found.code, found.details["limit"]) == ("unpacks-too-large", 50_000)


def test_bad_55_an_archive_that_is_no_workbook_is_refused(put: Put) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("../../xl/evil", "x")
    found = refused(put, out.getvalue())
    assert (found.code, found.details["found"]) == ("wrong-type", "ZIP")


def test_bad_51_entities_do_not_grow(put: Put) -> None:
    lines = ['<!ENTITY a "ha">']
    lines += [
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    laughs = f"<!DOCTYPE w [{''.join(lines)}]>"

    def change(text: str) -> str:
        text = re.sub(r"<worksheet", laughs + "<worksheet", text, count=1)
        return text.replace("<v>1</v>", "<v>&j;</v>")

    content = changed(book([HEAD, ("a", 1, 4)]), FIRST, change)
    assert refused(put, content).code == "damaged"


def test_a_row_number_beyond_any_sheet_is_refused(put: Put) -> None:
    content = book([HEAD, ("a", 1, 4), ("b", 2, 3)])
    far = changed(content, FIRST, lambda text: text.replace('<row r="3"', '<row r="999999999"'))
    assert refused(put, far).code == "too-many-rows"


def test_a_false_dimension_hides_no_row(put: Put) -> None:
    content = book([HEAD, ("a", 1, 4), ("b", 2, 3)])
    small = changed(
        content,
        FIRST,
        lambda text: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:A1"', text),
    )
    assert read(put, small).user_ids == ("a", "b")


def test_the_preview_is_made_by_a_child(put: Put) -> None:
    top = preview(put(book([HEAD, ("a", 1, 4)]), "log.xlsx"), "interactions")
    assert (top.form, top.columns, top.sample) == ("xlsx", HEAD, (("a", "1", "4"),))
    with pytest.raises(Refused) as caught:
        preview(put(book([]), "log.xlsx"), "interactions")
    assert caught.value.code == "empty"
