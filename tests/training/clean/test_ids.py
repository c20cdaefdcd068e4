from __future__ import annotations

import pytest

from tests.training.clean.conftest import Read


def notes(log) -> dict[str, dict]:  # noqa: ANN001
    return {note.code: note.args for note in log.report.notes}


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x1f"])
def test_bad_05_bad_06_control_characters_in_ids_are_put_aside(read: Read, control: str) -> None:
    report = read(f"user_id,item_id\na{control}b,1\nc,2\n").report
    bad = report.quarantine[0]
    assert (bad.line, bad.column, bad.code) == (2, "user_id", "id-control-character")
    assert bad.args == {"character": f"U+{ord(control):04X}"}
    assert "\x00" not in bad.raw


def test_bad_06_look_alikes_stay_apart_and_are_reported(read: Read) -> None:
    log = read("user_id,item_id\nann,caf\u00e9\nann,cafe\u0301\nann,ca\u200bfé\nann,\u202ecba\n")
    assert len(log.item_ids) == 4
    assert notes(log)["ids-look-alike"]["count"] == 2


@pytest.mark.parametrize("name", ["😀🎬", "שלום", "مرحبا", "用户一", "a b"])
def test_bad_07_ids_of_every_script_come_back_as_they_were(read: Read, name: str) -> None:
    log = read(f"user_id,item_id\n{name},{name}\n")
    assert (log.user_ids, log.item_ids) == ((name,), (name,))


def test_bad_26_leading_zeros_make_another_id(read: Read) -> None:
    log = read("user_id,item_id\n007,12\n7,0012\n")
    assert log.user_ids == ("007", "7")
    assert log.item_ids == ("12", "0012")


@pytest.mark.parametrize("name", ["1.2345678901234567e+18", "1E5", "1,2E+10"])
def test_bad_27_ids_that_a_spreadsheet_damaged_are_put_aside(read: Read, name: str) -> None:
    content = f'user_id,item_id\n"{name}",1\nann,2\n'
    assert read(content).report.reasons == {"id-spreadsheet-damage": 1}
    assert read(content, keep_damaged_ids=True).user_ids == (name, "ann")


def test_bad_28_ids_longer_than_any_number_are_text(read: Read) -> None:
    log = read("user_id,item_id\n12345678901234567890123,9223372036854775808\n")
    assert log.user_ids == ("12345678901234567890123",)


def test_bad_29_blanks_are_trimmed_and_case_is_kept(read: Read) -> None:
    log = read("user_id,item_id\n U1 ,1\nU1,2\nu1,3\n")
    assert log.user_ids == ("U1", "u1")
    assert notes(log)["ids-trimmed"] == {"count": 1}
    assert notes(log)["ids-differ-in-case"] == {"count": 1, "example": "u1"}


def test_bad_31_a_late_change_of_type_is_text_all_along(read: Read) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(20_000))
    log = read(f"user_id,item_id\n{rows}abc,7\n")
    assert log.user_ids[-1] == "abc"
    assert log.report.accepted == 20_001


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+1",
        "-1",
        "'; DROP TABLE users; --",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "../../etc/passwd",
        "<script>alert(1)</script>",
    ],
)
def test_bad_44_bad_45_bad_46_hostile_ids_are_only_data(read: Read, name: str) -> None:
    assert read(f'user_id,item_id\n"{name}",1\n').user_ids == (name,)


def test_bad_47_a_line_break_inside_an_id_is_put_aside(read: Read) -> None:
    report = read('user_id,item_id\n"ann\n2024 INFO admin",1\nbob,2\n').report
    assert [(bad.line, bad.code) for bad in report.quarantine] == [(2, "id-control-character")]
    assert report.accepted == 1


def test_empty_and_overlong_ids_are_put_aside(read: Read) -> None:
    report = read(f"user_id,item_id\n,1\nann, \n{'字' * 100},3\nbob,2\n").report
    assert report.reasons == {"id-empty": 2, "id-too-long": 1}
    assert [bad.column for bad in report.quarantine] == ["user_id", "item_id", "user_id"]


def test_ids_of_rows_put_aside_are_no_users_and_no_items(read: Read) -> None:
    log = read("user_id,item_id,rating\nann,film,oops\nbob,song,4\ncat,,3\n")
    assert (log.user_ids, log.item_ids) == (("bob",), ("song",))
    assert (log.users.tolist(), log.items.tolist()) == ([0], [0])


@pytest.mark.parametrize("name", ["NULL", "nan", "None", r"\N", "undefined", " <NA> "])
def test_what_stands_for_a_missing_id_makes_no_user_of_strangers(read: Read, name: str) -> None:
    content = f"user_id,item_id\n{name},1\nann,2\nann,{name}\nNULLO,3\n"
    report = read(content).report
    assert report.reasons == {"id-stands-for-none": 2}
    assert [(bad.line, bad.column) for bad in report.quarantine] == [(2, "user_id"), (4, "item_id")]
    assert read(content, keep_damaged_ids=True).user_ids == (name.strip(), "ann", "NULLO")


def test_bad_27_errors_of_a_spreadsheet_are_no_ids(read: Read) -> None:
    content = "user_id,item_id\n#N/A,1\nann,#REF!\nann,#1\n"
    log = read(content)
    assert (log.report.reasons, log.item_ids) == ({"id-spreadsheet-damage": 2}, ("#1",))
