"""DRF takes whom the middleware found; a session must bring its CSRF token along."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from recweb.people.models import Token, User


class RequestAuthentication(SessionAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Token | None] | None:
        found = request._request
        user: User | AnonymousUser = found.user  # type: ignore[assignment]
        token: Token | None = getattr(found, "token", None)
        if not isinstance(user, User):
            return None
        if token is None:
            self.enforce_csrf(found)  # type: ignore[arg-type]
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"
