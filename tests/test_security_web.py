"""Headers, cookies, CSRF and scripts: what each answer carries (SEC-20, 25, 31, 32, 37)."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client

from recweb.access import ROUTES
from recweb.people.models import User
from tests import cast, source, walk
from tests.cast import PASSWORD, client, person

pytestmark = pytest.mark.django_db
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-elem": "'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


def directives(response: object) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split(";")  # type: ignore[index]
    return dict(part.strip().split(" ", 1) for part in parts if part.strip())


PLACES = ("/login/", "/no-such-page/", "/api/v1/jobs/", "/account/", "/healthz")


@pytest.mark.parametrize("path", PLACES)
def test_every_answer_carries_the_policy(path: str) -> None:
    response = Client().get(path)
    assert directives(response) == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


class Scripts(HTMLParser):
    """Everything in a page that would need 'unsafe-inline', or would leave this machine."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        kind = given.get("type") or ""
        if tag == "script" and not given.get("src") and kind != "application/json":
            self.wrong.append(f"inline script at {self.getpos()}")
        if tag == "style":
            self.wrong.append(f"inline style at {self.getpos()}")
        for name, text in attrs:
            if name.startswith("on") or name.startswith("hx-on"):
                self.wrong.append(f"{name} on <{tag}>")
            if name in ("src", "href", "action", "srcset") and self.is_foreign(tag, text or ""):
                self.wrong.append(f"<{tag} {name}={text}>")

    @staticmethod
    def is_foreign(tag: str, text: str) -> bool:
        if text.strip().lower().startswith("javascript:"):
            return True
        return tag != "a" and bool(re.match(r"(https?:)?//", text.strip()))


def test_no_page_has_inline_script_style_or_foreign_parts() -> None:
    made = cast.play()
    browser = client(made.users["ann"], raise_request_exception=False)
    wrong: dict[str, list[str]] = {}
    pages = 0
    for route in walk.routes():
        if route.is_api or ":" in route.name or "GET" not in ROUTES.get(route.key, {}):
            continue
        path = walk.address(made, route, "ann")
        response = browser.get(path)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            pages += 1
            parser = Scripts()
            parser.feed(response.content.decode())
            if parser.wrong:
                wrong[path] = parser.wrong
    assert pages > 5
    assert not wrong, wrong


def test_sec_31_what_a_logged_in_person_sees_is_kept_by_no_cache() -> None:
    made = cast.play()
    bob = client(made.users["bob"], raise_request_exception=False)
    wrong = []
    for route in walk.routes():
        if ":" in route.name or "GET" not in ROUTES.get(route.key, {}):
            continue
        path = walk.address(made, route, "bob")
        if bob.get(path).get("Cache-Control") != "private, no-store":
            wrong.append(path)
    assert not wrong, wrong


def test_sec_31_refusals_too() -> None:
    dan = client(person("dan", "annotator"))
    for path in ("/admin/", "/no-such/", "/logout/"):
        assert dan.get(path)["Cache-Control"] == "private, no-store", path


# --- SEC-20 --------------------------------------------------------------------------------------


def unsafe() -> list[tuple[str, walk.Route]]:
    return [
        (method, route)
        for route in walk.routes()
        for method in ROUTES.get(route.key, {})
        if method not in ("GET", "HEAD") and not route.name.startswith("admin:")
    ]


def test_sec_20_every_unsafe_request_needs_the_csrf_token() -> None:
    made = cast.play()
    browser = client(made.users["ann"], enforce_csrf_checks=True, raise_request_exception=False)
    passed = []
    found = unsafe()
    assert len(found) > 5
    for method, route in found:
        path = walk.address(made, route, "ann")
        parsers = getattr(getattr(route.callback, "cls", None), "parser_classes", None)
        kind = {"content_type": parsers[0].media_type} if parsers else {}
        if kind.get("content_type") == "multipart/form-data":
            kind = {}
        response = getattr(browser, method.lower())(path, **kind)
        if response.status_code != 403:
            passed.append(f"{method} {path}: {response.status_code}")
    assert not passed, passed


