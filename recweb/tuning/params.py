"""Weights as they come in addresses and forms."""

import math

from django.http import HttpRequest
from django.utils.translation import gettext as _

from recweb.lib.api import ApiError


def number(text: str, field: str, low: float = 0.0, high: float = 1.0) -> float:
    """Raises ApiError 400 naming the field, what came and the range."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high or not text.isascii():
        words = _("“%(field)s” must be a number from %(low)g to %(high)g, got “%(got)s”.")
        given = {"field": field, "low": low, "high": high, "got": text[:40]}
        raise ApiError(400, "malformed", words % given, field=field)
    return value


def weight(request: HttpRequest, name: str = "diversity") -> float | None:
    """?diversity= in thousandths, as the re-ranker reads it; a wrong one is none: a page whose
    address was cut off still opens."""
    try:
        return round(number(request.GET[name], name), 3)
    except (KeyError, ApiError):
        return None


def whole(text: str, field: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
        words = _("“%(field)s” must be a whole number from %(low)d to %(high)d, got “%(got)s”.")
        given = {"field": field, "low": low, "high": high, "got": text[:40]}
        raise ApiError(400, "malformed", words % given, field=field)
    return int(text)


def flag(text: str, field: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        words = _("“%(field)s” must be true or false, got “%(got)s”.")
        given = {"field": field, "got": text[:40]}
        raise ApiError(400, "malformed", words % given, field=field)
    return known[text.lower()]
