"""Files that lack what most have: a header, ids of items, a column of relations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from training.clean import Options, Refused, clean, preview

Put = Callable[[str | bytes, str], Path]
TITLES = "体验2D巅峰\t8\n60年铁树开花\t5\n60年铁树开花\t5\n"


def test_without_a_header_the_first_line_is_a_row(put: Put) -> None:
    path = put("1\tMALICE MIZER\thttp://a\n2\tDiary of Dreams\thttp://b\n", "artists.dat")
    bare = Options(header=False)
    seen = preview(path, "items", options=bare)
    assert (seen.columns, seen.missing) == (("1", "2", "3"), ("item",))
    found = clean(path, "items", mapping={"item": "1", "title": "2"}, options=bare)
    assert found.item_ids == ("1", "2")
    assert found.titles == ("MALICE MIZER", "Diary of Dreams")
    assert found.lines.tolist() == [1, 2]


def test_items_without_ids_are_named_by_their_line(put: Put) -> None:
    chosen = Options(header=False, anonymous="f00")
    mapping = {"title": "1", "categories": "2"}
    found = clean(put(TITLES, "dev.txt"), "items", mapping=mapping, options=chosen)
    assert found.item_ids == ("row-f00-1", "row-f00-2", "row-f00-3")
    assert found.categories == (("8",), ("5",), ("5",))
    assert "items-numbered" in [note.code for note in found.report.notes]
    with pytest.raises(Refused) as caught:
        clean(put(TITLES, "dev.txt"), "items", mapping=mapping, options=Options(header=False))
    assert caught.value.code == "columns-not-found"


def test_a_file_of_tags_is_a_graph_of_one_relation(put: Put) -> None:
    rows = "userId,movieId,tag,timestamp\n15,339,bullock,1138537770\n15,1955,dentist,1193435061\n"
    found = clean(put(rows + "16,339,bullock,1138537771\n", "tags.csv"), "triples")
    assert (found.item_ids, found.relations) == (("339", "1955"), ("tag", "tag"))
    assert found.entities == ("bullock", "dentist")
    assert (found.report.accepted, found.report.duplicates) == (2, 1)
    assert "relation-assumed" in [note.code for note in found.report.notes]


def test_a_column_of_ones_names_no_event(put: Put) -> None:
    path = put("visitorid\titemid\tevent\n1\t1\t1\n1\t16\t1\n", "view.dat")
    assert preview(path, "interactions").mapping == {"user": "visitorid", "item": "itemid"}
    found = clean(path, "interactions", options=Options(event="view"))
    assert found.event_names == ("view",)
    told = put("user,item,event\n1,1,1\n1,2,3\n", "coded.csv")  # two codes tell two kinds apart
    assert preview(told, "interactions").mapping["event"] == "event"
