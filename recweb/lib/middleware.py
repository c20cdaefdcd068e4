"""What every request passes: an id, a guarded body, a language, and honest failures."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils.translation import gettext as _

from recweb.lib import answers, logs, multipart, outage

log = logging.getLogger("recweb.request")
Next = Callable[[HttpRequest], HttpResponseBase]
_GOOD_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
_QUIET = ("/healthz", "/readyz")


class RequestIdMiddleware:
    """An id on each answer and log line; below /api/ every error is JSON with that id."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if _GOOD_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        token = logs.request_id.set(request.id)  # type: ignore[attr-defined]
        start = time.monotonic()
        try:
            response = answers.as_json(request, self.get_response(request))
            response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
            self.note(request, response, time.monotonic() - start)
        finally:
            logs.request_id.reset(token)
        return response

    @staticmethod
    def note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        if request.path in _QUIET:
            return
        # the path without its query: a login link carries its token there
        facts = {
            "method": request.method,
            "path": _path(request)[:200],
            "status": response.status_code,
            "ms": round(seconds * 1000),
        }
        log.info("request", extra={"facts": facts})


def _path(request: HttpRequest) -> str:
    """Without the id of a person or item: a log cannot be made to forget (ABU-10)."""
    given = request.resolver_match.kwargs if request.resolver_match else {}
    named = given.get("outside_id")
    return request.path.replace(named, "…") if named else request.path


def _is_down(error: BaseException | None) -> bool:
    return error is not None and outage.away(error)


def _remember(request: HttpRequest | None = None, **kwargs: Any) -> None:
    import sys

    if request is not None and _is_down(sys.exc_info()[1]):
        request.database_down = True  # type: ignore[attr-defined]


# a middleware's own exception never reaches another middleware, only this signal
got_request_exception.connect(_remember, dispatch_uid="recweb.database_down")


class DatabaseDownMiddleware:
    """The database is away or too slow: 503 and when to come back, never a bare 500."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response = self.get_response(request)
        except (DatabaseError, InterfaceError) as error:
            if not outage.away(error):
                raise
            return self.down(request, error)
        if response.status_code == 500 and getattr(request, "database_down", False):
            return answers.unavailable(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return self.down(request, error) if _is_down(error) else None

    @staticmethod
    def down(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("the database did not answer: %s", type(error).__name__, exc_info=error)
        return answers.unavailable(request)


class ChosenLocaleMiddleware(LocaleMiddleware):
    """The language that was chosen (cookie), else the browser's. Never in the URL (ux.md §3)."""


class BodyGuardMiddleware:
    """Refuses bodies that cost more to read than to send (SEC-30), before anything reads them."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = (
            settings.UPLOAD_LIMIT + 2**20
            if request.content_type == "multipart/form-data"
            else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        )
        length = multipart.length(request)
        if length > limit:
            words = _("The request is %(size)d bytes; at most %(limit)d are taken here.")
            message = words % {"size": length, "limit": limit}
            return answers.refuse(request, 413, "too_large", message)
        multipart.guard(request)
        return self.get_response(request)


class QueryGuardMiddleware:
    """Postgres takes no NUL, and nothing stored holds one: what a page is asked for with one is
    simply not there. The API's routes name the parameter instead."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query and not answers.is_api(request):
            request.META["QUERY_STRING"] = query.replace("%00", "%EF%BF%BD")
        return self.get_response(request)


class NoStoreMiddleware:
    """What a logged-in person sees is kept by no cache (SEC-31)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response
