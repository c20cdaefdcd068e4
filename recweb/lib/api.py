"""What every API answer has in common: pages of 50, one error shape, refused surprises."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from recweb.lib import answers, outage

View = TypeVar("View", bound=Callable[..., Any])


class ApiError(Exception):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        row: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, str(message)
        self.field, self.row = field, row


class Conflict(ApiError):
    def __init__(self, message: str, code: str = "conflict", field: str | None = None) -> None:
        super().__init__(409, code, message, field)


class Unprocessable(ApiError):
    def __init__(
        self, message: str, field: str | None = None, row: int | None = None, code: str = "invalid"
    ) -> None:
        super().__init__(422, code, message, field, row)


class Pages(PageNumberPagination):
    """{"count", "next", "previous", "results"}, 50 a page."""

    page_size = 50


def paged(
    request: Request,
    rows: Any,
    to_json: Callable[[Any], Any],
    also: Iterable[str] = (),
    whole: Callable[[list[Any]], Iterable[Any]] = list,
) -> Response:
    """One page of rows, each through to_json; `also` names further query parameters; `whole` is
    asked once for what all rows of the page lack."""
    known_params(request, {"page", *also})
    pages = Pages()
    try:
        found: list[Any] = pages.paginate_queryset(rows, request) or []
    except exceptions.NotFound:
        words = _("This list has no page “%(page)s”.") % {"page": request.GET.get("page", "")[:40]}
        raise ApiError(404, "not_found", words, field="page") from None
    return pages.get_paginated_response([to_json(row) for row in whole(found)])


def _first(detail: Any, field: str | None = None) -> tuple[str, str | None]:
    """The first message in DRF's nested detail, and the field it belongs to."""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()))
        known = None if name in ("detail", "non_field_errors") else str(name)
        return _first(inner, f"{field}.{known}" if field and known else known or field)
    if isinstance(detail, list):
        found = next((part for part in detail if part), "")
        return _first(found, field)
    return str(detail), field


def errors(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler: whatever goes wrong in a view, one shape. None: not ours, that is 500."""
    request = context["request"]
    if isinstance(exc, ApiError):
        found = answers.body(request, exc.status, exc.code, exc.message, exc.field, exc.row)
        return Response(found, status=exc.status)
    if outage.away(exc):
        return None
    if isinstance(exc, Http404):
        return Response(answers.body(request, 404, "", *_lost(request)), status=404)
    if isinstance(exc, PermissionDenied):
        return Response(answers.body(request, 403), status=403)
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, exceptions.APIException):
        return None
    status = response.status_code
    message, field = _first(exc.detail)
    known = "" if status in (401, 404) else message
    answer = Response(answers.body(request, status, "", known, field), status=status)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in response:
            answer[name] = response[name]
    return answer


def _lost(request: Request) -> tuple[str, str | None]:
    """Words for a 404 that name what the address asked for, and the field that it is."""
    match = request._request.resolver_match
    given = match.kwargs if match else {}
    if match is None or not given:
        return "", None
    last = list(given)[-1].removesuffix("_id")
    field = {"slug": "dataset", "outside": str(match.url_name).removeprefix("api-")}.get(last, last)
    name = " / ".join(str(value)[:80] for value in given.values())
    return _("“%(name)s” is not here, or it is not yours.") % {"name": name}, field


def known_params(request: Request | HttpRequest, names: Iterable[str]) -> None:
    """An unknown query parameter is a mistake that must not pass silently."""
    known = set(names)
    for name in request.GET:
        if name not in known:
            listed = ", ".join(sorted(known)) or _("none")
            words = _("Unknown query parameter “%(name)s”. Known here: %(known)s.")
            message = words % {"name": name[:100], "known": listed}
            raise ApiError(400, "unknown_parameter", message, field=name[:100])


def idempotent(view: View) -> View:
    """Says that a repeated POST with the same Idempotency-Key is safe.

    The work is done once for all API routes by people.middleware (api.md: every POST).
    """
    view.idempotent = True  # type: ignore[attr-defined]
    return view


def accepted(job: Any) -> Response:
    """202: the work is a job now. job: a jobs.Job row."""
    # by name: lib stands left of jobs
    job_json = import_string("recweb.jobs.api.job_json")
    return Response({"job": job_json(job)}, status=202)
