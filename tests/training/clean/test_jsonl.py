from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.clean.conftest import NOW
from training.clean import Interactions, Limits, Options, Refused, clean, preview

Put = Callable[[str | bytes, str], Path]
GOOD = '{"user_id": "ann", "item_id": 7, "rating": 4.5}\n'
ReadLines = Callable[..., Interactions]


@pytest.fixture
def read_lines(put: Put) -> ReadLines:
    def read_lines(content: str | bytes, **options: object) -> Interactions:
        chosen = Options(**{"now": NOW, **options})  # type: ignore[arg-type]
        return clean(put(content, "log.jsonl"), "interactions", options=chosen)

    return read_lines


def refused(read_lines: ReadLines, content: str | bytes, **options: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read_lines(content, **options)
    return caught.value


def test_objects_are_rows_and_lines_are_physical(read_lines: ReadLines) -> None:
    log = read_lines(GOOD + "\n \r\n" + '{"item_id": "8", "user_id": "bob", "rating": 1}')
    assert (log.user_ids, log.item_ids) == (("ann", "bob"), ("7", "8"))
    assert (log.values.tolist(), log.lines.tolist()) == ([4.5, 1], [1, 4])
    assert log.report.form == "jsonl"


def test_bad_28_numbers_stay_the_text_that_they_are(read_lines: ReadLines) -> None:
    log = read_lines(GOOD + '{"user_id": 12345678901234567890123, "item_id": 1.50, "rating": 1}\n')
    assert (log.user_ids[1], log.item_ids[1]) == ("12345678901234567890123", "1.50")


def test_bad_61_ten_thousand_digits_take_no_time(read_lines: ReadLines) -> None:
    report = read_lines(GOOD + f'{{"user_id": {"9" * 10_000}, "item_id": 1, "rating": 1}}\n').report
    assert report.reasons == {"id-too-long": 1}


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_bad_61_deep_nesting_is_refused_with_its_line(read_lines: ReadLines, deep: str) -> None:
    found = refused(read_lines, GOOD + f'{{"user_id": {deep}\n')
    assert (found.code, found.line) == ("json-too-deep", 2)
    much = '{"a":' * 40 + "1" + "}" * 40
    assert refused(read_lines, GOOD * 300 + much).line == 301


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"user_id": "a", "user_id": "b", "item_id": 1}', "json-key-twice"),
        ('{"user_id": "a", "x": {"y": 1}, "x.y": 2}', "json-key-twice"),
        ('{"user_id": "a", "item_id": 1, "rating": NaN}', "json-not-finite"),
        ('{"user_id": "a", "item_id": 1, "rating": -Infinity}', "json-not-finite"),
        ('{"user_id": "a", "item_id": 1, "rating": 1e999}', "value-not-finite"),
        ('{"user_id": "a", "item_id": 1', "json-unreadable"),
        ('{"user_id": "\\ud800", "item_id": 1}', "json-unreadable"),
        ('["a", 1]', "json-no-object"),
        ('{"user_id": [[1]], "item_id": 1}', "json-nested"),
        ('{"user_id": "a\\u0000", "item_id": 1, "rating": 1}', "id-control-character"),
        ('{"user_id": null, "item_id": 1, "rating": 1}', "id-empty"),
        ('{"item_id": 1, "rating": 1}', "id-empty"),
        ("{}", "id-empty"),
    ],
)
def test_bad_61_a_line_that_is_no_row_is_put_aside(
    read_lines: ReadLines, line: str, code: str
) -> None:
    report = read_lines(GOOD + line + "\n" + GOOD.replace("ann", "cat")).report
    assert (report.accepted, report.reasons) == (2, {code: 1})
    assert report.quarantine[0].line == 2
    assert "\x00" not in report.quarantine[0].raw


def test_bad_61_a_line_of_ten_megabytes_is_refused(read_lines: ReadLines) -> None:
    long = f'{{"user_id": "{"x" * 10_000_000}", "item_id": 1}}\n'
    found = refused(read_lines, GOOD + long)
    assert (found.code, found.line) == ("line-too-long", 2)


def test_bad_23_a_long_cell_is_put_aside_and_not_kept(read_lines: ReadLines) -> None:
    report = read_lines(GOOD + GOOD.replace("ann", "x" * 70_000)).report
    assert (report.reasons, report.quarantine[0].raw) == ({"cell-too-long": 1}, "")
    assert report.quarantine[0].column == "user_id"


def test_objects_within_are_columns_and_lists_are_categories(put: Put) -> None:
    line = '{"id": 1, "title": "Heat", "genres": ["Crime", "Drama"], "more": {"ok": true}}\n'
    items = clean(put(line, "items.jsonl"), "items")
    assert items.categories == (("Crime", "Drama"),)
    assert items.attributes == ({"more.ok": "true"},)


def test_a_key_that_comes_late_is_told(read_lines: ReadLines) -> None:
    late = '{"user_id": "z", "item_id": 1, "rating": 2, "mood": 3}\n'
    notes = {n.code: n.args for n in read_lines(GOOD * 250 + late).report.notes}
    assert notes["keys-late"] == {"count": 1, "key": "mood"}


def test_an_object_over_many_lines_and_an_array_are_no_json_lines(put: Put) -> None:
    for content in ('{\n  "user_id": 1\n}\n', '[{"user_id": 1}]'):
        with pytest.raises(Refused) as caught:
            clean(put(content, "log.json"), "interactions")
        assert (caught.value.code, caught.value.details["found"]) == ("wrong-type", "JSON")


def test_lines_that_only_look_like_json_are_refused(read_lines: ReadLines) -> None:
    assert refused(read_lines, '{"user_id"; "a"}\n').code == "no-json-lines"


def test_encodings_are_those_of_text(read_lines: ReadLines) -> None:
    assert read_lines(b"\xef\xbb\xbf" + GOOD.encode()).user_ids == ("ann",)
    assert read_lines(b"\xff\xfe" + GOOD.encode("utf-16-le")).user_ids == ("ann",)
    chinese = GOOD.replace("ann", "张三").encode("gb18030")
    assert read_lines(chinese, encoding="gb18030").user_ids == ("张三",)
    assert (refused(read_lines, GOOD.encode() + chinese).code) == "not-decodable"


def test_bad_24_25_limits_hold(read_lines: ReadLines) -> None:
    wide = "{" + ", ".join(f'"c{n}": 1' for n in range(300)) + "}"
    assert refused(read_lines, wide).code == "too-many-columns"
    assert refused(read_lines, GOOD * 3, limits=Limits(rows=2)).code == "too-many-rows"


def test_the_preview_shows_columns_and_rows(put: Put) -> None:
    top = preview(put(GOOD * 3, "log.ndjson"), "interactions")
    assert (top.columns, top.form, top.delimiter) == (("user_id", "item_id", "rating"), "jsonl", "")
    assert top.sample[0] == ("ann", "7", "4.5")


def test_progress_is_told_to_the_very_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"user": "u", "item": "i"}\n' * 3)
    told: list[tuple[int, int, int]] = []
    clean(path, "interactions", progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (3, path.stat().st_size, path.stat().st_size)
