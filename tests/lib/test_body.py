"""SEC-30 and SEC-35: what costs more to read than to send is refused before it is read."""

import io
import time

import pytest
from django.conf import settings
from django.http.multipartparser import MultiPartParserError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from recweb.lib.multipart import Watched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_site")]
EDGE = "xxEDGExx"
TYPE = f"multipart/form-data; boundary={EDGE}"


def part(body: bytes, *headers: str, name: str = "file") -> bytes:
    lines = [f'Content-Disposition: form-data; name="{name}"; filename="a.csv"', *headers]
    head = "\r\n".join(lines).encode()
    return b"--" + EDGE.encode() + b"\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


SERVER_LIMIT = 8190  # gunicorn refuses a longer header line before Django sees it
END = f"--{EDGE}--\r\n".encode()


def send(body: bytes, path: str = "/echo/"):  # noqa: ANN201
    return Client(raise_request_exception=False).post(path, body, content_type=TYPE)


def test_an_ordinary_upload_passes() -> None:
    assert send(part(b"a,b\n1,2\n") + END).json() == {"file": 8}


@pytest.mark.parametrize(
    "header",
    [
        "Content-Transfer-Encoding: base64",
        "content-transfer-encoding:base64",
        "CONTENT-TRANSFER-ENCODING : quoted-printable",
        "Content-Transfer-Encoding: binary",
    ],
)
def test_sec_30_a_transfer_encoding_is_refused(header: str) -> None:
    assert send(part(b"YWJj", header) + END).status_code == 400
    assert send(part(b"x") + part(b"YWJj", header, name="b") + END).status_code == 400


def test_sec_30_the_same_words_in_a_file_are_data() -> None:
    body = b"id,text\n1,Content-Transfer-Encoding: base64\n"
    assert send(part(body) + END).json() == {"file": len(body)}


def test_sec_30_a_flood_of_blanks_is_refused_at_once() -> None:
    body = part(b" " * 4_000_000, "Content-Transfer-Encoding: base64") + END
    start = time.thread_time()
    assert send(body).status_code == 400
    assert time.thread_time() - start < 2


def test_sec_30_five_thousand_parts_are_refused() -> None:
    body = b"".join(part(b"x", name=f"n{n}") for n in range(5000)) + END
    assert send(body).status_code in (400, 413)


def test_a_body_over_the_limit_is_413_unread() -> None:
    for path, limit in (("/echo/", settings.UPLOAD_LIMIT + 2**21), ("/api/v1/make/", 6 * 2**20)):
        kind = TYPE if path == "/echo/" else "application/json"
        answer = Client().post(path, b"x", content_type=kind, CONTENT_LENGTH=str(limit))
        assert answer.status_code == 413


def test_only_an_admins_route_takes_a_large_body() -> None:
    answer = Client().post("/echo/", b"x", content_type=TYPE, CONTENT_LENGTH=str(6 * 2**20))
    assert answer.status_code == 413


@given(
    st.integers(1, 200),
    st.integers(0, 40),
    st.sampled_from(["Content-Transfer-Encoding: base64", "content-transfer-encoding : x"]),
)
def test_sec_30_it_is_found_however_the_bytes_arrive(size: int, shift: int, header: str) -> None:
    body = part(b"y" * shift) + part(b"x", header) + END
    watched = Watched(io.BytesIO(body), EDGE.encode())
    with pytest.raises(MultiPartParserError):
        while watched.read(size):
            pass


@given(st.binary(max_size=500), st.integers(1, 100))
def test_a_harmless_body_comes_through_unchanged(data: bytes, size: int) -> None:
    body = part(data.replace(b"--", b"")) + END
    watched = Watched(io.BytesIO(body), EDGE.encode())
    out = b""
    while chunk := watched.read(size):
        out += chunk
    assert out == body


def named(name: str, star: bool = False) -> bytes:
    given = f"filename*=UTF-8''{name}" if star else f'filename="{name}"'
    head = f'Content-Disposition: form-data; name="file"; {given}'
    return f"--{EDGE}\r\n{head}\r\n\r\na,b\r\n".encode() + END


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\x", "/abs", "C:\\x", "%2e%2e%2f", "..%c0%af", "a/../../b",
     "file:///etc/passwd", "a\0.csv", ".", "..", "/data/up-evil", "a/b.csv"],
)  # fmt: skip
def test_sec_16_a_name_that_is_a_path_is_refused(name: str) -> None:
    assert send(named(name)).status_code == 400


def test_sec_16_also_in_the_other_spelling() -> None:
    assert send(named("..%2F..%2Fpasswd", star=True)).status_code == 400
    assert send(named("..%5Cx", star=True)).status_code == 400


@pytest.mark.parametrize("given", ['="a&#47;b.csv"', '="..&bsol;x"', '*0="../"; filename*1="x"'])
def test_sec_16_also_where_it_is_a_path_once_it_is_decoded(given: str) -> None:
    body = named("a.csv").replace(b'="a.csv"', given.encode())
    assert send(body).status_code == 400


@pytest.mark.parametrize(
    "name", ["a..b.csv", "100%25.csv", "年.csv", 'say \\"hi\\".csv', "a b.csv"]
)
def test_ordinary_names_pass(name: str) -> None:
    assert send(named(name)).json() == {"file": 3}


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "Accept-Language", "Cookie"])
def test_sec_35_separators_to_the_limit_are_answered_within_a_second(name: str) -> None:
    for char in (",", ";", "=", " ", '"', "/"):
        headers = {name: "a" + char * SERVER_LIMIT}
        start = time.thread_time()  # this thread answers: other work beside does not count
        answer = Client(raise_request_exception=False, headers=headers).get("/login/")
        assert answer.status_code < 500
        assert time.thread_time() - start < 1


def test_sec_35_a_huge_content_type_on_a_post() -> None:
    start = time.thread_time()  # this thread answers: other work beside does not count
    kind = "multipart/form-data; " + "a=b;" * (SERVER_LIMIT // 4)
    answer = Client(raise_request_exception=False).post("/login/", b"x=y", content_type=kind)
    assert answer.status_code < 500
    assert time.thread_time() - start < 1
