"""Watches a multipart body while it is read: no part may carry Content-Transfer-Encoding, and no
file a path or more than 255 characters for a name: Django would cut it down and go on."""

import html
import re
from typing import Any

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters

HEADER_ROOM = 4096  # Django itself refuses part headers over 1 kB
_ENCODING = re.compile(rb"(?i)content-transfer-encoding[ \t]*:")
# a file's name that is a path, also percent-encoded; \" is a quote in it (SEC-16)
_PATH = re.compile(
    rb"(?i)filename\*?[ \t]*=[^\r\n]*?(/|\\(?!\")|\0|%2f|%5c|%00|%2e%2e|\.\.%|\"\.{1,2}\")"
)
LONGEST = 255  # characters of a name


def length(request: HttpRequest) -> int:
    """Content-Length; 0 when it is absent or no number."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() and len(text) < 19 else 0


class Watched:
    """A stream that reads through and stops at the first forbidden part header."""

    def __init__(self, stream: Any, boundary: bytes) -> None:
        self.stream = stream
        self.mark = b"--" + boundary
        self.kept = b""

    def read(self, *args: Any) -> bytes:
        data: bytes = self.stream.read(*args)
        self.look(data)
        return data

    def readline(self, *args: Any) -> bytes:
        data: bytes = self.stream.readline(*args)
        self.look(data)
        return data

    def look(self, data: bytes) -> None:
        """Only part headers are looked at: the same words inside a file are just data."""
        text = self.kept + data
        at = text.find(self.mark)
        last = -1
        while at >= 0:
            last = at
            start = at + len(self.mark)
            end = text.find(b"\r\n\r\n", start, start + HEADER_ROOM)
            head = text[start : end if end >= 0 else start + HEADER_ROOM]
            if _ENCODING.search(head):
                raise MultiPartParserError("Content-Transfer-Encoding is not taken in a part")
            if _PATH.search(head):
                raise MultiPartParserError("the name of a file is a path")
            if end >= 0:
                _check_names(head)
            at = text.find(self.mark, start)
        # keep what may still grow: a header that is not complete, or half a boundary
        if last >= 0 and text.find(b"\r\n\r\n", last, last + HEADER_ROOM) < 0:
            self.kept = text[last : last + HEADER_ROOM + len(self.mark)]
        else:
            self.kept = text[-len(self.mark) :]


def _check_names(head: bytes) -> None:
    """A file's name as Django itself decodes it, before it cuts it down: parts that are put
    together (RFC 2231) and HTML's entities hide a path, or how long it is, from the bytes."""
    for line in head.split(b"\r\n"):
        if b"filename" not in line.lower():
            continue
        try:
            _, given = parse_header_parameters(line.decode())
        except ValueError:  # such a line Django passes over, too
            continue
        name = html.unescape(given.get("filename", ""))
        if "/" in name or "\\" in name:
            raise MultiPartParserError("the name of a file is a path")
        if len(name) > LONGEST:
            raise MultiPartParserError("the name of a file has more than 255 characters")


def guard(request: HttpRequest) -> None:
    if request.content_type != "multipart/form-data":
        return
    stream = getattr(request, "_stream", None)
    _, options = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    boundary = options.get("boundary", "")
    if stream is not None and boundary:
        request._stream = Watched(stream, boundary.encode("ascii", "replace"))  # type: ignore[assignment]
