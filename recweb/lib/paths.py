"""Outside ids in addresses. An id may hold anything, but "." and ".." mean something else there.

Browsers and proxies take a dot segment away before anybody is asked, also one written as %2e. So a
segment of only dots gets a "~" before it, and so does one that looks as if it had got one already;
every other id stands in the address as it is.
"""

import re

from django.urls.converters import PathConverter

DOTS = re.compile(r"~*\.{1,2}")


class OutsideId(PathConverter):
    """`<outside:outside_id>`: everything up to the last slash is the id."""

    def to_url(self, value: object) -> str:
        parts = str(value).split("/")
        return "/".join(f"~{part}" if DOTS.fullmatch(part) else part for part in parts)

    def to_python(self, value: str) -> str:
        parts = value.split("/")
        return "/".join(
            part[1:] if part.startswith("~") and DOTS.fullmatch(part) else part for part in parts
        )
