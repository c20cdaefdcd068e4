from __future__ import annotations

import numpy as np
import pytest

from tests.training.clean.conftest import Read

HEAD = "user_id,item_id,rating\n"
RATED = HEAD + "".join(f"u{n},i{n},{n % 5 + 1}\n" for n in range(40))


@pytest.mark.parametrize(
    ("cell", "value"), [("4", 4), ("4.5", 4.5), (" 3 ", 3), (".5", 0.5), ("+2.", 2), ("1e1", 10)]
)
def test_numbers_are_read(read: Read, cell: str, value: float) -> None:
    assert read(f"{HEAD}ann,film,{cell}\n").values.tolist() == [value]


@pytest.mark.parametrize("cell", ["NaN", "inf", "-Infinity", "1e400", "-1e999", "nan"])
def test_bad_37_what_is_not_finite_is_put_aside(read: Read, cell: str) -> None:
    assert read(f"{HEAD}ann,film,{cell}\n").report.reasons == {"value-not-finite": 1}


@pytest.mark.parametrize(
    "cell", ["1_000", "0x10", "١", "four", "4 5", "--1", "1e", "true", "4.5.6"]
)
def test_bad_37_what_is_no_number_is_put_aside(read: Read, cell: str) -> None:
    report = read(f"{HEAD}ann,film,{cell}\n").report
    assert report.reasons == {"value-unreadable": 1}
    assert report.quarantine[0].args == {"value": cell}


def test_full_width_digits_are_digits(read: Read) -> None:
    cells = ["３", "３．５", "－１", "４²", "1", "３x"]
    log = read(HEAD + "".join(f"ａnn,ｉ{n},{cell}\n" for n, cell in enumerate(cells)))
    assert log.values.tolist() == [3, 3.5, -1, 1]
    assert log.user_ids == ("ａnn",)  # an id is what it is
    assert [(bad.code, bad.args) for bad in log.report.quarantine] == [
        ("value-unreadable", {"value": "４²"}),
        ("value-unreadable", {"value": "３x"}),
    ]
    assert read("user_id;item_id;rating\na;b;３，５\n", decimal=",").values.tolist() == [3.5]


def test_bad_37_ninety_nine_on_a_scale_of_five_is_put_aside(read: Read) -> None:
    report = read(f"{RATED}ann,film,99\n").report
    assert report.reasons == {"value-out-of-range": 1}
    assert report.quarantine[0].args == {"value": "99", "low": 0.0, "high": 5.0}
    said = {"least": 1, "most": 5, "low": 0, "high": 5}
    assert ("scale-seen", said) in [(n.code, n.args) for n in report.notes]


def test_bad_37_a_chosen_scale_holds_for_the_shortest_file(read: Read) -> None:
    log = read(f"{HEAD}a,1,0.5\na,2,5\na,3,0\na,4,6\n", scale=(0.5, 5.0))
    assert (log.values.tolist(), log.report.reasons) == ([0.5, 5.0], {"value-out-of-range": 2})


def test_no_scale_is_guessed_for_counts_and_short_files(read: Read) -> None:
    counts = RATED.replace("rating", "play count")
    assert read(f"{counts}ann,film,99\n").report.quarantined == 0
    assert read(f"{HEAD}a,1,1\na,2,99\n").report.quarantined == 0


def test_bad_18_a_decimal_comma_needs_the_setting(read: Read) -> None:
    content = "user_id;item_id;rating\nann;film;4,5\n"
    assert read(content).report.reasons == {"value-decimal-comma": 1}
    assert read(content, decimal=",").values.tolist() == [4.5]


def test_an_empty_value_is_a_fault_only_without_an_event_column(read: Read) -> None:
    assert read(f"{HEAD}ann,film,\n").report.reasons == {"value-empty": 1}
    log = read("user_id,item_id,rating,event\nann,film,,view\nann,film,4,rating\n")
    assert np.isnan(log.values[0])
    assert (log.values[1], log.report.accepted) == (4, 2)


def test_without_a_value_column_values_are_nan(read: Read) -> None:
    log = read("user_id,item_id\nann,film\n")
    assert np.isnan(log.values).all()
    assert log.event_names == ("view",)


@pytest.mark.parametrize("name", ["dwell_seconds", "停留时长", "dwell"])
def test_bad_38_negative_and_endless_dwell_is_put_aside(read: Read, name: str) -> None:
    log = read(f"user,item,{name}\na,1,30\na,2,-5\na,3,1e12\na,4,86401\na,5,86400\n")
    assert (log.values.tolist(), log.report.reasons) == ([30, 86_400], {"value-out-of-range": 3})


def test_bad_38_more_than_a_day_is_taken_when_it_is_chosen(read: Read) -> None:
    log = read("user,item,dwell\na,1,90000\na,2,-5\n", scale=(0, 1e6))
    assert (log.values.tolist(), log.report.reasons) == ([90_000], {"value-out-of-range": 1})


def test_bad_38_more_than_a_day_is_capped_when_it_is_chosen(read: Read) -> None:
    log = read("user,item,dwell\na,1,90000\na,2,-5\na,3,inf\na,4,7\n", cap=True)
    assert log.values.tolist() == [86_400, 7]
    assert log.report.reasons == {"value-out-of-range": 1, "value-not-finite": 1}


def test_bad_38_no_count_is_below_nothing(read: Read) -> None:
    assert read("user,item,hours\na,1,-1\na,2,900\n").values.tolist() == [900]
