"""SEC-21 and SEC-23 on what people do: canaries go in everywhere, and none comes out in a log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from recweb.lib.logs import JsonLine
from recweb.people import accounts
from recweb.people.models import Token, User
from tests.cast import PASSWORD, client

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that every logger would write, down to DEBUG of ours."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def test_sec_21_no_secret_is_logged(bob: User, lines: io.StringIO) -> None:
    browser = Client()
    link = accounts.login_link(bob)
    browser.get("/", {"token": link})
    browser.post("/login/", {"username": "bob", "password": "CANARY-wrong-password"})
    browser = Client()
    browser.post("/login/", {"username": "bob", "password": PASSWORD})
    token = browser.post("/account/tokens/", {"name": "x"}).context["new_token"]
    Client(headers={"Authorization": f"Token {token}"}).get("/api/v1/jobs/")
    Client(headers={"Authorization": "Token CANARY-wrong-token"}).get("/api/v1/jobs/")
    browser.get("/account/?password=CANARY-query")
    fields = {"old_password": PASSWORD, "new_password1": "CANARY-new-1", "new_password2": "x"}
    browser.post("/account/password/", fields)
    text = lines.getvalue()
    assert '"path": "/login/"' in text, "the log was written at all"
    session, csrf = browser.cookies["sessionid"].value, browser.cookies["csrftoken"].value
    for secret in ("CANARY", PASSWORD, link, token, session, csrf, settings.SECRET_KEY):
        assert secret not in text


def test_sec_23_a_name_forges_no_line(lines: io.StringIO) -> None:
    evil = 'x\n{"level": "ERROR", "message": "forged"}\x1b[31m'
    Client().post("/login/", {"username": evil, "password": "y"})
    Client(headers={"User-Agent": evil.replace("\n", " ")}).get("/nowhere\x1b[31m/")
    for line in lines.getvalue().splitlines():
        assert json.loads(line)["message"] != "forged"
        assert "\x1b" not in line


def test_sec_21_tokens_and_links_are_only_digests_in_the_database(bob: User) -> None:
    token, link = Token.make(bob, "x"), accounts.login_link(bob)
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("people_token", "people_loginlink", "people_audit"):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            text = cursor.fetchone()[0]
            assert token not in text
            assert link not in text


class Counting(PBKDF2PasswordHasher):
    """Django's own hasher, made cheap, that says how much it hashed."""

    iterations = 10
    rounds: list[int] = []

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        self.rounds.append(iterations or self.iterations)
        return super().encode(password, salt, iterations)


def test_abu_01_an_unknown_name_costs_as_much_as_a_known_one(settings: object) -> None:
    """Same hashes, same rounds: nothing for a stopwatch to find."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]  # type: ignore[attr-defined]
    User.objects.create_user("ann", password=PASSWORD)
    costs = {}
    for name in ("ann", "nobody"):
        Counting.rounds.clear()
        assert Client().post("/login/", {"username": name, "password": "x"}).status_code == 401
        costs[name] = list(Counting.rounds)
    assert costs["ann"] == costs["nobody"] == [10]


@pytest.mark.parametrize(
    "body", ['{"_connector": "OR"}', '{"x\\" FROM auth_user--": 1}', '{"a.b\\u0000\\n": 1}', "[]"]
)
def test_sec_08_odd_keys_are_never_a_500(body: str, bob: User) -> None:
    browser = client(bob, raise_request_exception=False)
    for path in ("/api/v1/jobs/1/cancel/", "/api/v1/datasets/"):
        answer = browser.post(path, body, content_type="application/json")
        assert 400 <= answer.status_code < 500
        assert "error" in answer.json()
