"""Who asks, how they like it, and whether they may: the last is decided here, for every route."""

import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, resolve_url
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from recweb.lib import answers, multipart
from recweb.lib.prepared import Prepared
from recweb.people import doors, idempotency
from recweb.people.models import Preference, Token, User, digest

Next = Callable[[HttpRequest], HttpResponseBase]
TABLE = "recweb.access.ROUTES"  # by name: it knows all apps, and people stands left of them
SAFE = ("GET", "HEAD", "OPTIONS")


TOKEN = [field.attname for field in Token._meta.concrete_fields]
USER = [field.attname for field in User._meta.concrete_fields]


def _tokens(digest: str) -> QuerySet[Token, Any]:
    groups = ArraySubquery(Group.objects.filter(user=OuterRef("user")).values("name"))
    rows = Token.objects.filter(user__is_active=True, digest=digest).annotate(roles=groups)
    return rows.values_list(*TOKEN, *(f"user__{name}" for name in USER), "roles")


TOKENS = Prepared(_tokens)


def _token(row: tuple[Any, ...]) -> Token:
    """The token with its user, who knows the role already."""
    token = Token.from_db(DEFAULT_DB_ALIAS, TOKEN, row[: len(TOKEN)])
    token.user = User.from_db(DEFAULT_DB_ALIAS, USER, row[len(TOKEN) : -1])
    token.user.remember_groups(row[-1])
    return token


class TokenMiddleware:
    """`Authorization: Token ...` below /api/; /?token=... is a login link."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.token = None  # type: ignore[attr-defined]
        if request.path_info == "/" and "token" in request.GET:
            return doors.follow_link(request)
        if answers.is_api(request) and "Authorization" in request.headers:
            token = self.find(request.headers["Authorization"])
            if token is None:
                request.user = AnonymousUser()
                words = _("This token is not known. Send: Authorization: Token <token>.")
                return unauthorized(request, words)
            request.token, request.user = token, token.user  # type: ignore[attr-defined]
        return self.get_response(request)

    @staticmethod
    def find(header: str) -> Token | None:
        scheme, _space, value = header.partition(" ")
        if scheme.lower() != "token":
            return None
        token = next(map(_token, TOKENS.rows(digest=digest(value.strip()))), None)
        now = timezone.now()
        if token and (token.last_used is None or now - token.last_used > timedelta(minutes=1)):
            Token.objects.filter(pk=token.pk).update(last_used=now)
        return token


def _taste(user: User) -> Preference | None:
    """With the role, which every page asks for: it costs no query of its own."""
    groups = ArraySubquery(Group.objects.filter(user=OuterRef("pk")).values("name"))
    mine = User.objects.select_related("preference").annotate(roles=groups).filter(pk=user.pk)
    for found in mine:
        user.remember_groups(found.roles)
        return getattr(found, "preference", None)  # somebody who never chose has none
    return None


class PreferenceMiddleware:
    """request.preference: the account's, or what an anonymous browser chose by cookie."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = None
        if request.user.is_authenticated and getattr(request, "token", None) is None:
            found = _taste(request.user)
        if found is None:
            theme = request.COOKIES.get("theme", "auto")
            found = Preference(theme=theme if theme in ("light", "dark") else "auto")
        request.preference = found  # type: ignore[attr-defined]
        if found.language in dict(settings.LANGUAGES):
            translation.activate(found.language)
            request.LANGUAGE_CODE = found.language
        try:
            with timezone.override(zoneinfo.ZoneInfo(found.time_zone)):
                return self.get_response(request)
        except zoneinfo.ZoneInfoNotFoundError:
            return self.get_response(request)


def unauthorized(request: HttpRequest, message: str = "") -> HttpResponse:
    response = answers.refuse(request, 401, message=message)
    response["WWW-Authenticate"] = "Token"
    return response


def forbid(request: HttpRequest) -> HttpResponse:
    """403: the API's error, or the page for it (handler403)."""
    if answers.is_api(request):
        return answers.refuse(request, 403)
    raise PermissionDenied


def row_of(match: ResolverMatch, table: dict[str, dict[str, str]]) -> dict[str, str] | None:
    """The table's row of a route; a namespace (Django's admin) has one row for all of it."""
    if match.namespaces:
        return table.get(f"{match.namespaces[0]}:*")
    return table.get(match.view_name)


def allowed(request: HttpRequest, least: str) -> bool:
    token: Token | None = getattr(request, "token", None)
    user = request.user
    if token is not None and token.dataset_id is not None:
        # a serving token may serve, for as long as who made it may
        return least == "serving" and token.user.may("analyst")
    if least == "anonymous":
        return True
    if not isinstance(user, User):
        return False
    return user.may("analyst" if least == "serving" else least)


class AccessMiddleware:
    """Default deny: a route without a row in the table answers 403, whoever asks."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        row = row_of(match, import_string(TABLE))
        refusal = self.refusal(request, match, row)
        if refusal is not None:
            return refusal
        if (
            request.method == "POST"
            and answers.is_api(request)
            and idempotency.HEADER in request.headers
            and request.user.is_authenticated
        ):
            return idempotency.once(request, self.get_response)
        return self.get_response(request)

    def refusal(
        self, request: HttpRequest, match: ResolverMatch, row: dict[str, str] | None
    ) -> HttpResponse | None:
        if row is None:
            return forbid(request)
        method = "GET" if request.method == "HEAD" else str(request.method)
        least = row.get(method)
        if least is None:
            return HttpResponseNotAllowed(sorted(row))
        if not allowed(request, least):
            return self.stop(request)
        if method not in SAFE and (refused := wrong_body(request, match, least)):
            return refused
        return None

    @staticmethod
    def stop(request: HttpRequest) -> HttpResponse:
        token: Token | None = getattr(request, "token", None)
        if token is not None and token.dataset_id is not None:
            words = _("This token may only ask for recommendations: GET /api/v1/recommend/.")
            return answers.refuse(request, 403, message=words)
        if request.user.is_authenticated:
            return forbid(request)
        if answers.is_api(request):
            return unauthorized(request)
        if request.headers.get("HX-Request"):
            # a fragment that polls after the session ended: the whole page goes to the login
            response = HttpResponse(status=401)
            response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
            return response
        back = quote(request.get_full_path() if request.method == "GET" else resolve_url("home"))
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?next={back}")


def wrong_body(request: HttpRequest, match: ResolverMatch, least: str) -> HttpResponse | None:
    """415 for a body that this route's parsers do not read; 413 for an upload by a non-admin."""
    size = multipart.length(request)
    if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and least != "admin":
        return answers.refuse(request, 413)  # only the admin uploads (api.md)
    parsers = getattr(getattr(match.func, "cls", None), "parser_classes", None)
    if parsers is None or not size:
        return None
    taken = {parser.media_type for parser in parsers}
    return None if request.content_type in taken else answers.refuse(request, 415)
