from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.clean import Catalogue, Refused, clean

Put = Callable[..., Path]


@pytest.fixture
def items(put: Put) -> Callable[[str], Catalogue]:
    return lambda content: clean(put(content), "items")


Items = Callable[[str], Catalogue]


def test_titles_categories_and_years_are_found(items: Items) -> None:
    shop = items(
        "movieId,title,genres,director\n"
        "1,Toy Story (1995),Adventure|Animation,Lasseter\n"
        '2,"Heat, uncut",(no genres listed),\n'
    )
    assert shop.item_ids == ("1", "2")
    assert shop.titles == ("Toy Story (1995)", "Heat, uncut")
    assert shop.categories == (("Adventure", "Animation"), ())
    assert shop.years[0] == 1995 and np.isnan(shop.years[1])
    assert shop.attributes == ({"director": "Lasseter"}, {})
    assert shop.texts()[0] == "Toy Story (1995). Adventure, Animation. Lasseter"


def test_a_chinese_header_is_understood(items: Items) -> None:
    shop = items("商品ID,标题,类别,年份,描述\n7,流浪地球,科幻;冒险,2019,太阳将死\n")
    assert (shop.titles, shop.categories) == (("流浪地球",), (("科幻", "冒险"),))
    assert (shop.years.tolist(), shop.descriptions) == ([2019], ("太阳将死",))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("a|b,c", ("a", "b,c")), ("a;b", ("a", "b")), ("a, b", ("a", "b")), ("a|a||", ("a",))],
)
def test_one_separator_holds_for_the_column(
    items: Items, cell: str, expected: tuple[str, ...]
) -> None:
    assert items(f'id,title,genres\n1,x,"{cell}"\n').categories == (expected,)


def test_the_last_line_of_an_item_wins(items: Items) -> None:
    shop = items("id,title\n1,old\n2,other\n1,new\n")
    assert (shop.item_ids, shop.titles) == (("2", "1"), ("other", "new"))
    assert (shop.report.duplicates, shop.report.accepted, shop.lines.tolist()) == (1, 2, [3, 4])


def test_bad_44_markup_in_a_title_is_data(items: Items) -> None:
    title = "<script>alert('x')</script>"
    assert items(f"id,title\n1,{title}\n").titles == (title,)


def test_a_nul_in_a_text_is_put_aside(items: Items) -> None:
    report = items("id,title\n1,a\x00b\n2,c\n").report
    assert (report.reasons, report.quarantine[0].column) == ({"text-control-character": 1}, "title")


def test_an_item_without_title_bears_its_id_and_an_odd_year_is_noted(items: Items) -> None:
    shop = items("id,title,year\n1,,soon\n")
    assert shop.titles == ("1",)
    assert {"titles-missing", "years-unreadable"} <= {note.code for note in shop.report.notes}


def test_a_list_of_bare_ids_is_a_catalogue(items: Items) -> None:
    assert items("item_id\n007\n7\n").item_ids == ("007", "7")


def test_users_keep_their_attributes(put: Put) -> None:
    people = clean(put("id,age,city\nann,30,Oslo\nbob,,\nann,31,Oslo\n"), "users")
    assert people.user_ids == ("bob", "ann")
    assert people.attributes == ({}, {"age": "31", "city": "Oslo"})


def test_a_catalogue_without_ids_is_refused(put: Put) -> None:
    with pytest.raises(Refused, match="item_id"):
        clean(put("title,genres\nHeat,Crime\n"), "items")


def test_a_year_in_full_width_digits_is_a_year(items: Items) -> None:
    shop = items("id,title,year\n1,流浪地球,２０１９\n2,霸王别姬,１９９３年\n3,２,２²\n")
    assert shop.years[:2].tolist() == [2019, 1993]
    assert [note.args for note in shop.report.notes if note.code == "years-unreadable"] == [
        {"count": 1}
    ]
    assert shop.titles[2] == "２"
