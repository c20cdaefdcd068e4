"""How the API's description says who may ask."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class RequestScheme(OpenApiAuthenticationExtension):  # type: ignore[misc, no-untyped-call]
    target_class = "recweb.people.authentication.RequestAuthentication"
    name = "Token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token <token>, or the session's cookie with its CSRF token.",
        }
