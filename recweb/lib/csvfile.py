"""CSV that Excel opens right, also in Chinese, and that runs nothing (ABU-07)."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

BOM = "\ufeff"
_STARTS = ("=", "+", "-", "@", "|", "%")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def cell(value: Any) -> Any:
    """A spreadsheet would run `=cmd|...`: such text gets a quote in front. Numbers stay numbers."""
    if value is None or isinstance(value, bool | int | float):
        return "" if value is None else value
    text = str(value)
    bare = text.lstrip(" \u00a0\u3000")
    risky = bare.startswith(_STARTS) or bare.startswith(("\t", "\r", "\n"))
    return "'" + text if risky and not _NUMBER.fullmatch(text) else text


class _Echo:
    def write(self, line: str) -> str:
        return line


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow([cell(name) for name in header])
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines(header, rows), content_type="text/csv; charset=utf-8")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "export"
    response["Content-Disposition"] = f'attachment; filename="{safe.removesuffix(".csv")}.csv"'
    return response
