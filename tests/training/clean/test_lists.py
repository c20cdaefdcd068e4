"""Files of a user a line: sequences with an order and no clock, and counted lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.clean.conftest import NOW
from training.clean import Interactions, Options, Refused, clean, preview
from training.features import Positives
from training.order import order_only
from training.split import SplitError, split

Put = Callable[[str | bytes, str], Path]
SEQUENCES = "ann 7 8 7\n\nbob 9\n007 8 9\n"
COUNTED = "2 7 8\n0\n1 9\n"


def read(put: Put, text: str, form: str, name: str = "log.txt") -> Interactions:
    chosen = Options(now=NOW, format=form)  # type: ignore[arg-type]
    return clean(put(text, name), "interactions", options=chosen)


def triples(log: Interactions) -> list[tuple[str, str]]:
    pairs = zip(log.users.tolist(), log.items.tolist(), strict=True)
    return [(log.user_ids[user], log.item_ids[item]) for user, item in pairs]


def test_a_sequence_is_a_user_and_items_in_their_order(put: Put) -> None:
    log = read(put, SEQUENCES, "sequences")
    assert triples(log) == [
        ("ann", "7"), ("ann", "8"), ("ann", "7"), ("bob", "9"), ("007", "8"), ("007", "9"),
    ]  # fmt: skip
    assert log.at is not None
    assert np.diff(log.at).tolist() == [1, 1, -2, 0, 1]
    assert order_only(log.at)
    assert log.lines.tolist() == [1, 2, 3, 4, 5, 6]  # of an item, so that each is another
    assert [note.code for note in log.report.notes] == [
        "format", "blank-lines", "event-assumed", "order-only",
    ]  # fmt: skip


def test_a_user_on_two_lines_is_put_aside(put: Put) -> None:
    report = read(put, "ann 7\nbob 8 9\nann 9 9 9\n", "sequences").report
    assert (report.rows_in, report.accepted, report.quarantined) == (4, 3, 1)
    bad = report.quarantine[0]
    assert (bad.line, bad.code, bad.args["line"], bad.raw) == (3, "user-twice", 1, "ann 9 9 9")


@pytest.mark.parametrize(
    ("text", "form"),
    [("ann 7\nbob\n\ncat 8\ndan\n", "sequences"), ("1 7\n0\n\n1 8\n0\n", "counted")],
)
def test_a_user_without_items_is_said(put: Put, text: str, form: str) -> None:
    report = read(put, text, form).report
    assert (report.rows_in, report.accepted, report.quarantined) == (2, 2, 0)
    said = {note.code: note.args for note in report.notes}
    assert said["users-empty"] == {"count": 2, "line": 2}
    assert said["blank-lines"] == {"count": 1}


def test_the_number_of_a_counted_line_is_its_user(put: Put) -> None:
    log = read(put, COUNTED, "counted", "train.dat")
    assert triples(log) == [("1", "7"), ("1", "8"), ("3", "9")]
    assert log.at is None


def test_a_count_that_lies_is_put_aside(put: Put) -> None:
    report = read(put, "2 7 8\n3 1 2\n1 9\n", "counted").report
    assert [(bad.line, bad.code, bad.args) for bad in report.quarantine] == [
        (2, "count-wrong", {"said": "3", "found": 2})
    ]


def test_the_preview_shows_rows_of_each_line(put: Put) -> None:
    path = put(SEQUENCES, "log.txt")
    seen = preview(path, "interactions", options=Options(format="sequences"))
    assert seen.mapping == {"user": "user", "item": "item", "at": "at"}
    assert seen.sample[:2] == (("ann", "7", "0"), ("ann", "8", "1"))


def test_what_is_no_text_or_no_list_is_refused(put: Put) -> None:
    cases = (
        ('{"user": 1, "item": 2}\n', "sequences", "log.jsonl", "lists-not-text"),
        ("user,item\n1,2\n", "counted", "log.csv", "no-lists"),
        (SEQUENCES, "graph", "log.txt", "format-unknown"),
    )
    for text, form, name, code in cases:
        with pytest.raises(Refused) as caught:
            read(put, text, form, name)
        assert caught.value.code == code


def test_an_order_is_split_by_the_last_item_and_never_by_one_cut(put: Put) -> None:
    lines = "".join(
        f"u{user} " + " ".join(str((user + n) % 9) for n in range(5)) + "\n" for user in range(300)
    )
    log = read(put, lines, "sequences")
    ones = np.ones(len(log.users), dtype=np.float32)
    liked = Positives(log.users, log.items, ones, log.at, len(log.user_ids), len(log.item_ids))
    made = split(liked, "auto")
    assert (made.name, made.chosen_because, made.leak) == ("leave-last", "order-only", None)
    last = [int(log.item_ids[item]) for item in made.test.indices]
    assert last == [(user + 4) % 9 for user in range(300)]
    with pytest.raises(SplitError) as caught:
        split(liked, "temporal")
    assert caught.value.code == "order-only"
