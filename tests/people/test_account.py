"""/account/: looks, keys, tokens, password, sessions; each only one's own."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from recweb.people import keys
from recweb.people.models import Audit, Preference, SignIn, Token, User
from tests.cast import PASSWORD, client

pytestmark = pytest.mark.django_db
LOOKS = {"language": "zh-hans", "theme": "dark", "density": "compact", "time_zone": "Asia/Shanghai"}
NEW = "another long password"


def login(name: str) -> Client:
    browser = Client()
    assert browser.post("/login/", {"username": name, "password": PASSWORD}).status_code == 302
    return browser


def test_it_shows_all_parts(bob: User) -> None:
    page = login("bob").get("/account/").content.decode()
    for part in ("taste", "password", "keys", "tokens", "sessions"):
        assert f'id="{part}"' in page


def test_looks_are_saved_and_used(bob: User) -> None:
    browser = client(bob)
    assert browser.post("/account/preferences/", LOOKS).status_code == 302
    found = Preference.objects.get(user=bob)
    assert (found.language, found.theme, found.density) == ("zh-hans", "dark", "compact")
    page = browser.get("/account/").content.decode()
    assert 'lang="zh-CN"' in page
    assert 'data-bs-theme="dark"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("theme", "pink"), ("time_zone", "Mars/Base"), ("language", "xx"), ("density", "")],
)
def test_a_bad_choice_is_422_and_nothing_is_saved(field: str, value: str, bob: User) -> None:
    response = client(bob).post("/account/preferences/", LOOKS | {field: value})
    assert response.status_code == 422
    assert "error" in response.content.decode()
    assert Preference.objects.get(user=bob).theme == "auto"


def test_abu_03_other_fields_are_ignored(bob: User) -> None:
    extra = {"is_superuser": "1", "is_staff": "1", "role": "admin", "groups": "1", "user": "1"}
    client(bob).post("/account/preferences/", LOOKS | extra)
    found = User.objects.get(pk=bob.pk)
    assert (found.role, found.is_superuser, found.is_staff) == ("analyst", False, False)
    assert Preference.objects.get().user == bob


def number(usual: str) -> str:
    return f"key-{list(keys.ALL).index(usual)}"


def test_keys_can_be_moved_and_switched_off(bob: User) -> None:
    browser = client(bob)
    assert browser.post("/account/keys/", {number("/"): "q", "keys_on": "on"}).status_code == 302
    found = Preference.objects.get()
    assert (found.keys_on, found.keys) == (True, {"/": "q"})
    browser.post("/account/keys/", {})
    found = Preference.objects.get()
    assert (found.keys_on, found.keys) == (False, {})


@pytest.mark.parametrize("wish", ["?", "zz", "a b c", "\x07"])
def test_a_key_taken_twice_or_impossible_is_422(wish: str, bob: User) -> None:
    response = client(bob).post("/account/keys/", {number("/"): wish, "keys_on": "on"})
    assert response.status_code == 422
    assert Preference.objects.get().keys == {}


def test_two_keys_may_be_swapped(bob: User) -> None:
    client(bob).post("/account/keys/", {number("/"): "?", number("?"): "/", "keys_on": "on"})
    assert Preference.objects.get().keys == {"/": "?", "?": "/"}


def test_a_token_is_shown_once_and_works(bob: User) -> None:
    browser = client(bob)
    response = browser.post("/account/tokens/", {"name": "laptop"})
    assert response.status_code == 201
    token = response.context["new_token"]
    assert token in response.content.decode()
    assert token not in browser.get("/account/").content.decode()
    assert token not in str(Token.objects.values())
    api = Client(headers={"Authorization": f"Token {token}"})
    assert api.get("/api/v1/jobs/").status_code == 200
    assert Audit.objects.filter(action="token", user=bob, target="laptop").exists()


def test_a_token_needs_a_name(bob: User) -> None:
    assert client(bob).post("/account/tokens/", {"name": " "}).status_code == 422
    assert not Token.objects.exists()


def test_a_user_has_at_most_twenty_tokens(bob: User) -> None:
    for n in range(20):
        Token.make(bob, str(n))
    assert client(bob).post("/account/tokens/", {"name": "one more"}).status_code == 422
    assert bob.tokens.count() == 20


def test_a_revoked_token_is_dead_at_once(bob: User) -> None:
    token = Token.make(bob, "laptop")
    api = Client(headers={"Authorization": f"Token {token}"})
    assert api.get("/api/v1/jobs/").status_code == 200
    client(bob).post(f"/account/tokens/{bob.tokens.get().pk}/revoke/")
    assert api.get("/api/v1/jobs/").status_code == 401


def test_nobody_revokes_anothers_token(ann: User, bob: User) -> None:
    Token.make(ann, "hers")
    assert client(bob).post(f"/account/tokens/{ann.tokens.get().pk}/revoke/").status_code == 404
    assert ann.tokens.count() == 1


def change(browser: Client, old: str = PASSWORD, new: str = NEW) -> int:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return browser.post("/account/password/", fields).status_code


def test_abu_02_a_new_password_ends_the_other_sessions(bob: User) -> None:
    here, there = login("bob"), login("bob")
    assert change(here) == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert SignIn.objects.get().session_key == here.session.session_key
    assert Client().post("/login/", {"username": "bob", "password": NEW}).status_code == 302


@pytest.mark.parametrize(("old", "new"), [("wrong", NEW), (PASSWORD, "short"), (PASSWORD, "1" * 9)])
def test_a_bad_new_password_is_422(old: str, new: str, bob: User) -> None:
    browser = login("bob")
    assert change(browser, old, new) == 422
    assert User.objects.get().check_password(PASSWORD)


def test_sessions_are_listed_and_can_be_ended(bob: User) -> None:
    here, there = login("bob"), login("bob")
    rows = here.get("/account/").context["sessions"]
    assert len(rows) == 2
    other = SignIn.objects.exclude(session_key=here.session.session_key).get()
    assert here.post("/account/sessions/end/", {"session": other.pk}).status_code == 302
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200


def test_all_other_sessions_end_at_once(bob: User) -> None:
    here, others = login("bob"), [login("bob"), login("bob")]
    here.post("/account/sessions/end/")
    assert [browser.get("/account/").status_code for browser in others] == [302, 302]
    assert Session.objects.count() == 1


def test_nobody_ends_anothers_session(ann: User, bob: User) -> None:
    hers = login("ann")
    row = SignIn.objects.get(user=ann)
    assert login("bob").post("/account/sessions/end/", {"session": row.pk}).status_code == 404
    assert hers.get("/account/").status_code == 200


@pytest.mark.parametrize("given", ["x", "-1", "1" * 40, "1 OR 1=1"])
def test_a_bad_session_number_is_404(given: str, bob: User) -> None:
    assert login("bob").post("/account/sessions/end/", {"session": given}).status_code == 404
