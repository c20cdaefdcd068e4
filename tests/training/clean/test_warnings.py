"""What is told of accepted rows, before a model is trained on them."""

from __future__ import annotations

from tests.training.clean.conftest import Read

HEAD = "user_id,item_id,time\n"
NOON = 1_577_880_000


def notes(read: Read, content: str) -> dict[str, dict[str, str | int | float]]:
    return {note.code: note.args for note in read(content).report.notes}


def busy(seconds: float, count: int = 1_001) -> str:
    return "".join(f"bot,i{n},{NOON + int(n * seconds)}\n" for n in range(count))


def test_bad_48_more_than_a_thousand_events_within_an_hour_are_told(read: Read) -> None:
    found = notes(read, HEAD + busy(3.5) + f"ann,i1,{NOON}\nann,i2,{NOON}\n")
    assert found["bots"] == {"example": "bot", "most": 1_001, "limit": 1_000, "count": 1}


def test_bad_48_the_same_events_over_more_than_an_hour_are_not(read: Read) -> None:
    assert "bots" not in notes(read, HEAD + busy(3.7))
    assert "bots" not in notes(read, HEAD + busy(1, count=1_000))


def test_bad_49_one_user_or_item_with_most_rows_is_told(read: Read) -> None:
    rows = "".join(f"ann,i{n}\n" for n in range(9)) + "bob,i1\n"
    found = notes(read, f"user_id,item_id\n{rows}")
    assert found["user-dominates"] == {"example": "ann", "percent": 90}
    rows = "".join(f"u{n},film\n" for n in range(9)) + "u1,song\n"
    found = notes(read, f"user_id,item_id\n{rows}")
    assert found["item-dominates"] == {"example": "film", "percent": 90}
    rows = "".join(f"u{n % 3},i{n}\n" for n in range(9))
    assert not {"user-dominates", "item-dominates"} & set(notes(read, f"user_id,item_id\n{rows}"))


def test_bad_49_one_user_and_one_item_are_told(read: Read) -> None:
    found = notes(read, "user_id,item_id\nann,film\n")
    assert {"one-user-only", "one-item-only"} <= set(found)


def test_bad_50_users_with_one_event_each_are_told(read: Read) -> None:
    assert "users-once" in notes(read, "user_id,item_id\nann,film\nbob,film\n")
    assert "users-once" not in notes(read, "user_id,item_id\nann,film\nbob,film\nann,song\n")


def test_searches_without_items_harm_nothing(read: Read) -> None:
    found = notes(read, "user_id,item_id,event\nann,,search\nbob,,search\n")
    assert "users-once" in found
