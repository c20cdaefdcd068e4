"""The login page and what it promises (ABU-01, ABU-02, SEC-02, SEC-04, SEC-14)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from recweb.people import accounts, hashing
from recweb.people.models import Audit, LoginLink, SignIn, User
from tests.cast import PASSWORD, client, person

pytestmark = pytest.mark.django_db
MARK = "<x-recweb>"


def send(
    browser: Client, name: str = "bob", password: str = PASSWORD, ip: str = "10.0.0.1", to: str = ""
) -> HttpResponse:
    fields = {"username": name, "password": password, "next": to}
    return browser.post("/login/", fields, REMOTE_ADDR=ip)  # type: ignore[return-value]


def test_it_shows_a_form_for_password_managers() -> None:
    response = Client().get("/login/")
    assert response.status_code == 200
    assert b'autocomplete="current-password"' in response.content
    assert b'autocomplete="username"' in response.content


def test_the_right_password_leads_home(bob: User) -> None:
    browser = Client()
    response = send(browser)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert browser.get("/account/").status_code == 200
    assert Audit.objects.get(action="login", user=bob).detail == {"how": "password"}


def test_the_wrong_password_is_401_and_the_form_again(bob: User) -> None:
    response = send(Client(), password="wrong")
    assert response.status_code == 401
    assert b'role="alert"' in response.content
    assert not Audit.objects.filter(action="login").exists()


def test_an_empty_form_is_422() -> None:
    assert Client().post("/login/", {"username": "", "password": ""}).status_code == 422


@pytest.mark.parametrize("password", ["admin", "password", "recweb", "demo", ""])
@pytest.mark.parametrize("name", ["admin", "analyst", "annotator", "root"])
def test_sec_02_no_account_has_a_default_password(name: str, password: str) -> None:
    for user in accounts.make_demo_users().values():
        assert len(user["password"]) >= 12
    assert send(Client(), name, password).status_code in (401, 422)


def test_sec_02_a_fresh_installation_has_no_account() -> None:
    assert not User.objects.exists()


def test_an_inactive_user_stays_outside(bob: User) -> None:
    browser = client(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert send(Client()).status_code == 401
    assert browser.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_never_leads_to_another_host(target: str, bob: User) -> None:
    assert send(Client(), to=target)["Location"] == "/"


def test_it_leads_back_to_where_one_wanted_to_go(bob: User) -> None:
    browser = Client()
    response = browser.get("/jobs/?state=failed")
    assert response["Location"] == "/login/?next=/jobs/%3Fstate%3Dfailed"
    assert send(browser, to="/jobs/?state=failed")["Location"] == "/jobs/?state=failed"


# --- ABU-02 --------------------------------------------------------------------------------------


def test_abu_02_the_session_key_changes_at_login(bob: User) -> None:
    browser = Client()
    session = browser.session
    session["planted"] = "by an attacker"
    session.save()
    planted = session.session_key
    browser.cookies["sessionid"] = planted or ""
    send(browser)
    assert browser.session.session_key != planted
    assert "planted" not in browser.session
    assert SignIn.objects.get(user=bob).session_key == browser.session.session_key


def test_abu_02_an_old_cookie_is_dead_after_logout(bob: User) -> None:
    browser, thief = Client(), Client()
    send(browser)
    thief.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert thief.get("/account/").status_code == 200
    assert browser.post("/logout/").status_code == 302
    assert thief.get("/account/").status_code == 302
    assert not SignIn.objects.filter(user=bob).exists()
    assert Audit.objects.filter(action="logout", user=bob).exists()


def test_abu_02_a_demoted_user_loses_rights_at_the_next_request(ann: User) -> None:
    browser = client(ann)
    assert browser.get("/admin/").status_code == 200
    accounts.set_role(ann, "annotator")
    assert browser.get("/admin/").status_code == 403


def test_logout_takes_only_post(bob: User) -> None:
    browser = client(bob)
    assert browser.get("/logout/").status_code == 405
    assert browser.get("/account/").status_code == 200


# --- ABU-01 --------------------------------------------------------------------------------------


def test_abu_01_ten_wrong_passwords_lock_a_user_whatever_the_address(bob: User) -> None:
    for n in range(9):
        assert send(Client(), password="x", ip=f"10.0.1.{n}").status_code == 401
    assert send(Client(), password="x", ip="10.0.1.99").status_code == 429
    right = send(Client(), ip="10.0.2.1")
    assert right.status_code == 429, "also the right password, from anywhere"
    assert "15" in right.content.decode()
    assert send(Client(), "nobody-else", "x", ip="10.0.2.1").status_code == 401


def test_abu_01_thirty_from_one_address_lock_the_address(bob: User) -> None:
    for n in range(29):
        assert send(Client(), f"user{n}", "x").status_code == 401
    assert send(Client(), "user29", "x").status_code == 429
    assert send(Client()).status_code == 429, "bob is locked out at this address"
    assert send(Client(), ip="10.9.9.9").status_code == 302, "and welcome at another"


def test_abu_01_the_door_opens_again_after_fifteen_minutes(bob: User) -> None:
    for _n in range(10):
        send(Client(), password="x")
    assert send(Client()).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert send(Client()).status_code == 302


def test_abu_01_an_own_account_does_not_reset_the_address(bob: User) -> None:
    """Logging in rightly between guesses must not allow guessing for ever."""
    statuses = []
    for n in range(40):
        statuses.append(send(Client(), f"victim{n}", "x").status_code)
        if n % 5 == 0:
            send(Client())
    assert statuses[-1] == 429


def test_abu_01_a_success_forgives_the_own_mistakes(bob: User) -> None:
    for _n in range(9):
        send(Client(), password="x")
    assert send(Client()).status_code == 302
    assert send(Client(), password="x").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_abu_01_at_most_two_hashes_at_a_time() -> None:
    person("bob", "analyst")

    def hold(_n: int) -> str:
        try:
            with hashing.slot():
                barrier.wait(timeout=20)
                return "hashed"
        except hashing.Busy:
            barrier.wait(timeout=20)
            return "busy"
        finally:
            connections.close_all()

    from threading import Barrier

    barrier = Barrier(5)
    with ThreadPoolExecutor(5) as pool:
        found = sorted(pool.map(hold, range(5)))
    assert found == ["busy", "busy", "busy", "hashed", "hashed"]
    assert send(Client()).status_code == 302, "the slots are free again"


@pytest.mark.django_db(transaction=True)
def test_abu_01_a_full_house_is_429_with_retry_after() -> None:
    person("bob", "analyst")
    others = [connection.copy(), connection.copy()]
    try:
        for number, other in enumerate(others):
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [hashing._ROOM, number])
        response = send(Client())
        assert response.status_code == 429
        assert response["Retry-After"] == "1"
        assert not AccessAttempt.objects.exists(), "nobody is blamed for it"
    finally:
        for other in others:
            with other.cursor() as cursor:  # a closed connection's locks go a moment later
                cursor.execute("SELECT pg_advisory_unlock_all()")
            other.close()
    assert send(Client()).status_code == 302


# --- links ---------------------------------------------------------------------------------------


def test_sec_02_a_login_link_works_once(bob: User) -> None:
    token = accounts.login_link(bob)
    browser = Client()
    response = browser.get("/", {"token": token})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert browser.get("/account/").status_code == 200
    again = Client().get("/", {"token": token})
    assert again.status_code == 410
    assert token not in again.content.decode()
    assert Audit.objects.get(action="login").detail == {"how": "link"}


def test_sec_02_a_login_link_lasts_at_most_a_day(bob: User) -> None:
    token = accounts.login_link(bob, hours=1000)
    link = LoginLink.objects.get()
    assert link.expires <= timezone.now() + timedelta(hours=24)
    LoginLink.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert Client().get("/", {"token": token}).status_code == 410


def test_a_link_is_kept_only_as_its_digest(bob: User) -> None:
    token = accounts.login_link(bob)
    assert token not in str(LoginLink.objects.values())


def test_a_link_for_an_inactive_user_opens_nothing(bob: User) -> None:
    token = accounts.login_link(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert Client().get("/", {"token": token}).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_gets_in_by_the_link() -> None:
    token = accounts.login_link(person("bob", "analyst"))

    def spend(_n: int) -> int:
        try:
            return Client().get("/", {"token": token}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(spend, range(20)))
    assert statuses == [302] + [410] * 19


# --- SEC-14 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["username", "password", "next", "token", "x"])
def test_sec_14_nothing_comes_back_unescaped(field: str) -> None:
    headers = {"Referer": MARK, "User-Agent": MARK, "Accept-Language": MARK, "Accept": MARK}
    data = {"username": "a", "password": "b", field: f'"{MARK}'}
    for response in (
        Client(headers=headers).get("/login/", data),
        Client(headers=headers).post("/login/", data),
        Client(headers=headers).get("/", data),
    ):
        assert MARK not in response.content.decode()


def test_a_nul_in_the_name_is_a_bad_form_not_a_crash() -> None:
    assert send(Client(), "a\0b").status_code == 422


def test_the_form_needs_its_csrf_token(bob: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert send(browser).status_code == 403
    page = browser.get("/login/").content.decode()
    found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    fields = {"username": "bob", "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
    assert browser.post("/login/", fields).status_code == 302
