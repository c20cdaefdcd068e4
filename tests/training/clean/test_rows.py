"""Duplicates, events, and the account of rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.clean.conftest import Read, Refusal
from training.clean import Limits, clean

HEAD = "user_id,item_id,rating,time\n"


def test_bad_40_an_exact_duplicate_counts_once(read: Read) -> None:
    log = read(HEAD + "ann,film,4,1577880000\n" * 3 + "bob,film,4,1577880000\n")
    assert (log.report.accepted, log.report.duplicates, log.report.rows_in) == (2, 2, 4)
    assert log.lines.tolist() == [4, 5]


def test_bad_41_of_two_values_the_last_line_wins(read: Read) -> None:
    log = read(HEAD + "ann,film,4,1577880000\nbob,film,3,1577880000\nann,film,2,1577880000\n")
    assert log.values.tolist() == [3, 2]
    assert [log.user_ids[code] for code in log.users] == ["bob", "ann"]


def test_bad_41_another_time_or_event_is_no_duplicate(read: Read) -> None:
    assert read(HEAD + "a,1,4,1577880000\na,1,4,1577880001\n").report.duplicates == 0
    assert read("user,item,event\na,1,view\na,1,cart\na,1,view\n").report.duplicates == 1


def test_a_bad_last_line_does_not_win(read: Read) -> None:
    log = read(HEAD + "ann,film,4,1577880000\nann,film,oops,1577880000\n")
    assert (log.values.tolist(), log.report.duplicates) == ([4], 0)


def test_events_get_codes_in_order_of_appearance(read: Read) -> None:
    log = read("user,item,event\na,1,view\na,2,cart\nb,1,view\n")
    assert (log.event_names, log.events.tolist()) == (("view", "cart"), [0, 1, 0])
    assert (log.events.dtype, log.users.dtype, log.items.dtype) == (np.int16, np.int32, np.int32)


def test_bad_39_an_unknown_event_is_put_aside_when_events_are_known(read: Read) -> None:
    content = "user,item,event\na,1,pv\na,2,fly\nb,1,buy\nb,2,\n"
    log = read(content, events={"pv": "view", "buy": "purchase"})
    assert log.event_names == ("view", "purchase")
    assert log.report.reasons == {"event-unknown": 1, "event-empty": 1}


def test_a_column_of_names_is_no_event_column(refusal: Refusal) -> None:
    rows = "".join(f"a,{n},event {n}\n" for n in range(500))
    assert refusal("user,item,event\n" + rows).code == "too-many-events"


def test_a_search_may_lack_an_item_and_a_view_may_not(read: Read) -> None:
    log = read("user,item,event\na,,search\na,1,search\na,,view\n")
    assert [(-1 if code < 0 else int(log.item_ids[code])) for code in log.items] == [-1, 1]
    assert log.report.reasons == {"id-empty": 1}


def test_the_default_event_follows_the_value_column(read: Read) -> None:
    assert read("user,item,评分\na,1,4\n").event_names == ("rating",)
    assert read("user,item,play count\na,1,4\n").event_names == ("play",)
    assert read("user,item,rating\na,1,4\n", event="watch").event_names == ("watch",)


def test_more_than_five_percent_of_bad_rows_needs_a_decision(read: Read) -> None:
    good = "".join(f"u{n},1\n" for n in range(19))
    assert not read(f"user,item\n{good},1\n").report.needs_decision
    assert read(f"user,item\n{good},1\n,2\n").report.needs_decision


def test_only_the_first_bad_rows_keep_their_content(read: Read) -> None:
    report = read("user,item\n" + ",1\n" * 30 + "a\n" * 20, limits=Limits(kept=40)).report
    assert report.quarantined == 50
    assert [bad.line for bad in report.quarantine] == list(range(2, 42))
    assert report.reasons == {"id-empty": 30, "row-too-short": 20}


def test_a_file_of_bad_rows_only_is_an_account_without_events(read: Read) -> None:
    log = read("user,item,time\n,1,2020-01-01\n")
    assert (len(log.users), log.user_ids, log.report.needs_decision) == (0, (), True)


def test_a_row_is_put_aside_for_its_leftmost_field(read: Read) -> None:
    report = read(HEAD + ",film,oops,never\n").report
    assert (report.reasons, report.quarantine[0].raw) == ({"id-empty": 1}, ",film,oops,never")


def test_a_large_file_gives_what_a_plain_loop_gives(read: Read) -> None:
    rng = np.random.default_rng(3)
    rows = [
        (f"u{user}", f"i{item}", str(value), str(1_500_000_000 + second))
        for user, item, value, second in zip(
            rng.integers(0, 300, 90_000),
            rng.integers(0, 50, 90_000),
            rng.integers(1, 6, 90_000),
            rng.integers(0, 3, 90_000),
            strict=True,
        )
    ]
    log = read(HEAD + "".join(",".join(row) + "\n" for row in rows))
    expected = {(row[0], row[1], row[3]): (line, row[2]) for line, row in enumerate(rows, 2)}
    found = {
        (log.user_ids[user], log.item_ids[item], str(at)): (line, f"{value:.0f}")
        for user, item, at, line, value in zip(
            log.users,
            log.items,
            log.at if log.at is not None else (),
            log.lines,
            log.values,
            strict=True,
        )
    }
    assert found == expected
    assert log.report.duplicates == 90_000 - len(expected)


def test_a_search_without_an_item_may_say_so_as_databases_do(read: Read) -> None:
    log = read("user,item,event\na,NULL,search\na,NULL,view\n")
    assert (log.items.tolist(), log.report.reasons) == ([-1], {"id-stands-for-none": 1})


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_that_comes_again_is_no_event(read: Read, mark: str) -> None:
    log = read(f"user, item,\na,1,x\n{mark}user, item ,\nb,2,y\nuser,1,\nitem,user,\n")
    assert sorted(log.user_ids) == ["a", "b", "item", "user"]
    assert log.report.reasons == {"header-again": 1}
    assert (log.report.quarantine[0].line, log.report.rows_in) == (3, 5)


def test_a_header_of_a_catalogue_that_comes_again_is_no_item(put: Callable[..., Path]) -> None:
    catalogue = clean(put("item_id,title\n1,Heat\nitem_id,title\n2,Big\n"), "items")
    assert (catalogue.item_ids, catalogue.report.reasons) == (("1", "2"), {"header-again": 1})


def test_columns_of_items_in_a_log_are_said_and_not_only_left_out(read: Read) -> None:
    notes = {
        note.code: note.args
        for note in read("user,item,genres,title,os2\na,1,x,y,z\n").report.notes
    }
    assert notes["columns-of-items"] == {"columns": "title, genres"}
    plain = read("user,item,os2\na,1,z\n").report.notes
    assert "columns-of-items" not in {note.code for note in plain}
