"""Making users, giving roles, and links that let somebody in once."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from recweb.people import audit
from recweb.people.models import Idempotency, LoginLink, Role, SignIn, Token, User, digest

LINK_HOURS = 24


def sweep() -> int:
    """What is of no more use: dead sessions, their rows, spent links, old answers of POSTs."""
    Session.objects.filter(expire_date__lt=Now()).delete()
    alive = Session.objects.values("session_key")
    gone = SignIn.objects.exclude(session_key__in=alive).delete()[0]
    yesterday = timezone.now() - timedelta(days=1)
    gone += LoginLink.objects.filter(expires__lt=yesterday).delete()[0]
    return gone + Idempotency.objects.filter(at__lt=yesterday).delete()[0]


def group_of(role: str) -> Group:
    return Group.objects.get_or_create(name=Role(role).value.capitalize())[0]


def set_role(user: User, role: str, by: User | None = None) -> None:
    user.groups.set([group_of(role)])
    user.__dict__.pop("_role", None)
    audit.record(by, "role", user.username, role=role)


@transaction.atomic
def make_demo_users() -> dict[str, dict[str, str]]:
    """The three users of the demo, with new random passwords and tokens. Shown to nobody else."""
    made = {}
    for role in Role.values:
        user, _ = User.objects.get_or_create(username=role)
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.is_active = True
        user.save()
        set_role(user, role)
        user.tokens.filter(name="demo").delete()
        token = Token.make(user, "demo")
        made[role] = {"username": role, "password": password, "token": token}
    return made


def login_link(user: User, hours: float = LINK_HOURS) -> str:
    """A token for /?token=...: one use, at most a day."""
    token = secrets.token_urlsafe(32)
    lasts = timedelta(hours=min(hours, LINK_HOURS))
    LoginLink.objects.create(user=user, digest=digest(token), expires=timezone.now() + lasts)
    return token


def spend_link(token: str) -> User | None:
    """Whose link it is, once; None when it was used, ran out or never was."""
    fresh = LoginLink.objects.filter(digest=digest(token), used=None, expires__gt=Now())
    link = fresh.select_related("user").first()
    if link is None or not link.user.is_active:
        return None
    # one statement on this table alone: of two requests at once only one sees a changed row. With
    # a join the condition would stand in a subquery, which Postgres does not ask again after a wait
    return link.user if fresh.update(used=Now()) == 1 else None
