"""Who did what: one row that nobody can change afterwards (a trigger refuses it)."""

from typing import Any

from django.http import HttpRequest

from recweb.lib import logs
from recweb.people.models import Audit, User


def record(who: HttpRequest | User | None, action: str, target: str = "", **detail: Any) -> Audit:
    user = who if isinstance(who, User) else getattr(who, "user", None)
    return Audit.objects.create(
        user=user if isinstance(user, User) and user.pk else None,
        action=action,
        target=str(target)[:200],
        detail=detail,
        request_id=logs.request_id.get(),
    )
