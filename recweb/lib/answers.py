"""Refusals before a view is reached: a JSON error below /api/, a small page elsewhere."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

CODES = {
    400: "malformed",
    401: "not_logged_in",
    403: "forbidden",
    404: "not_found",
    405: "wrong_method",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "wrong_content_type",
    422: "invalid",
    429: "too_many",
    500: "failed",
    503: "unavailable",
}


def is_api(request: HttpRequest) -> bool:
    """Programs ask; /api/docs/ is a page for people."""
    path = request.path_info
    return path.startswith("/api/") and not path.startswith("/api/docs/")


def words(status: int) -> str:
    known = {
        400: _("The request could not be read."),
        401: _("Log in, or send the header Authorization: Token with a valid token."),
        403: _("Your role may not do this."),
        404: _("There is nothing here, or it is not yours."),
        405: _("This address does not take that method."),
        406: _("Only JSON is answered here."),
        413: _("The request is too large."),
        415: _("Send application/json."),
        429: _("Too many requests. Wait a little and try again."),
        503: _("The database is not answering. Nothing was changed; try again in a moment."),
    }
    return known.get(status, _("Something went wrong on our side. Nothing more is known here."))


def body(
    request: HttpRequest,
    status: int,
    code: str = "",
    message: str = "",
    field: str | None = None,
    row: int | None = None,
) -> dict[str, dict[str, object]]:
    return {
        "error": {
            "code": code or CODES.get(status, "failed"),
            "message": message or words(status),
            "field": field,
            "row": row,
            "request_id": getattr(request, "id", ""),
        }
    }


def refuse(request: HttpRequest, status: int, code: str = "", message: str = "") -> HttpResponse:
    if is_api(request):
        return JsonResponse(body(request, status, code, message), status=status)
    context = {
        "status": status,
        "message": message or words(status),
        "request_id": getattr(request, "id", ""),
    }
    # no request in the context: this page must render without the database
    return HttpResponse(render_to_string("people/refused.html", context), status=status)


def below(page: str) -> str:
    """A static page's addresses, where the site lies below a path (SUB_PATH)."""
    return page.replace('href="/', f'href="{settings.SUB_PATH}/')


def unavailable(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        response = refuse(request, 503)
    else:  # static: neither the database nor a translation may be needed
        response = HttpResponse(below(render_to_string("errors/503.html")), status=503)
    response["Retry-After"] = "5"
    response["Cache-Control"] = "no-store"
    return response


def as_json(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An error page below /api/ becomes the API's error."""
    status = response.status_code
    kind = response.get("Content-Type", "").split(";")[0]
    if status < 400 or not is_api(request) or kind == "application/json":
        return response
    answer = JsonResponse(body(request, status), status=status)
    for name in ("Allow", "Retry-After", "WWW-Authenticate", "Cache-Control"):
        if name in response:
            answer[name] = response[name]
    answer.cookies = response.cookies
    return answer
