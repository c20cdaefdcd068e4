"""Least role for each route of this app, by method."""

ROUTES: dict[str, dict[str, str]] = {
    "home": {"GET": "annotator"},
    "home-cards": {"GET": "annotator"},
    "checklist": {"POST": "annotator"},
    "jobs-pill": {"GET": "annotator"},
    "demo": {"POST": "admin"},
    "search": {"GET": "annotator"},
    "help": {"GET": "annotator"},
    "help-models": {"GET": "annotator"},
    "about": {"GET": "annotator"},
    "set-language": {"POST": "anonymous"},
    "set-theme": {"POST": "anonymous"},
    "jsi18n": {"GET": "anonymous"},
    "api-schema": {"GET": "annotator"},
    "api-docs": {"GET": "annotator"},
}
