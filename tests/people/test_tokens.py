"""Authorization: Token ..., and what a token for one dataset may not do."""

import pytest
from django.test import Client

from recweb.people import accounts
from recweb.people.middleware import TokenMiddleware
from recweb.people.models import Token, User

pytestmark = pytest.mark.django_db
SERVE = "/api/v1/serve/"


def ask(header: str, path: str = "/api/v1/jobs/") -> int:
    return Client(headers={"Authorization": header}).get(path).status_code


def test_a_token_lets_its_user_in(bob: User) -> None:
    token = Token.make(bob, "x")
    assert ask(f"Token {token}") == 200
    assert bob.tokens.get().last_used is not None


def test_the_rows_of_a_token_are_those_of_the_database(bob: User) -> None:
    """They are read past Django's compiler: no field may come out otherwise."""
    found = TokenMiddleware.find(f"Token {Token.make(bob, 'x', dataset_id=7)}")
    assert found is not None
    for row, real in ((found, Token.objects.get()), (found.user, User.objects.get(pk=bob.pk))):
        fields = [
            field.attname for field in real._meta.concrete_fields if field.name != "last_used"
        ]
        assert [getattr(row, name) for name in fields] == [getattr(real, name) for name in fields]
    assert found.user.role == bob.role == "analyst"


@pytest.mark.parametrize(
    "header", ["Token", "Token x", "Token ", "Bearer {}", "Basic {}", "{}", "\x00"]
)
def test_anything_else_is_401(header: str, bob: User) -> None:
    assert ask(header.format(Token.make(bob, "x"))) == 401


def test_a_bad_token_does_not_fall_back_to_the_session(bob: User) -> None:
    browser = Client(headers={"Authorization": "Token wrong"})
    browser.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    response = browser.get("/api/v1/jobs/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response.json()["error"]["code"] == "not_logged_in"


def test_a_token_opens_no_pages(bob: User) -> None:
    assert ask(f"Token {Token.make(bob, 'x')}", "/account/") == 302


def test_an_inactive_users_token_is_dead(bob: User) -> None:
    token = Token.make(bob, "x")
    User.objects.update(is_active=False)
    assert ask(f"Token {token}") == 401


def test_a_serving_token_may_only_serve(bob: User) -> None:
    header = f"Token {Token.make(bob, 'x', dataset_id=1)}"
    refusal = Client(headers={"Authorization": header}).get("/api/v1/jobs/")
    assert refusal.status_code == 403
    assert "only ask for recommendations" in refusal.json()["error"]["message"]


def test_a_token_loses_what_its_user_loses(ann: User) -> None:
    token = Token.make(ann, "x")
    assert ask(f"Token {token}") == 200
    ann.groups.clear()
    assert ask(f"Token {token}") == 403


def test_only_the_digest_is_kept(bob: User) -> None:
    token = Token.make(bob, "x")
    row = bob.tokens.get()
    assert token not in str(row.__dict__)
    assert len(token) >= 40


def test_demo_users_get_one_token_each_and_old_ones_die() -> None:
    first = accounts.make_demo_users()
    second = accounts.make_demo_users()
    assert set(first) == {"admin", "analyst", "annotator"}
    assert User.objects.count() == 3
    assert ask(f"Token {first['admin']['token']}") == 401
    assert ask(f"Token {second['admin']['token']}") == 200
    assert first["admin"]["password"] != second["admin"]["password"]
    assert [User.objects.get(username=name).role for name in second] == list(second)


@pytest.mark.usefixtures("tiny_site")
def test_who_may_recommend(ann: User, bob: User, dan: User) -> None:
    """An analyst's or a serving token (api.md); an annotator's is refused."""
    statuses = {
        user.username: ask(f"Token {Token.make(user, 'x')}", SERVE) for user in (ann, bob, dan)
    }
    assert statuses == {"ann": 200, "bob": 200, "dan": 403}
    assert ask(f"Token {Token.make(bob, 'x', dataset_id=7)}", SERVE) == 200
    assert Client().get(SERVE).status_code == 401


@pytest.mark.usefixtures("tiny_site")
def test_a_serving_token_dies_with_its_makers_role(bob: User) -> None:
    token = Token.make(bob, "x", dataset_id=7)
    accounts.set_role(bob, "annotator")
    assert ask(f"Token {token}", SERVE) == 403
