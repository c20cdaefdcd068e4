"""Outside ids in addresses: all of them have a page, also those made of dots."""

from urllib.parse import unquote, urljoin

import pytest
from django.test import Client
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from recweb.lib.paths import OutsideId
from tests import cast

one = OutsideId()
ODD = [
    ".",
    "..",
    "~.",
    "~..",
    "~~..",
    "a/..",
    "../a",
    "a/../b",
    "~",
    "...",
    "a.b",
    "/",
    "//x",
    "字",
]


@pytest.mark.parametrize("outside", ODD)
def test_an_id_comes_back_as_it_went(outside: str) -> None:
    assert one.to_python(one.to_url(outside)) == outside


@given(st.text(alphabet="./~a%?#", min_size=1, max_size=8))
def test_no_two_ids_share_an_address_and_none_holds_a_dot_segment(outside: str) -> None:
    path = reverse("user", args=["shop", outside])
    assert resolve(unquote(path)).kwargs["outside_id"] == outside
    assert not {".", ".."} & set(unquote(path).split("/"))


def test_a_browser_asks_for_the_same_address() -> None:
    """As RFC 3986 resolves it; the address of an id of dots would be another one's."""
    path = reverse("user", args=["shop", ".."])
    assert urljoin("http://testserver/users/", path) == f"http://testserver{path}"
    assert urljoin("http://testserver/users/shop/", "/users/shop/../") != "/users/shop/../"


@pytest.mark.django_db
@pytest.mark.parametrize("outside", [".", "..", "a/../b"])
def test_users_and_items_with_dots_have_a_page_and_an_api(outside: str) -> None:
    from recweb.datasets.models import Item, Person

    made = cast.play()
    Person.objects.filter(dataset=made.dataset, code=0).update(outside_id=outside)
    Item.objects.filter(dataset=made.dataset, code=0).update(outside_id=outside)
    slug, bob = made.dataset.slug, cast.client(made.users["bob"])
    for name in ("user", "item", "api-user", "api-item", "user-lists"):
        path = reverse(name, args=[slug, outside])
        answer = bob.get(path, {"run": made.experiment.pk} if "lists" in name else {})
        assert answer.status_code in (200, 409) and "missing" not in str(answer.templates), path
        assert f"/{outside}/" not in path
    page = bob.get(f"/explore/?dataset={slug}&kind=users").content.decode()
    assert reverse("user", args=[slug, outside]) in page
    assert Client().get(path).status_code in (302, 401)
