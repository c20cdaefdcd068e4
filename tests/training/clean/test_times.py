from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.clean.conftest import NOW, Read, Refusal
from training.clean import NOTES, Options
from training.clean.times import parse

HEAD = "user_id,item_id,time\n"
NOON = 1_577_880_000  # 2020-01-01 12:00 UTC


@pytest.mark.parametrize(
    "cell",
    [
        "1577880000",
        "1577880000.25",
        "1577880000000",
        "1577880000000000",
        "1577880000000000000",
        "2020-01-01T12:00:00Z",
        "2020-01-01 12:00",
        "2020-01-01T12:00:00.123456",
        "2020/1/1 12:00:00",
        "2020年1月1日 12:00",
        "2020-01-01T13:00:00+01:00",
        "2020-01-01T13:00+0100",
        "2020-01-01 04:30:00-07:30",
        "１５７７８８００００",
        "２０２０－０１－０１ １２：００",
        "２０２０年１月１日　１２:００",
    ],
)
def test_bad_32_each_plain_form_is_the_same_second(read: Read, cell: str) -> None:
    log = read(f"{HEAD}ann,film,{cell}\n")
    assert log.at is not None
    assert log.at.tolist() == [NOON]


def test_bad_32_plain_forms_may_be_mixed(read: Read) -> None:
    cells = ["1577880000", "1577880000000", "2020-01-01T12:00:00Z", "20200101"]
    rows = "".join(f"u{place},film,{cell}\n" for place, cell in enumerate(cells))
    log = read(HEAD + rows)
    assert log.at is not None
    assert log.at.tolist() == [NOON, NOON, NOON, NOON - 12 * 3600]
    assert "times-mixed" in {note.code for note in log.report.notes}


@pytest.mark.parametrize("cell", ["01/02/2024", "13/02/2021", "1.2.2020 10:00"])
def test_bad_32_day_and_month_are_never_guessed(refusal: Refusal, cell: str) -> None:
    refused = refusal(f"{HEAD}ann,film,2020-01-01\nbob,film,{cell}\n")
    assert (refused.code, refused.line, refused.details["value"]) == ("time-ambiguous", 3, cell)


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["02/03/2024", "28/03/2024"], {"proof": "28/03/2024", "proof_line": 3, "day_first": True}),
        (["02/03/2024", "3/28/2024"], {"proof": "3/28/2024", "proof_line": 3, "day_first": False}),
        (["02/03/2024", "28/03/2024", "3/28/2024"], {}),  # they disagree
        (["02/03/2024", "04/03/2024"], {}),
    ],
)
def test_bad_32_a_date_of_one_order_is_said_and_not_taken(
    refusal: Refusal, cells: list[str], shown: dict[str, object]
) -> None:
    rows = "".join(f"u{place},film,{cell}\n" for place, cell in enumerate(cells))
    refused = refusal(HEAD + rows)
    usual = {"line": 2, "column": "time", "value": "02/03/2024"}
    assert (refused.code, refused.details) == ("time-ambiguous", usual | shown)


def test_bad_32_what_is_a_date_in_no_order_is_one_bad_row_not_a_bad_file(read: Read) -> None:
    log = read(f"{HEAD}ann,film,2020-01-01\nbob,film,32/99/2024\n")
    assert len(log.users) == 1
    assert log.report.quarantined == 1


def test_bad_32_day_and_month_are_read_when_chosen(read: Read) -> None:
    content = f"{HEAD}ann,film,02/01/2020\nbob,film,2020-01-01\n"
    day, month = read(content, day_first=True), read(content, day_first=False)
    assert day.at is not None and month.at is not None
    assert day.at.tolist() == [1_577_923_200, 1_577_836_800]
    assert month.at.tolist() == [1_580_515_200, 1_577_836_800]


