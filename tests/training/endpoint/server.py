"""A small server that speaks the protocol of chat completions, well or badly, as a test says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answering = Callable[["Talk", dict[str, Any]], None]


class Talk(BaseHTTPRequestHandler):
    """One request; the server's `answering` says what comes back."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen = {"path": self.path, "headers": dict(self.headers), "body": asked}
        with self.server.lock:
            self.server.seen.append(seen)
            seen["number"] = len(self.server.seen)
        try:
            self.server.answering(self, seen)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has hung up, as some tests want it to
        self.close_connection = True

    def send(self, text: str | bytes, status: int = 200, **headers: str) -> None:
        """A whole answer with this body."""
        body = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, content: Any) -> None:
        """What a model says, in the envelope of the protocol."""
        self.send(json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}))

    def drip(self, seconds: float) -> None:
        """An answer that comes byte by byte for so long, each sooner than any timeout."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.02)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence."""


class Server(ThreadingHTTPServer):
    """seen: every request with path, headers and body, in the order they came."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answering: Answering) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.answering, self.seen, self.lock = answering, [], threading.Lock()  # type: ignore[var-annotated]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def serving(answering: Answering) -> Iterator[Server]:
    """A server on a free port while the block runs."""
    server = Server(answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
