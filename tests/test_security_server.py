"""What only a real server can show: raw sockets, bodies of 200 MB, a thousand logins at once."""

import asyncio
import contextlib
import re
import socket
import statistics
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil
import pytest

from recweb.people.hashing import SLOTS
from tests.stack import Stack

pytestmark = pytest.mark.fault
MB = 2**20
WORKERS = 2  # gunicorn's, as the supervisor starts it


def line_to(stack: Stack, seconds: float = 10.0) -> socket.socket:
    url = urlsplit(stack.base_url)
    return socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=seconds)


def send(stack: Stack, data: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    out = b""
    with line_to(stack) as line:
        try:
            line.sendall(data)
            while more := line.recv(65536):
                out += more
        except (ConnectionError, TimeoutError):
            pass  # refused before all was read
    return out


def alive(stack: Stack) -> None:
    assert stack.get("/healthz")[0] == 200


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "Cookie"])
def test_sec_35_a_header_of_a_megabyte_is_431_within_a_second(stack: Stack, name: str) -> None:
    text = f"GET /login/ HTTP/1.1\r\nHost: localhost\r\n{name}: {'a,;' * (MB // 3)}\r\n\r\n"
    start = time.monotonic()
    answer = send(stack, text.encode())
    assert answer.startswith(b"HTTP/1.1 431 ") and time.monotonic() - start < 2
    alive(stack)


@pytest.mark.parametrize(
    "heads",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: +4",
    ],
)
def test_sec_38_no_request_hides_in_another_ones_body(stack: Stack, heads: str) -> None:
    hidden = "0\r\n\r\nGET /smuggled/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = f"POST /login/ HTTP/1.1\r\nHost: localhost\r\n{heads}\r\n\r\n{hidden}"
    answer = send(stack, request.encode())
    assert re.match(rb"HTTP/1.1 (400|501) ", answer), answer[:80]
    assert answer.count(b"HTTP/1.1 ") == 1, "the hidden request was answered too"


def memory(stack: Stack) -> float:
    web = psutil.Process(stack.pids["web"])
    return sum(one.memory_info().rss for one in (web, *web.children())) / MB