def test_sec_20_a_foreign_origin_is_refused_even_with_the_token() -> None:
    person("bob", "analyst")
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/login/").content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    fields = {"username": "bob", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    assert browser.post("/login/", fields, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert browser.post("/login/", fields, HTTP_ORIGIN="http://testserver").status_code == 302
    assert browser.post("/logout/").status_code == 403


def test_sec_20_a_token_needs_no_csrf() -> None:
    from recweb.people.models import Token

    token = Token.make(person("bob", "analyst"), "x")
    api = Client(enforce_csrf_checks=True, headers={"Authorization": f"Token {token}"})
    assert api.post("/api/v1/jobs/999999/cancel/", {}, "application/json").status_code == 404


# --- SEC-25, SEC-01 ------------------------------------------------------------------------------


def test_sec_25_cookies_are_closed_to_scripts_and_other_sites() -> None:
    person("bob", "analyst")
    browser = Client()
    browser.post("/login/", {"username": "bob", "password": PASSWORD})
    session = browser.cookies["sessionid"]
    assert session["httponly"]
    assert (session["samesite"], session["path"]) == ("Lax", "/")
    assert browser.cookies["csrftoken"]["samesite"] == "Lax"


def under_https(program: str, **more: str) -> str:
    env = {**os.environ, "HTTPS": "1", "DJANGO_SETTINGS_MODULE": "recweb.settings", **more}
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # the browser tests set it, no installation does
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + program],
        cwd=source.ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_sec_25_over_https_cookies_are_secure_and_bound_to_the_host() -> None:
    found = under_https(
        "from django.conf import settings as s\n"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
        " s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 1e7, s.SECURE_SSL_REDIRECT)"
    )
    assert found.split() == ["__Host-sessionid", "__Host-csrftoken", *["True"] * 4]


def test_djangos_own_deployment_check_finds_nothing() -> None:
    under_https(
        "from django.core.management import call_command\n"
        "call_command('check', deploy=True, fail_level='WARNING')"
    )


def test_sec_01_a_cookie_signed_with_another_key_is_anonymous() -> None:
    from django.contrib.sessions.models import Session
    from django.core import signing

    bob = person("bob", "analyst")
    browser = client(bob)
    row = Session.objects.get()
    forged = signing.dumps(
        {"_auth_user_id": str(bob.pk)}, key="django-insecure-x", salt="x", compress=True
    )
    Session.objects.filter(pk=row.pk).update(session_data=forged)
    assert browser.get("/account/").status_code == 302
    assert not settings.SECRET_KEY.startswith("django-insecure")
    assert len(settings.SECRET_KEY) >= 50


# --- ABU-03 --------------------------------------------------------------------------------------

NEVER_WRITABLE = {
    "id",
    "pk",
    "owner",
    "user",
    "role",
    "groups",
    "is_staff",
    "is_superuser",
    "is_active",
    "state",
    "status",
    "attempt",
    "lease_until",
    "folder",
    "bundle",
    "stored",
    "artifact_path",
    "metrics",
    "verdict",
    "created",
    "created_at",
    "finished",
    "finalised",
    "published",
    "digest",
}


def test_abu_03_no_form_or_serializer_writes_what_is_not_the_clients() -> None:
    from django import forms
    from rest_framework import serializers

    walk.routes()  # loads all views and with them their forms and serializers
    wrong = []
    for kind in (*below(serializers.Serializer), *below(forms.BaseForm)):
        if not kind.__module__.startswith("recweb"):
            continue
        if issubclass(kind, serializers.Serializer):
            answers = getattr(kind, "answer_only", False)
            fields = {} if answers else kind().fields
            names = {name for name, field in fields.items() if not field.read_only}
        else:
            names = set(kind.base_fields)
        wrong += [f"{kind.__module__}.{kind.__name__}.{n}" for n in names & NEVER_WRITABLE]
    assert not wrong, wrong


def below(kind: type) -> list[type]:
    return [found for child in kind.__subclasses__() for found in (child, *below(child))]


def test_sec_32_a_javascript_address_is_never_a_link() -> None:
    ann = person("ann", "admin")
    User.objects.filter(pk=ann.pk).update(email="javascript:alert(1)@x.y", first_name="<b>x</b>")
    page = client(ann).get(f"/admin/people/user/{ann.pk}/change/").content.decode()
    assert 'href="javascript:' not in page
    assert "<b>x</b>" not in page
