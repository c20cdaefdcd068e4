"""Coming in and going out."""

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from recweb.lib import answers
from recweb.people import accounts, audit, hashing
from recweb.people.forms import dress
from recweb.people.models import SignIn, User

BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(request: HttpRequest, user: User, how: str) -> None:
    """Log in: a new session key (fixation), a row for the account page, a row in the audit."""
    request.session.flush()
    login(request, user, backend=BACKEND)
    agent = request.headers.get("User-Agent", "")[:200]
    SignIn.objects.create(user=user, session_key=str(request.session.session_key), agent=agent)
    audit.record(user, "login", user.username, how=how)


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""


def enter(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_next(request) or "home")
    form = AuthenticationForm(request, data=request.POST or None)
    status = 200
    if request.method == "POST":
        try:
            with hashing.slot():
                right = form.is_valid()
        except hashing.Busy:
            return too_busy(request)
        if right:
            begin(request, form.get_user(), "password")
            return redirect(_next(request) or "home")
        status = 401 if form.non_field_errors() else 422
    context = {"form": dress(form), "next": _next(request)}
    return render(request, "people/login.html", context, status=status)


def too_busy(request: HttpRequest) -> HttpResponse:
    words = _("Too many people are logging in at this moment. Try again in a second.")
    response = answers.refuse(request, 429, "busy", words)
    response["Retry-After"] = "1"
    return response


def leave(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        SignIn.objects.filter(session_key=request.session.session_key or "").delete()
        audit.record(request, "logout", request.user.get_username())
    logout(request)
    return redirect("login")


def follow_link(request: HttpRequest) -> HttpResponse:
    """/?token=...: logs in once. A second use is 410: it is gone, for whoever has it."""
    user = accounts.spend_link(request.GET["token"][:200])
    if user is None:
        words = _("This login link was used already, or it is older than a day.")
        return answers.refuse(request, 410, "gone", words)
    begin(request, user, "link")
    return redirect("home")
