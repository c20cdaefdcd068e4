"""One question, one answer: bounded in time, size and number of tries, and silent about the key."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from training.endpoint.settings import Endpoint, Unanswered

MOST = 2**20  # bytes of an answer
LONGEST = 30.0  # seconds that a Retry-After may ask for
BUSY = (408, 409, 425, 429)
DENIED = (401, 403)


class Again(Exception):
    """Worth another try. after: seconds that the other side asks for, None = nothing said."""

    def __init__(self, code: str, after: float | None = None, **details: object) -> None:
        super().__init__(code)
        self.code, self.after, self.details = code, after, details


class Client:
    """Asks an endpoint. Counts `asked` requests and `again`, those that were a second try.

    Once `stop` is set no question is tried again.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.asked = self.again = 0
        self.stop = threading.Event()
        self._lock = threading.Lock()

    def ask(self, system: str, question: str) -> str:
        """The text that the model answers. Raises Unanswered once the tries are used up."""
        spot = self.endpoint
        body = json.dumps(
            {
                "model": spot.model,
                "temperature": 0,
                "messages": [
                    {"role": "system", "content": system},
                    {"role": "user", "content": question},
                ],
            }
        ).encode()
        for number in range(1, spot.tries + 1):
            with self._lock:
                self.asked += 1
                self.again += number > 1
            try:
                return _content(self._send(body))
            except Again as failed:
                usual = spot.pause * 2 ** (number - 1)
                pause = min(usual if failed.after is None else failed.after, LONGEST)
                # the last one waits for nothing; a run that is stopped tries no more
                if number == spot.tries or self.stop.wait(pause):
                    details = {"host": spot.host, "tries": spot.tries, **failed.details}
                    raise Unanswered(failed.code, **details) from None
        raise AssertionError("at least one try")

    def _send(self, body: bytes) -> bytes:
        """The body of a 200. Redirects are no answer: the key would follow them elsewhere."""
        spot, parts = self.endpoint, urlsplit(self.endpoint.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        line = kind(str(parts.hostname), parts.port, timeout=spot.timeout)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if spot.key:
            headers["Authorization"] = f"Bearer {spot.key}"
        # a timeout of a socket begins anew with every byte: this one does not
        over = threading.Event()
        clock = threading.Timer(spot.timeout, _hang_up, (line, over))
        clock.daemon = True
        clock.start()
        try:
            line.request("POST", f"{parts.path}/chat/completions", body, headers)
            answer = line.getresponse()
            text = answer.read(MOST + 1)
            short = answer.status == 200 and bool(answer.length)  # less than was announced
        except (OSError, http.client.HTTPException) as error:
            late = over.is_set() or isinstance(error, TimeoutError)
            raise self._failed("slow" if late else "unreachable") from None
        finally:
            clock.cancel()
            line.close()
        if over.is_set():
            raise self._failed("slow")
        if len(text) > MOST:
            raise Unanswered("large", host=spot.host, most=MOST)
        self._judge(answer)
        if short:
            raise Again("garbled")
        return text

    def _failed(self, code: str) -> Again:
        return Again(code, seconds=self.endpoint.timeout)

    def _judge(self, answer: http.client.HTTPResponse) -> None:
        """Raise Again or Unanswered unless it is a 200. What else it says is not repeated: a body
        may hold anything, our own headers among it.
        """
        status, host = answer.status, self.endpoint.host
        if status == 200:
            return
        if status in DENIED:
            raise Unanswered("denied", host=host, status=status)
        if status in BUSY or status >= 500:
            raise Again("busy", _seconds(answer.getheader("Retry-After")), status=status)
        raise Unanswered("refused", host=host, status=status)


def _hang_up(line: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    try:
        if line.sock is not None:
            line.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # closed by itself in this very moment


def _seconds(header: str | None) -> float | None:
    """Of a Retry-After in seconds; a date or nonsense is as good as none."""
    try:
        value = float(header or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _content(text: bytes) -> str:
    """choices[0].message.content. Raises Again when that is not there."""
    try:
        found: Any = json.loads(text)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise Again("garbled") from None
    if not isinstance(found, str):
        raise Again("garbled")
    return found
