"""Least role for each route of this app, by method; also of all of Django's admin."""

ROUTES: dict[str, dict[str, str]] = {
    "login": {"GET": "anonymous", "POST": "anonymous"},
    "logout": {"POST": "anonymous"},
    "account": {"GET": "annotator"},
    "account-preferences": {"POST": "annotator"},
    "account-keys": {"POST": "annotator"},
    "account-password": {"POST": "annotator"},
    "account-token": {"POST": "annotator"},
    "account-token-revoke": {"POST": "annotator"},
    "account-session-end": {"POST": "annotator"},
    "admin:*": {"GET": "admin", "POST": "admin"},
}
