import logging
import socket
import time
from typing import Any

import pytest

from tests.training.endpoint.server import Talk, serving
from training.endpoint.client import MOST, Client
from training.endpoint.settings import REASONS, Endpoint, Unanswered, endpoint, fault

KEY = "sk-secret-0123456789"


def client(url: str, **more: Any) -> Client:
    given = {"key": KEY, "timeout": 2.0, "tries": 3, "pause": 0.01, **more}
    return Client(Endpoint(url, "tiny", **given))


def asked(url: str, **more: Any) -> tuple[Client, Unanswered]:
    made = client(url, **more)
    with pytest.raises(Unanswered) as caught:
        made.ask("be brief", "what?")
    said = caught.value.said("en") + caught.value.said("zh-hans") + repr(caught.value)
    assert KEY not in said and "127.0.0.1" in said
    return made, caught.value


def test_a_question_is_put_as_the_protocol_has_it() -> None:
    with serving(lambda talk, seen: talk.say("an answer")) as server:
        assert client(server.url).ask("be brief", "what?") == "an answer"
        (seen,) = server.seen
    assert seen["path"] == "/v1/chat/completions"
    assert seen["headers"]["Authorization"] == f"Bearer {KEY}"
    assert seen["body"]["model"] == "tiny" and seen["body"]["temperature"] == 0
    assert [part["role"] for part in seen["body"]["messages"]] == ["system", "user"]


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    def answer(talk: Talk, seen: dict[str, Any]) -> None:
        if seen["number"] < 3:
            talk.send("{}", 429, Retry_After="0.2")
        else:
            talk.say("now")

    with serving(answer) as server:
        made, begun = client(server.url), time.monotonic()
        assert made.ask("", "") == "now"
    assert time.monotonic() - begun >= 0.4
    assert (made.asked, made.again) == (3, 2)


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [(429, "busy", 3), (503, "busy", 3), (401, "denied", 1), (403, "denied", 1),
     (404, "refused", 1), (302, "refused", 1)],
)  # fmt: skip
def test_a_status_ends_in_words_after_its_number_of_tries(
    status: int, code: str, requests: int
) -> None:
    def answer(talk: Talk, seen: dict[str, Any]) -> None:
        talk.send(f"you sent {seen['headers']}", status, Location="http://127.0.0.1:9/stolen")

    with serving(answer) as server:
        _, error = asked(server.url)
        assert len(server.seen) == requests  # a redirect is not followed: the key would go along
    assert error.code == code and str(status) in error.said("en")


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"choices": []}', '{"choices": [{"message": {"content": 5}}]}',
             '{"choices": [{"message": null}]}', "[" * 100_000, b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_answer_is_garbled(body: str | bytes) -> None:
    with serving(lambda talk, seen: talk.send(body)) as server:
        made, error = asked(server.url, tries=2)
    assert error.code == "garbled" and made.asked == 2


def test_a_slow_answer_ends_in_time_even_when_it_never_pauses() -> None:
    with serving(lambda talk, seen: talk.drip(3.0)) as server:
        begun = time.monotonic()
        _, error = asked(server.url, timeout=0.3, tries=2)
    assert error.code == "slow" and time.monotonic() - begun < 2.0


def test_a_cut_answer_and_a_closed_port_are_tried_again() -> None:
    def cut(talk: Talk, seen: dict[str, Any]) -> None:
        talk.send_response(200)
        talk.send_header("Content-Length", "500")
        talk.end_headers()
        talk.wfile.write(b'{"choices"')

    with serving(cut) as server:
        made, error = asked(server.url, tries=2)
    assert made.asked == 2 and error.code in ("garbled", "unreachable")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    made, error = asked(url, tries=2)
    assert error.code == "unreachable" and made.asked == 2


def test_more_than_an_answer_can_be_is_not_read() -> None:
    with serving(lambda talk, seen: talk.say("x" * (MOST + 1))) as server:
        made, error = asked(server.url)
    assert error.code == "large" and made.asked == 1


def test_the_key_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(lambda talk, seen: talk.say("yes")) as server:
        made = client(server.url)
        made.ask("", "")
    assert KEY not in repr(made.endpoint) + caplog.text


def test_it_is_off_until_an_admin_names_one() -> None:
    assert "LLM_URL" in fault({}) and "LLM_URL" in fault({}, "zh-hans")
    given = {"LLM_URL": "https://host/v1/", "LLM_MODEL": "m", "LLM_KEY": KEY, "LLM_TIMEOUT": "5"}
    found = endpoint(given)
    assert (found.url, found.model, found.key, found.timeout) == ("https://host/v1", "m", KEY, 5.0)
    assert fault(given) == ""


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("LLM_URL", "ftp://host/v1", "url"), ("LLM_URL", "https://me:pw@host/v1", "url"),
     ("LLM_URL", "https:///v1", "url"), ("LLM_URL", "https://host:99999/v1", "url"),
     ("LLM_URL", "https://host/v1?key=1", "url"), ("LLM_URL", "https://ho st/", "url"),
     ("LLM_MODEL", "", "name"), ("LLM_KEY", "a\r\nX-Evil: 1", "key"), ("LLM_KEY", "é", "key"),
     ("LLM_TIMEOUT", "0", "number"), ("LLM_TRIES", "1000", "number"),
     ("LLM_PARALLEL", "many", "number")],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(name: str, value: str, code: str) -> None:
    given = {"LLM_URL": "https://host/v1", "LLM_MODEL": "m", name: value}
    with pytest.raises(Unanswered) as caught:
        endpoint(given)
    assert caught.value.code == code
    assert all(caught.value.said(language) for language in ("en", "zh-hans"))
    assert code in REASONS