@pytest.mark.parametrize(
    "cell",
    [
        "2024-13-45",
        "0000-00-00",
        "yesterday",
        "2021-02-29",
        "2020-01-01 24:00",
        "20201301",
        "12:00",
    ],
)
def test_bad_33_impossible_times_are_put_aside(read: Read, cell: str) -> None:
    report = read(f"{HEAD}ann,film,{cell}\nbob,film,{NOON}\n").report
    assert (report.accepted, report.reasons) == (1, {"time-unreadable": 1})
    assert (report.quarantine[0].column, report.quarantine[0].args) == ("time", {"value": cell})


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1700090000", "time-future"),
        ("9999-12-31", "time-future"),
        ("1994-12-31", "time-too-old"),
        ("0", "time-too-old"),
        ("-5", "time-too-old"),
        ("10000000000000000", "time-out-of-range"),
        ("5000000000", "time-out-of-range"),
        ("1e16", "time-unreadable"),
        ("", "time-empty"),
    ],
)
def test_bad_34_times_out_of_this_age_are_put_aside(read: Read, cell: str, code: str) -> None:
    report = read(f"{HEAD}ann,film,{cell}\nbob,film,{NOON}\n").report
    assert (report.accepted, report.reasons) == (1, {code: 1})


def test_bad_34_a_day_ahead_is_still_taken(read: Read) -> None:
    assert read(f"{HEAD}ann,film,{int(NOW) + 86_400}\n").report.accepted == 1


def test_bad_35_clock_times_are_taken_in_the_zone_and_said(read: Read) -> None:
    content = f"{HEAD}ann,film,2020-01-01 20:00\nbob,film,2020-01-01T12:00Z\n"
    log = read(content, zone="Asia/Shanghai")
    assert log.at is not None
    assert log.at.tolist() == [NOON, NOON]
    said = {note.code: note.args for note in log.report.notes}
    assert said["zone-assumed"] == {"count": 1, "zone": "Asia/Shanghai"}


def test_bad_35_the_note_on_zones_says_that_it_counts_rows_read(read: Read) -> None:
    row = "ann,film,2020-01-01 20:00\n"
    report = read(HEAD + row + row, zone="Asia/Shanghai").report
    assert (report.rows_in, report.accepted) == (2, 1)
    (said,) = [note for note in report.notes if note.code == "zone-assumed"]
    assert NOTES[said.code][0].format(**said.args).startswith("Rows read whose time")
    assert said.args["count"] == report.rows_in


def test_bad_35_an_hour_that_the_clock_skipped_is_put_aside(read: Read) -> None:
    log = read(f"{HEAD}ann,film,2021-03-28 02:30\nbob,film,{NOON}\n", zone="Europe/Berlin")
    assert log.report.reasons == {"time-gap": 1}


def test_an_unknown_zone_is_refused(refusal: Refusal) -> None:
    assert refusal(f"{HEAD}ann,film,{NOON}\n", zone="Mars/Olympus").code == "zone-unknown"


def test_bad_36_one_time_for_all_is_noted_and_unsorted_is_fine(read: Read) -> None:
    same = read(f"{HEAD}a,1,{NOON}\nb,2,{NOON}\n")
    assert "one-time" in {note.code for note in same.report.notes}
    unsorted = read(f"{HEAD}a,1,{NOON + 9}\nb,2,{NOON}\n")
    assert unsorted.at is not None
    assert unsorted.at.tolist() == [NOON + 9, NOON]
    assert {note.code for note in unsorted.report.notes} == {"event-assumed", "users-once"}


def test_a_log_without_times_has_none(read: Read) -> None:
    log = read("user_id,item_id\nann,film\n")
    assert log.at is None
    assert "no-times" in {note.code for note in log.report.notes}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(788_918_400, int(NOW)), min_size=1, max_size=20))
def test_iso_and_epoch_agree_with_the_standard_library(seconds: list[int]) -> None:
    texts = [datetime.fromtimestamp(second, UTC).isoformat() for second in seconds]
    assert parse(texts, Options(), NOW).at.tolist() == seconds
    assert parse([str(second) for second in seconds], Options(), NOW).at.tolist() == seconds


def test_full_width_letters_that_say_no_time_are_shown_as_they_stand() -> None:
    found = parse(["２０２０－１３－０１", "2020-01-01", "１９９０－０１－０１"], Options(), NOW)
    assert found.faults == {
        0: ("time-unreadable", {"value": "２０２０－１３－０１"}),
        2: ("time-too-old", {"value": "１９９０－０１－０１"}),
    }
