"""ABU-12: append-only, by the database's clock, with the request's id; for admins' eyes."""

import pytest
from django.db import InternalError, transaction
from django.test import Client

from recweb.people import accounts, audit
from recweb.people.models import Audit, User
from tests.cast import PASSWORD, client

pytestmark = pytest.mark.django_db


def test_abu_12_a_login_leaves_a_row_with_the_request_id(bob: User) -> None:
    browser = Client(headers={"X-Request-ID": "abcd-1234"})
    browser.post("/login/", {"username": "bob", "password": PASSWORD})
    row = Audit.objects.get(action="login")
    assert (row.user, row.request_id) == (bob, "abcd-1234")
    assert row.at is not None


def test_abu_12_a_row_cannot_be_changed_or_removed(bob: User) -> None:
    row = audit.record(bob, "upload", "x.csv", rows=3)
    for act in (
        lambda: Audit.objects.filter(pk=row.pk).update(action="nothing"),
        lambda: Audit.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(InternalError, match="append-only"), transaction.atomic():
            act()
    assert Audit.objects.get(pk=row.pk).action == "upload"


def test_abu_12_a_role_change_in_the_admin_is_recorded(ann: User, dan: User) -> None:
    group = accounts.group_of("analyst")
    fields = {"username": "dan", "groups": [group.pk], "is_active": "on"}
    response = client(ann).post(f"/admin/people/user/{dan.pk}/change/", fields)
    assert response.status_code == 302, response.context["errors"]
    row = Audit.objects.filter(action="role", target="dan").latest("pk")
    assert row.user == ann
    assert row.detail == {"before": ["Annotator"], "after": ["Analyst"]}
    assert User.objects.get(pk=dan.pk).role == "analyst"


def test_abu_12_only_admins_read_it_and_nobody_writes_it(ann: User, dan: User) -> None:
    row = audit.record(dan, "upload")
    assert client(dan).get("/admin/people/audit/").status_code == 403
    assert client(ann).get("/admin/people/audit/").status_code == 200
    assert client(ann).get(f"/admin/people/audit/{row.pk}/change/").status_code == 200
    assert (
        client(ann).post(f"/admin/people/audit/{row.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    assert client(ann).get("/admin/people/audit/add/").status_code == 403


def test_the_admin_makes_a_user_with_a_role(ann: User) -> None:
    fields = {
        "username": "gil",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
        "groups": [accounts.group_of("annotator").pk],
    }
    assert client(ann).post("/admin/people/user/add/", fields).status_code == 302
    assert User.objects.get(username="gil").role == "annotator"
    assert Audit.objects.filter(action="user added", target="gil").exists()


@pytest.mark.parametrize("page", ["user", "token", "audit", "preference"])
def test_the_admin_pages_open(page: str, ann: User) -> None:
    assert client(ann).get(f"/admin/people/{page}/").status_code == 200
    assert client(ann).get(f"/admin/people/user/{ann.pk}/change/").status_code == 200
