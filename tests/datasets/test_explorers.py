"""Users and items are found, and their pages say what the log says."""

from typing import Any
from urllib.parse import quote

import pytest

from recweb.datasets import item_log, timeline
from recweb.datasets.models import Dataset, Item
from recweb.people.models import User
from tests.datasets.conftest import Login, bring, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["users", "items"])
def test_explore_finds_and_the_pages_say_what_the_log_says(
    loaded: Dataset, bob: User, login: Login, kind: str, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        assert client.get(f"/explore/?kind={kind}").status_code == 200
    assert client.get(f"/{kind}/shop/").status_code == 302
    name = "1" if kind == "users" else "31"
    client.get(f"/{kind}/shop/{name}/")  # a first visit is remembered for the checklist
    with django_assert_max_num_queries(15):
        page = client.get(f"/{kind}/shop/{name}/")
    assert page.status_code == 200
    assert "Dangerous Minds" in text_of(page)
    missing = client.get(f"/{kind}/shop/nobody/")
    assert missing.status_code == 404
    assert "is not in version 1" in text_of(missing)


def test_chinese_titles_are_found_by_a_part(loaded: Dataset, bob: User, login: Login) -> None:
    page = text_of(login(bob).get("/explore/?kind=items&q=变形"))
    assert "/items/shop/99/" in page


def test_bad_46_ids_of_any_kind_have_a_page(shop: Dataset, ann: User, login: Login) -> None:
    ids = ["a/b", "{{7*7}}", "😀 ?#&", "<b>x</b>", "100%25"]
    lines = "".join(f'"{name}","{name}",3,{1260759144 + n}\n' for n, name in enumerate(ids))
    assert bring(shop, "interactions", "user,item,rating,timestamp\n" + lines).state == "loaded"
    client = login(ann)
    for name in ids:
        for kind in ("users", "items"):
            page = client.get(f"/{kind}/shop/{quote(name, safe='')}/")
            assert page.status_code == 200, name
            assert "<b>x</b>" not in text_of(page)
    assert (
        "49"
        not in text_of(client.get(f"/users/shop/{quote('{{7*7}}', safe='')}/"))
        .split("<h1")[1]
        .split("</h1>")[0]
    )


def test_of_an_item_with_many_events_the_arrays_say_what_the_table_says(
    shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = 1_600_000_000
    first = [f"u{n % 40},i{n % 7},{('view', 'buy')[n % 3 == 0]},{start + n * 90_000}"
             for n in range(400)]  # fmt: skip
    more = [*first[100:160], *(f"v{n},i{n % 5},view,{start + n * 70_000}" for n in range(60))]
    for name, lines in (("a.csv", first), ("b.csv", more)):
        text = "\n".join(["user_id,item_id,event,timestamp", *lines, "u1,i1,view,"])
        batch = bring(shop, "interactions", text, name)
        assert batch.state == "loaded", batch.refusal
    item = Item.objects.get(dataset=shop, outside_id="i1")
    from_table = item_log.story(shop, item, 20)
    monkeypatch.setattr(timeline, "LONG", 0)  # what a hundred thousand events would do
    from_arrays = item_log.story(Dataset.objects.get(pk=shop.pk), item, 20)
    assert len(from_table.newest) == 20 and len(from_table.months) > 10 and from_table.near
    assert from_arrays == from_table
    monkeypatch.setattr(item_log, "FANS", 5)
    assert all(n <= 5 for _code, n in item_log.story(shop, item, 20).near)
