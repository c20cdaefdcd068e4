"""Least role for each route of this app, by method."""

ROUTES: dict[str, dict[str, str]] = {
    "api-recommend": {"GET": "serving"},
}
