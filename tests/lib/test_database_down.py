"""FLT-08, the web's half: without a database the answer is 503 and Retry-After, never 500."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from tests.cast import client, person


@pytest.fixture
def browser(transactional_db: None) -> Iterator[Client]:
    """Logged in; then the connection is lost and the server cannot be found."""
    made = client(person("bob", "analyst"), raise_request_exception=False)
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    yield made
    connection.close()
    connection.settings_dict["HOST"] = host


@pytest.mark.parametrize("path", ["/account/", "/", "/jobs/", "/admin/"])
def test_flt_08_a_page_is_503(path: str, browser: Client) -> None:
    answer = browser.get(path)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert b"<h1>" in answer.content
    assert b"/nowhere" not in answer.content


def test_flt_08_the_api_is_503_in_its_own_shape(browser: Client) -> None:
    answer = browser.get("/api/v1/jobs/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0


def test_flt_08_the_login_page_itself_still_opens(browser: Client) -> None:
    assert Client(raise_request_exception=False).get("/login/").status_code == 200
    fields = {"username": "bob", "password": "x"}
    assert Client(raise_request_exception=False).post("/login/", fields).status_code == 503
