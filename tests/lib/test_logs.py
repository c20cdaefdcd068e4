"""SEC-21 and SEC-23: no secret is written, no line is forged."""

import json
import logging
import sys

import pytest
from django.conf import settings

from recweb.lib import logs


def line(message: str, *args: object, **more: object) -> str:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, message, args, None)
    record.__dict__.update(more)
    return logs.JsonLine().format(record)


@pytest.mark.parametrize(
    "evil", ["a\nb", "\x1b[31mred", 'a\r\n{"level": "ERROR"}', "\u202egnp", "\x00"]
)
def test_sec_23_one_line_whatever_the_name(evil: str) -> None:
    found = line("login of %s", evil)
    assert len(found.splitlines()) == 1
    assert found.isascii()
    assert "\x1b" not in found
    assert json.loads(found)["message"] == f"login of {evil}"


@pytest.mark.parametrize(
    "text",
    [
        "/?token=CANARYCANARY&x=1",
        "password=CANARYCANARY",
        "Authorization: Token CANARYCANARY",
        "{'password': 'CANARYCANARY', 'a': 1}",
        '{"csrfmiddlewaretoken": "CANARYCANARY"}',
        "Cookie: sessionid=CANARYCANARY",
    ],
)
def test_sec_21_named_secrets_are_hidden(text: str) -> None:
    found = line(text)
    assert "CANARY" not in found
    assert logs.MASK in found


def test_sec_21_our_own_secrets_are_hidden_wherever_they_stand() -> None:
    assert settings.SECRET_KEY not in line("the key is %s!", settings.SECRET_KEY)
    assert settings.SECRET_KEY not in line("x", facts={"why": f"-{settings.SECRET_KEY}-"})


def test_sec_21_a_traceback_is_one_line_without_secrets() -> None:
    try:
        raise ValueError("password=CANARYCANARY\nsecond line")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    found = logs.JsonLine().format(record)
    assert "CANARY" not in found
    assert "ValueError" in json.loads(found)["trace"]
    assert len(found.splitlines()) == 1


def test_the_request_id_is_on_each_line() -> None:
    token = logs.request_id.set("abc-12345")
    try:
        assert json.loads(line("x"))["request_id"] == "abc-12345"
    finally:
        logs.request_id.reset(token)
    assert "request_id" not in json.loads(line("x"))
