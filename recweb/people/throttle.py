"""Ten wrong passwords for a user, or thirty from an address, close the door for 15 minutes."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.db.models import Sum
from django.http import HttpRequest

PER_USER, PER_ADDRESS = 10, 30


class Handler(AxesDatabaseHandler):  # type: ignore[misc]  # axes is not typed
    """django-axes has one limit for all its counters; an office behind one address needs more."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        by_user, by_address = (
            attempts.aggregate(n=Sum("failures_since_start"))["n"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(by_user, by_address * PER_USER // PER_ADDRESS)

    def reset_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> int:
        """A right password forgives that user's failures, not all those of the address:
        else anyone with one account could go on guessing for ever."""
        username = (credentials or {}).get("username")
        return int(AccessAttempt.objects.filter(username=username).delete()[0])
