"""Language and theme: kept with the account, and in a cookie for who has not logged in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from recweb.people.models import Preference, User

YEAR = 31_536_000
THEMES = ("auto", "light", "dark")


def _back(request: HttpRequest) -> HttpResponse:
    """To where the switch stood; never to another host."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return redirect(target if safe else "home")


def _keep(request: HttpRequest, cookie: str, field: str, value: str) -> HttpResponse:
    if isinstance(request.user, User):
        Preference.objects.update_or_create(user=request.user, defaults={field: value})
    response = _back(request)
    response.set_cookie(
        cookie, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


def set_language(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return _back(request)
    return _keep(request, settings.LANGUAGE_COOKIE_NAME, "language", language)


def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    return _keep(request, "theme", "theme", theme) if theme in THEMES else _back(request)
