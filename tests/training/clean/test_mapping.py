from __future__ import annotations

import pytest

from tests.training.clean.conftest import Read, Refusal
from training.clean.mapping import FIELDS, NAMES, guess, plain
from training.clean.reasons import Refused


@pytest.mark.parametrize(
    "header",
    [
        "userId,movieId,rating,timestamp",
        "user_id,item_id,rating,timestamp",
        "User ID,Product ID,Score,Date",
        "reviewerID,asin,overall,unixReviewTime",
        "用户ID,商品ID,评分,时间",
        "//userID,artistID,weight,ts",
    ],
)
def test_usual_headers_are_understood(header: str) -> None:
    columns = header.split(",")
    fields = dict(zip(("user", "item", "value", "at"), columns, strict=True))
    assert guess(columns, [], "interactions") == fields


def test_times_are_known_by_their_looks() -> None:
    sample = [["a", "1", "2020-01-01 10:00"], ["b", "2", "2020-01-02 10:00"]]
    assert guess(["user", "item", "when seen"], sample, "interactions")["at"] == "when seen"
    assert "at" not in guess(["user", "item", "n"], [["a", "1", "12"]], "interactions")


def test_every_name_is_already_plain() -> None:
    assert {name for names in NAMES.values() for name in names if plain(name) != name} == set()
    assert {field for fields in FIELDS.values() for field in fields} == set(NAMES)


def test_a_chosen_mapping_holds(read: Read) -> None:
    log = read("a,b,c\nann,film,4\n", {"user": "a", "item": "b", "value": ""})
    assert log.user_ids == ("ann",)
    assert log.report.mapping == {"user": "a", "item": "b"}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"user": "a", "item": "z"}, "column-missing"),
        ({"user": "a", "item": "a"}, "column-used-twice"),
        ({"user": "a", "colour": "b"}, "field-unknown"),
        ({"user": "a"}, "columns-not-found"),
    ],
)
def test_a_wrong_mapping_is_refused(read: Read, mapping: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as caught:
        read("a,b\nann,film\n", mapping)
    assert caught.value.code == code


def test_the_refusal_reads_well(refusal: Refusal) -> None:
    assert str(refusal("item_id,stars\n1,2\n")).startswith("Columns not found: user_id; first line")
