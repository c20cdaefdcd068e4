"""api.md: Idempotency-Key is honoured on every POST."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from recweb.people.models import Idempotency
from tests.cast import client, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_site")]


def post(browser: Client, key: str, body: object = None, path: str = "make") -> HttpResponse:
    return browser.post(  # type: ignore[return-value]
        f"/api/v1/{path}/",
        json.dumps(body if body is not None else {"name": "row"}),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )


def made() -> int:
    return Group.objects.filter(name__startswith="row").count()


@pytest.fixture
def bob() -> Client:
    return client(person("bob", "analyst"))


def test_the_second_gets_the_first_ones_answer(bob: Client) -> None:
    first, second = post(bob, "k"), post(bob, "k")
    assert made() == 1
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert "Idempotent-Replay" not in first
    assert second["Idempotent-Replay"] == "true"


def test_other_keys_and_no_key_make_other_rows(bob: Client) -> None:
    post(bob, "a")
    post(bob, "b")
    bob.post("/api/v1/make/", {"name": "row"}, content_type="application/json")
    bob.post("/api/v1/make/", {"name": "row"}, content_type="application/json")
    assert made() == 4


def test_a_key_belongs_to_its_user(bob: Client) -> None:
    post(bob, "k")
    post(client(person("cat", "analyst")), "k")
    assert made() == 2


def test_the_same_key_for_another_body_or_route_is_422(bob: Client) -> None:
    post(bob, "k")
    other = post(bob, "k", {"name": "row", "x": 1})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")
    assert post(bob, "k", path="fail/conflict").status_code == 422
    assert made() == 1


def test_what_failed_may_be_tried_again(bob: Client) -> None:
    assert post(bob, "k", {}).status_code == 422
    assert post(bob, "k").status_code == 201
    assert made() == 1


def test_a_crash_keeps_neither_row_nor_key(bob: Client) -> None:
    bob.raise_request_exception = False
    assert post(bob, "k", path="fail/bug").status_code == 500
    assert not Idempotency.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_bad_key_is_400(key: str, bob: Client) -> None:
    assert post(bob, key).status_code == 400
    assert made() == 0


def test_an_upload_is_recognised_by_its_bytes() -> None:
    ann = client(person("ann", "admin"))

    def send(body: bytes) -> HttpResponse:
        file = SimpleUploadedFile("row.csv", body)
        headers = {"Idempotency-Key": "k"}
        return ann.post("/api/v1/file/", {"file": file}, headers=headers)  # type: ignore[return-value]

    assert send(b"a,b\n1,2\n").json()["size"] == 8
    assert send(b"a,b\n1,2\n")["Idempotent-Replay"] == "true"
    assert send(b"a,b\n1,3\n").status_code == 422
    assert made() == 1


@pytest.mark.django_db(transaction=True)
def test_flt_12_twenty_at_once_make_one_row() -> None:
    bob = person("bob", "analyst")
    cookies = client(bob).cookies

    def one(_n: int) -> tuple[int, bytes]:
        browser = Client()
        browser.cookies = cookies
        try:
            found = post(browser, "k", {"name": "row", "slow": True})
            return found.status_code, found.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(one, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert made() == 1