@pytest.mark.parametrize(("role", "status"), [("admin", 400), ("analyst", 403), (None, 401)])
def test_sec_30_a_base64_body_of_200_mb_costs_nothing(
    stack: Stack, role: str | None, status: int
) -> None:
    api_post(stack, "datasets/", '{"slug": "large", "name": "Large"}')
    who = f"Authorization: Token {token(stack, role)}\r\n" if role else ""
    head = (
        f"POST /api/v1/datasets/large/imports/ HTTP/1.1\r\nHost: localhost\r\n{who}"
        "Content-Type: multipart/form-data; boundary=EDGE\r\n"
        f"Content-Length: {200 * MB}\r\n\r\n"
        '--EDGE\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    before, start, sent, peak = memory(stack), time.monotonic(), 0, 0.0
    with line_to(stack, 30) as line:
        try:
            line.sendall(head)
            while sent < 200:
                line.sendall(b" " * MB)
                sent, peak = sent + 1, max(peak, memory(stack))
        except ConnectionError:
            pass  # it need not read what it refuses
        answer = line.recv(65536)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert peak - before < 50 and time.monotonic() - start < 5
    assert sent < 200, "it read all of it"
    alive(stack)


def token(stack: Stack, role: str) -> str:
    return str(stack.credentials["users"][role]["token"])


def api_post(stack: Stack, path: str, body: str) -> None:
    head = {
        "Authorization": f"Token {token(stack, 'admin')}",
        "Content-Type": "application/json",
        "Idempotency-Key": body,
    }
    url = f"{stack.base_url}/api/v1/{path}"
    urllib.request.urlopen(urllib.request.Request(url, body.encode(), head), timeout=30).read()


@dataclass
class Rush:
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    probes: list[float] = field(default_factory=list)  # another person's page meanwhile


@pytest.fixture(scope="module")
def rush(stack: Stack) -> Iterator[Rush]:
    """A thousand wrong logins at once, each from an address and for a name of its own, so that no
    lock-out spares us a hash; somebody who is in already asks for pages all the time."""
    seen = Rush()
    cookie, mark = login_form(stack)
    over = threading.Event()
    watcher = threading.Thread(target=probe, args=(stack, seen, over))
    watcher.start()
    try:
        start = time.monotonic()
        with ThreadPoolExecutor(1) as alone:  # the browser tests' loop may run in this thread
            seen.statuses = Counter(alone.submit(asyncio.run, flood(stack, cookie, mark)).result())
        seen.seconds = time.monotonic() - start
    finally:
        over.set()
        watcher.join(60)
    yield seen
    stack.sql("DELETE FROM axes_accessattempt")


def login_form(stack: Stack) -> tuple[str, str]:
    with urllib.request.urlopen(f"{stack.base_url}/login/", timeout=30) as page:
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
        assert found
        return str(page.headers["Set-Cookie"]).split(";")[0], found[1]


async def flood(stack: Stack, cookie: str, mark: str) -> list[str]:
    url = urlsplit(stack.base_url)

    async def one(n: int) -> str:
        here = (f"127.{1 + n // 250}.{1 + n % 250}.9", 0)
        reader, writer = await asyncio.open_connection(url.hostname, url.port, local_addr=here)
        body = f"csrfmiddlewaretoken={mark}&username=user{n}&password=wrong"
        writer.write(
            f"POST /login/ HTTP/1.1\r\nHost: {url.netloc}\r\nCookie: {cookie}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        line = await asyncio.wait_for(reader.readline(), 60)
        writer.close()
        return line.decode().split()[1] if line else "cut off"

    return await asyncio.gather(*(one(n) for n in range(1000)))


def probe(stack: Stack, seen: Rush, over: threading.Event) -> None:
    url = f"{stack.base_url}/api/v1/jobs/"
    head = {"Authorization": f"Token {token(stack, 'analyst')}"}
    while not over.wait(0.02):
        start = time.monotonic()
        urllib.request.urlopen(urllib.request.Request(url, headers=head), timeout=60).read()
        seen.probes.append(time.monotonic() - start)


def test_abu_01_of_a_thousand_logins_at_once_few_are_hashed(rush: Rush) -> None:
    assert set(rush.statuses) == {"401", "429"}, rush.statuses
    assert rush.statuses["429"] > 900
    # no more than the slots allow in that time: a hash takes a quarter of a second on a free core
    assert rush.statuses["401"] <= SLOTS * (1 + rush.seconds / 0.1)


def test_abu_01_who_is_in_does_not_notice_the_rush(stack: Stack, rush: Rush) -> None:
    assert rush.seconds < 15 and len(rush.probes) >= 3
    # one that comes right behind the thousand waits until they are turned away, and not for hashes
    assert statistics.median(rush.probes) < 1.0, sorted(rush.probes)[-3:]
    assert max(rush.probes) < max(3.0, rush.seconds), sorted(rush.probes)[-3:]
    names = stack.sql("SELECT count(*) FROM axes_accessattempt WHERE username LIKE 'user%'")
    assert names[0][0] <= rush.statuses["401"], "who was turned away is not blamed"
    alive(stack)


def slow_upload(stack: Stack, who: str) -> socket.socket:
    """An upload of a megabyte, of which only the head has come so far."""
    line = line_to(stack, 30)
    line.sendall(
        (
            "POST /api/v1/datasets/slow/imports/ HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Token {who}\r\n"
            "Content-Type: multipart/form-data; boundary=EDGE\r\n"
            f"Content-Length: {MB}\r\n\r\n"
            '--EDGE\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        ).encode()
    )
    return line


def pages_meanwhile(stack: Stack, each: Callable[[], None], n: int = 40) -> list[float]:
    url = f"{stack.base_url}/api/v1/jobs/"
    head = {"Authorization": f"Token {token(stack, 'analyst')}"}
    spent = []
    for _ in range(n):
        each()
        start = time.monotonic()
        urllib.request.urlopen(urllib.request.Request(url, headers=head), timeout=30).read()
        spent.append(time.monotonic() - start)
    return sorted(spent)


def test_abu_11_fifty_slow_uploads_leave_the_pages_alone(stack: Stack) -> None:
    api_post(stack, "datasets/", '{"slug": "slow", "name": "Slow"}')
    who = token(stack, "admin")
    lines = [slow_upload(stack, who) for _ in range(50)]
    try:
        spent = pages_meanwhile(stack, lambda: trickle(lines))
        turned_away = sum(refused(line) for line in lines)
        assert spent[int(0.95 * len(spent))] < 3.0, spent[-3:]
        assert turned_away >= 50 - 2 * WORKERS, "the others are told at once to come again"
    finally:
        for line in lines:
            line.close()
    pages_meanwhile(stack, lambda: None, 3)


def trickle(lines: list[socket.socket]) -> None:
    """A kilobyte more on each line that is still open."""
    for line in lines:
        with contextlib.suppress(OSError):
            line.send(b" " * 1024)


def refused(line: socket.socket) -> bool:
    line.settimeout(0.2)
    try:
        answer = line.recv(65536)
    except (TimeoutError, ConnectionError):
        return False
    return answer.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 5" in answer


def test_abu_11_two_thousand_idle_connections_leave_the_pages_alone(stack: Stack) -> None:
    lines = []
    try:
        for _ in range(2000):
            lines.append(line_to(stack))
        spent = pages_meanwhile(stack, lambda: None)
        assert spent[int(0.95 * len(spent))] < 3.0, spent[-3:]
    finally:
        for line in lines:
            line.close()
