"""Pages for what went wrong, in the same frame: what happened, what to do, the request's id."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape

from recweb.lib import answers


def _page(request: HttpRequest, status: int) -> HttpResponse:
    if answers.is_api(request):
        return answers.refuse(request, status)
    context = {"status": status, "request_id": getattr(request, "id", "")}
    return render(request, f"errors/{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403)


def failed(request: HttpRequest) -> HttpResponse:
    """Static: neither the database nor translations may be needed here."""
    if answers.is_api(request):
        return answers.refuse(request, 500)
    text = Path(settings.BASE_DIR, "templates", "errors", "500.html").read_text()
    text = answers.below(text)
    return HttpResponse(text.replace("REQUEST-ID", escape(getattr(request, "id", ""))), status=500)
