"""Pages of 50 for lists in the browser."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest


def page(request: HttpRequest, rows: Any, size: int = 50, name: str = "page") -> "Page[Any]":
    """The page that ?page= (or `name`) asks for; one that does not exist is the nearest."""
    return Paginator(rows, size).get_page(request.GET.get(name))


def query(request: HttpRequest, **changes: object) -> str:
    """This address's query with some parameters changed; None takes one away."""
    params = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    return "?" + params.urlencode()
