"""/account/: how it looks, its keys, its tokens, its password, its sessions. Each part its form."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from recweb.people import audit, hashing
from recweb.people import keys as key_table
from recweb.people.doors import too_busy
from recweb.people.forms import PreferenceForm, TokenForm, dress
from recweb.people.models import Preference, SignIn, Token, User


def me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the route table let nobody else in
    return request.user


def preference(user: User) -> Preference:
    return Preference.objects.get_or_create(user=user)[0]


def page(request: HttpRequest, status: int = 200, **parts: Any) -> HttpResponse:
    """The whole page; `parts` replaces a form by the one with errors, or shows a new token."""
    user = me(request)
    taste = preference(user)
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    wishes = parts.pop("wishes", taste.keys)
    bad = parts.pop("bad_keys", [])
    context = {
        "preference_form": PreferenceForm(instance=taste),
        "password_form": PasswordChangeForm(user),
        "token_form": TokenForm(instance=Token(user=user)),
        "tokens": user.tokens.order_by("-created"),
        "sessions": user.sign_ins.filter(session_key__in=live).order_by("-at"),
        "current": request.session.session_key,
        "keys_on": taste.keys_on,
        "keys": [
            {
                "usual": usual,
                "label": label,
                "chosen": wishes.get(usual, usual),
                "bad": usual in bad,
            }
            for usual, label in key_table.ALL.items()
        ],
        **parts,
    }
    for name in ("preference_form", "password_form", "token_form"):
        dress(context[name])
    return render(request, "people/account.html", context, status=status)


def account(request: HttpRequest) -> HttpResponse:
    return page(request)


def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferenceForm(request.POST, instance=preference(me(request)))
    if not form.is_valid():
        return page(request, 422, preference_form=form)
    form.save()
    messages.success(request, _("Saved."))
    return redirect("account")


def keys(request: HttpRequest) -> HttpResponse:
    given = {usual: request.POST.get(f"key-{n}", "") for n, usual in enumerate(key_table.ALL)}
    changed, bad = key_table.clean(given)
    if bad:
        return page(request, 422, wishes=given, bad_keys=bad)
    taste = preference(me(request))
    taste.keys_on, taste.keys = request.POST.get("keys_on") == "on", changed
    taste.save(update_fields=["keys_on", "keys"])
    messages.success(request, _("Saved."))
    return redirect("account")


def password(request: HttpRequest) -> HttpResponse:
    user = me(request)
    form = PasswordChangeForm(user, request.POST)
    try:
        with hashing.slot():
            if not form.is_valid():
                return page(request, 422, password_form=form)
            form.save()
    except hashing.Busy:
        return too_busy(request)
    old = request.session.session_key
    # this session lives on under a new key; all others end with the old password
    update_session_auth_hash(request, user)
    SignIn.objects.filter(session_key=old).update(session_key=request.session.session_key)
    SignIn.objects.filter(user=user).exclude(session_key=request.session.session_key).delete()
    audit.record(request, "password", user.username)
    messages.success(request, _("The password is changed. Other sessions have ended."))
    return redirect("account")


def token(request: HttpRequest) -> HttpResponse:
    user = me(request)
    form = TokenForm(request.POST, instance=Token(user=user))
    if not form.is_valid():
        return page(request, 422, token_form=form)
    made = Token.make(user, form.cleaned_data["name"])
    audit.record(request, "token", form.cleaned_data["name"])
    # shown in this answer and kept nowhere: a redirect would have to store it
    return page(request, 201, new_token=made)


def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    found = get_object_or_404(me(request).tokens, pk=token_id)
    audit.record(request, "token revoked", found.name)
    found.delete()
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": found.name})
    return redirect("account")


def end_session(request: HttpRequest) -> HttpResponse:
    """One session by its row, or, without a row, all but this one."""
    rows = me(request).sign_ins.exclude(session_key=request.session.session_key)
    if number := request.POST.get("session"):
        rows = rows.filter(pk=number) if number.isdecimal() and len(number) < 18 else rows.none()
        get_object_or_404(rows)
    ended = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=ended).delete()
    SignIn.objects.filter(session_key__in=ended).delete()
    audit.record(request, "sessions ended", str(len(ended)))
    messages.success(request, _("Ended."))
    return redirect("account")
