"""The role comes from a group; createsuperuser counts as admin; nothing else gives rights."""

import io
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone

from recweb.people import accounts
from recweb.people.models import LoginLink, SignIn, User
from tests.cast import client

pytestmark = pytest.mark.django_db


def test_the_migration_makes_the_three_groups() -> None:
    Group.objects.all().delete()
    step = import_module("recweb.people.migrations.0002_roles").Migration.operations[0]
    step.code(apps, None)
    step.code(apps, None)  # again, over groups that somebody made by hand
    assert set(Group.objects.values_list("name", flat=True)) == {"Admin", "Analyst", "Annotator"}


@pytest.mark.parametrize(
    ("role", "may", "not_"),
    [
        ("admin", ("admin", "analyst", "annotator"), ()),
        ("analyst", ("analyst", "annotator"), ("admin",)),
        ("annotator", ("annotator",), ("admin", "analyst")),
    ],
)
def test_each_role_may_what_the_lower_ones_may(
    role: str, may: tuple[str, ...], not_: tuple[str, ...]
) -> None:
    from tests.cast import person

    user = person("x", role)
    assert all(user.may(other) for other in may)
    assert not any(user.may(other) for other in not_)


def test_a_user_without_a_group_may_nothing() -> None:
    user = User.objects.create_user("x", password="y")
    assert user.role == ""
    assert client(user).get("/account/").status_code == 403


def test_an_inactive_admin_may_nothing(ann: User) -> None:
    ann.is_active = False
    assert not ann.may("annotator")
    assert not ann.has_perm("people.change_user")


def test_createsuperuser_makes_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long enough password")
    call_command(
        "createsuperuser", username="root", email="", interactive=False, stdout=io.StringIO()
    )
    user = User.objects.get()
    assert (user.role, user.is_staff) == ("admin", True)
    assert client(user).get("/admin/people/user/").status_code == 200


def test_the_admin_role_has_djangos_permissions_and_no_other_role(ann: User, bob: User) -> None:
    assert ann.is_staff
    assert ann.has_perm("people.change_user")
    assert ann.has_module_perms("people")
    assert not bob.is_staff
    assert not bob.has_perm("people.change_user")
    bob.is_staff = True
    assert not bob.is_staff, "no flag beside the role"


def test_the_sweep_keeps_what_lives(bob: User) -> None:
    browser = client(bob)
    SignIn.objects.create(user=bob, session_key=browser.session.session_key or "", agent="a")
    SignIn.objects.create(user=bob, session_key="gone", agent="b")
    accounts.login_link(bob)
    accounts.login_link(bob)
    old = LoginLink.objects.earliest("pk")
    LoginLink.objects.filter(pk=old.pk).update(expires=timezone.now() - timedelta(days=2))
    assert accounts.sweep() == 2
    assert SignIn.objects.get().agent == "a"
    assert LoginLink.objects.count() == 1
    assert browser.get("/account/").status_code == 200
