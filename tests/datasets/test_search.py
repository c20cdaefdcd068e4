"""Explorers find users and items: by id, by title, in Chinese by two characters or one."""

from collections.abc import Callable

import pytest
from django.test import Client

from recweb.datasets import search
from recweb.datasets.models import Dataset
from recweb.people.models import User
from tests.datasets.conftest import bring

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
TITLES = """item,title
a1,变形金刚 (2007)
a2,金刚狼
a3,刚刚好
b100,100% Wolf
b2,Wolfgang_Ω
b3,The Lone Wolf
c1,无人知晓
"""


@pytest.fixture
def titled(shop: Dataset) -> Dataset:
    assert bring(shop, "items", TITLES, "titles.csv").state == "loaded"
    return shop


def found(shop: Dataset, text: str) -> set[str]:
    return {row.outside_id for row in search.items(shop, text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("金刚", {"a1", "a2"}),
        ("刚", {"a1", "a2", "a3"}),
        ("变形金", {"a1"}),
        ("刚 (", {"a1"}),
        ("wolf", {"b100", "b2", "b3"}),
        ("ω", {"b2"}),
        ("wo", {"b100", "b2", "b3"}),  # two letters begin a word
        ("ol", set()),
        ("lone w", {"b3"}),
        ("a", {"a1", "a2", "a3"}),  # an id's beginning
        ("b100", {"b100"}),
        ("100%", {"b100"}),
        ("0_", set()),
        ("%", set()),
        ("\\", set()),
        ("金\0刚", set()),
        ("没有", set()),
    ],
)
def test_items_are_found(titled: Dataset, text: str, expected: set[str]) -> None:
    assert found(titled, text) == expected


def test_the_busiest_come_first_and_pages_hold(titled: Dataset, bob: User, login: Login) -> None:
    rows = "user,item,timestamp\n" + "".join(f"u{n},a2,{1_600_000_000 + n}\n" for n in range(9))
    bring(titled, "interactions", rows)
    hits = search.items(titled, "金刚")
    assert [row.outside_id for row in hits[0:50]] == ["a2", "a1"]
    assert [row.outside_id for row in hits[1:2]] == ["a1"]
    assert hits.count() == 2
    assert [row.outside_id for row in search.items(titled, "").only("n_events > 0")] == ["a2"]
    api = login(bob).get("/api/v1/datasets/shop/items/?search=金刚").json()
    assert [row["item"] for row in api["results"]] == ["a2", "a1"]
    assert api["count"] == 2
    users = login(bob).get("/api/v1/datasets/shop/users/?search=u").json()
    assert users["count"] == 9
