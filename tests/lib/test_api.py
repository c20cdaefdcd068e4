"""What all API answers share: pages, errors, refused surprises (api.md, Conventions)."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.cast import client, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_site")]
PARTS = {"code", "message", "field", "row", "request_id"}


@pytest.fixture
def bob() -> Client:
    made = client(person("bob", "analyst"))
    made.raise_request_exception = False
    return made


def test_lists_come_in_pages_of_fifty(bob: Client) -> None:
    for n in range(60):
        Group.objects.create(name=f"g{n:02}")
    first = bob.get("/api/v1/make/").json()
    assert set(first) == {"count", "next", "previous", "results"}
    assert len(first["results"]) == 50
    assert len(bob.get("/api/v1/make/?page=2").json()["results"]) == first["count"] - 50


@pytest.mark.parametrize("page", ["3", "0", "-1", "x", "9" * 30, "\x00"])
def test_a_page_that_is_not_there_is_404(page: str, bob: Client) -> None:
    answer = bob.get("/api/v1/make/", {"page": page})
    assert (answer.status_code, answer.json()["error"]["field"]) == (404, "page")
    assert f"“{page[:40]}”" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "name", ["pgae", "owner__password__startswith", "filter[x]", "ordering", "_connector"]
)
def test_sec_07_unknown_parameters_are_named_and_refused(name: str, bob: Client) -> None:
    answer = bob.get("/api/v1/make/", {name: "p"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "unknown_parameter")
    assert error["field"] == name
    assert "search" in error["message"], "it says what is known here"


@pytest.mark.parametrize(
    ("kind", "status", "code", "field"),
    [
        ("conflict", 409, "conflict", None),
        ("row", 400, "bad_row", "file"),
        ("form", 400, "malformed", "age"),
        ("bug", 500, "failed", None),
        ("database", 503, "unavailable", None),
    ],
)
def test_every_error_has_one_shape(
    kind: str, status: int, code: str, field: str | None, bob: Client
) -> None:
    answer = bob.get(f"/api/v1/fail/{kind}/")
    error = answer.json()["error"]
    assert answer.status_code == status
    assert set(error) == PARTS
    assert (error["code"], error["field"]) == (code, field)
    assert error["request_id"] == answer["X-Request-ID"]
    assert "CANARY" not in answer.content.decode()
    assert "/home/x" not in answer.content.decode()


def test_a_row_number_comes_along(bob: Client) -> None:
    assert bob.get("/api/v1/fail/row/").json()["error"]["row"] == 3


def test_flt_08_without_a_database_it_is_503_and_when_to_return() -> None:
    for path in ("/api/v1/fail/database/", "/fail/database/"):
        answer = Client(raise_request_exception=False).get(path)
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert "CANARY" not in answer.content.decode()
    assert b"<h1>" in answer.content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1/nothing/", 404),
        ("delete", "/api/v1/make/", 405),
        ("get", "/api/v1/file/", 405),
        ("post", "/api/v1/file/", 403),
    ],
)
def test_errors_before_a_view_are_json_too(
    method: str, path: str, status: int, bob: Client
) -> None:
    answer = getattr(bob, method)(path)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/json")
    assert set(answer.json()["error"]) == PARTS


def test_405_says_what_is_allowed(bob: Client) -> None:
    assert bob.delete("/api/v1/make/")["Allow"] == "GET, POST"


def test_anonymous_is_401_with_a_hint() -> None:
    answer = Client().get("/api/v1/make/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert "Authorization" in answer.json()["error"]["message"]


def test_bad_json_is_400_and_says_where(bob: Client) -> None:
    answer = bob.post("/api/v1/make/", '{"name": ', content_type="application/json")
    assert answer.status_code == 400
    assert "line 1" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"name": NaN}', None),
        ("[" * 9000, None),
        ('["\\u0000"]', None),
        ('{"name": "a\\u0000b"}', "name"),
        ('{"name": [{"a": "\\ud800"}]}', "name"),
        ('{"name": 1e999}', "name"),
        ('{"name": 1' + "0" * 400 + "}", "name"),
        ('{"\\udfff": 1}', "?"),
    ],
)
def test_what_cannot_be_stored_is_no_500_and_names_the_field(
    body: str, field: str | None, bob: Client
) -> None:
    answer = bob.post("/api/v1/make/", body, content_type="application/json")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (400, "malformed", field)
    assert field is None or f"“{field}”" in error["message"]


def test_both_halves_of_a_surrogate_pair_are_a_character(bob: Client) -> None:
    body = '{"name": "\\ud83d\\ude00"}'
    assert bob.post("/api/v1/make/", body, content_type="application/json").status_code == 201
    assert Group.objects.filter(name__startswith="😀").exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_sec_20_another_content_type_is_415(kind: str, bob: Client) -> None:
    answer = bob.post("/api/v1/make/", '{"name": "x"}', content_type=kind)
    assert answer.status_code == 415
    assert not Group.objects.filter(name__startswith="x").exists()


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
def test_sec_37_only_json_is_spoken(accept: str, bob: Client) -> None:
    answer = bob.get("/api/v1/make/", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/json"
    assert bob.get("/api/v1/make/?format=api").status_code in (400, 404)


def test_a_given_request_id_is_kept_when_it_is_harmless(bob: Client) -> None:
    assert (
        bob.get("/api/v1/make/", headers={"X-Request-ID": "abc-1234"})["X-Request-ID"] == "abc-1234"
    )
    for bad in ("a", "x" * 50, "a b c d e f", "<script>alert", "abcd\tefgh"):
        assert bob.get("/api/v1/make/", headers={"X-Request-ID": bad})["X-Request-ID"] != bad
