"""JSON that came from outside: what neither a text nor a number of the database can hold is said
here, for every route, and by the name of the field."""

import math
import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser

# NUL, and half of a surrogate pair: JSON can write both, Postgres can store neither
UNFIT = re.compile("[\x00\ud800-\udfff]")
BITS = 1023  # of a whole number that a float can still hold


class Json(JSONParser):  # type: ignore[misc]
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            given = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("This JSON is nested too deeply.")) from None
        for name, value in given.items() if isinstance(given, dict) else [(None, given)]:
            if unfit([name, value]):
                shown = UNFIT.sub("?", name or "")[:80]
                said = words(shown or "JSON")
                raise exceptions.ParseError({shown: [said]} if shown else said)
        return given


def words(name: str) -> str:
    said = _("“%(name)s” holds a character or a number that cannot be stored: NUL, half of a "
             "surrogate pair, or one beyond the range of floats.")  # fmt: skip
    return said % {"name": name}


def unfit(value: Any) -> bool:
    """Whether a text (a key, too) or a number anywhere in it cannot be stored."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if UNFIT.search(one):
                return True
        elif isinstance(one, dict):
            left += one
            left += one.values()
        elif isinstance(one, list):
            left += one
        elif isinstance(one, float):
            if not math.isfinite(one):
                return True
        elif isinstance(one, int) and one.bit_length() > BITS:
            return True
    return False
