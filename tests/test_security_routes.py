"""SEC-05: each route x method x actor answers as the table in the repository says."""

import re
from collections import Counter
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from recweb.access import ROUTES
from tests import cast, walk
from tests.cast import CANARY, Play
from tests.walk import Route

pytestmark = pytest.mark.django_db
APPS = (
    "people",
    "runtime",
    "jobs",
    "datasets",
    "experiments",
    "studies",
    "tuning",
    "labeling",
    "serving",
    "pages",
)
RANK = {"": 0, "annotator": 1, "analyst": 2, "admin": 3}
ACTORS = {
    "anonymous": "",
    "serving": "",
    "ann": "admin",
    "bob": "analyst",
    "cat": "analyst",
    "dan": "annotator",
    "eva": "annotator",
}
STRANGERS = ("cat", "eva")
# rows that belong to one person rather than to a dataset, so nobody else is let in
PERSONAL = {"account-token-revoke"}
# an annotator sees the jobs of the own datasets, and stops only those that are the own
OWNERS = {"job-cancel", "job-retry"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def may(actor: str, least: str, route: Route) -> bool:
    """The rule of api.md, written a second time on purpose."""
    if actor == "serving" and route.is_api:
        return least == "serving"
    if least == "anonymous":
        return True
    need = {"serving": "analyst"}.get(least, least)
    return RANK[ACTORS[actor]] >= RANK[need]


def expected(route: Route, method: str, actor: str) -> str:
    row = ROUTES[route.key]
    least = row.get("GET" if method == "HEAD" else method)
    if least is None:
        return "405"
    if not may(actor, least, route):
        if actor == "anonymous" or (actor == "serving" and not route.is_api):
            return "401" if route.is_api else "login"
        return "403"
    if route.params and not route.key.endswith(":*") and actor in STRANGERS:
        return "404" if route.name not in PERSONAL else "ok"
    if route.name.removeprefix("api-") in OWNERS and ACTORS[actor] == "annotator":
        return "403"
    return "ok"


def body_for(route: Route, method: str) -> dict[str, Any]:
    """An empty body of the kind that the route reads."""
    parsers = getattr(getattr(route.callback, "cls", None), "parser_classes", None)
    if method in ("GET", "HEAD") or not parsers:
        return {}
    kind = parsers[0].media_type
    return {} if kind == "multipart/form-data" else {"data": {}, "content_type": kind}


def seen(response: HttpResponse) -> str:
    status = response.status_code
    if status == 503 and response.wsgi_request.path == "/readyz":
        return "ok"  # its honest answer: no worker runs in this test
    if status in (301, 302) and response["Location"].startswith("/login/?next="):
        return "login"
    if status in (401, 403, 404, 405) or status >= 500:
        return str(status)
    return "ok"


class Sender:
    """Sends as one actor; whatever the request changed is rolled back."""

    def __init__(self, made: Play, actor: str) -> None:
        self.headers: dict[str, str] = {}
        self.body = ""
        self.cookies: dict[str, str] = {}
        if actor == "serving":
            self.headers = {"Authorization": f"Token {made.tokens['serving']}"}
        elif actor != "anonymous":
            known = cast.client(made.users[actor]).cookies
            self.cookies = {name: morsel.value for name, morsel in known.items()}
        # one for all requests: a new one would build all middleware again each time
        self.client = Client(headers=self.headers, raise_request_exception=False)

    def __call__(self, method: str, path: str, **more: Any) -> HttpResponse:
        self.client.cookies = SimpleCookie(self.cookies)  # as before any logout
        with transaction.atomic():
            response = getattr(self.client, method.lower())(path, **more)
            # a download is read to its end while its rows are there
            body = b"".join(response.streaming_content) if response.streaming else response.content
            self.body = body.decode(errors="replace")
            transaction.set_rollback(True)
        return response  # type: ignore[no-any-return]


def methods(route: Route, actor: str) -> list[str]:
    """All for two actors; for the others those of the row, and one that is not in it.

    What a method outside the row answers does not depend on who asks.
    """
    if actor in ("anonymous", "ann"):
        return list(METHODS)
    row = ROUTES[route.key]
    other = next(method for method in ("DELETE", "PUT", "PATCH", "POST") if method not in row)
    return [*row, other]


def path_of(made: Play, route: Route, actor: str) -> str | None:
    if "(?P" in route.pattern:
        return None  # the admin's own catch-all: checked below
    if route.name.startswith("admin:"):
        return re.sub(r"<[^>]+>", "1", route.pattern)
    return walk.address(made, route, actor if actor in made.users else "bob")


def test_every_route_has_a_name_and_a_row() -> None:
    routes = walk.routes()
    assert len(routes) > 20
    nameless = [
        route.pattern for route in routes if not route.name and "admin" not in route.pattern
    ]
    assert not nameless
    missing = {route.key for route in routes if route.name} - set(ROUTES)
    assert not missing, f"routes without a row in routes.py: {sorted(missing)}"


def test_every_row_has_a_route() -> None:
    stale = set(ROUTES) - {route.key for route in walk.routes()}
    assert not stale, f"rows without a route: {sorted(stale)}"


def test_no_route_has_two_rows() -> None:
    tables = [import_module(f"recweb.{app}.routes").ROUTES for app in APPS]
    twice = [
        name for name, n in Counter(name for table in tables for name in table).items() if n > 1
    ]
    assert not twice
    assert sum(map(len, tables)) == len(ROUTES)


def test_no_two_routes_share_a_name() -> None:
    names = Counter(route.name for route in walk.routes() if ":" not in route.name)
    assert not [name for name, n in names.items() if n > 1]


def test_every_row_names_known_methods_and_roles() -> None:
    roles = {"anonymous", "serving", "annotator", "analyst", "admin"}
    for name, row in ROUTES.items():
        assert row, name
        assert set(row) <= {"GET", "POST", "PUT", "PATCH", "DELETE"}, name
        assert set(row.values()) <= roles, name


def test_api_routes_start_with_api() -> None:
    for route in walk.routes():
        if route.pattern.startswith("/api/"):
            assert route.name.startswith("api-"), route.pattern


@pytest.mark.parametrize("actor", ACTORS)
def test_sec_05_each_route_answers_as_the_table_says(actor: str) -> None:
    made = cast.play()
    send = Sender(made, actor)
    wrong = []
    for route in walk.routes():
        path = path_of(made, route, actor)
        if path is None:
            continue
        for method in methods(route, actor):
            want = expected(route, method, actor)
            found = seen(send(method, path, **body_for(route, method)))
            if method == "HEAD" and found == "405":
                continue  # a view may take GET and no HEAD; never the other way round
            if want == "ok" and route.key.endswith(":*") and found in ("403", "404", "405"):
                continue  # Django's admin is stricter inside: read-only pages, rows not there
            if found != want:
                wrong.append(f"{method} {path} ({route.name}): {found}, the table says {want}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", STRANGERS)
def test_sec_05_lists_and_searches_show_strangers_nothing(actor: str) -> None:
    """No title, name, slug or file of a dataset in which the actor is no member."""
    made = cast.play()
    send = Sender(made, actor)
    leaks = []
    for route in walk.routes():
        if route.name.startswith("admin:") or "GET" not in ROUTES[route.key]:
            continue
        path = walk.address(made, route, actor)
        for query in ("", f"?search={CANARY}", f"?q={CANARY}", f"?dataset={made.dataset.slug}"):
            send("GET", path + query)
            # the query itself may come back in a search field
            text = send.body.replace(f"={CANARY}", "").replace(f'value="{CANARY}"', "")
            text = text.replace(f"={made.dataset.slug}", "").replace(path, "")
            if re.search(rf"{CANARY} (films|run|policy|queue|training|note|because|\d)", text):
                leaks.append(path + query)
    assert not leaks, leaks


def test_the_canary_is_there_for_members() -> None:
    """Without this the test above could pass because nobody ever sees anything."""
    made = cast.play()
    send = Sender(made, "bob")
    send("GET", "/api/v1/jobs/")
    assert f"{CANARY} training" in send.body


def test_a_route_without_a_row_is_refused(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    ann = cast.person("ann", "admin")
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/account/").status_code == 200
    monkeypatch.delitem(ROUTES, "account")
    assert client.get("/account/").status_code == 403


@pytest.mark.parametrize("actor", ["anonymous", "bob", "dan"])
def test_sec_32_the_admin_is_for_admins_only(actor: str) -> None:
    send = Sender(cast.play(), actor)
    for path in ("/admin/", "/admin/login/", "/admin/people/user/", "/admin/no/such/", "/admin/x"):
        assert seen(send("GET", path)) in ("login", "403"), path
        # forged inline and formset fields change nothing either
        forged = {"form-TOTAL_FORMS": "1", "form-0-id": "1", "form-0-is_superuser": "on"}
        assert seen(send("POST", path, data=forged)) in ("login", "403"), path


def test_an_unknown_address_is_404_in_the_right_shape(client: Client) -> None:
    assert client.get("/no-such-page/").status_code == 404
    answer = client.get("/api/v1/no-such/")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.json()["error"]["request_id"] == answer["X-Request-ID"]


@pytest.mark.parametrize(
    "path",
    ["signup", "register", "accounts/signup", "accounts/register", "user/signup", "setup",
     "api/v1/users/signup", "api/v1/register", "api/v1/setup", "invite", "accounts/password_reset"],
)  # fmt: skip
def test_sec_03_sec_04_there_is_no_sign_up_and_no_set_up(path: str, client: Client) -> None:
    for slash in ("", "/"):
        response = client.post(f"/{path}{slash}", {"username": "x", "password": "y" * 12})
        assert response.status_code == 404
