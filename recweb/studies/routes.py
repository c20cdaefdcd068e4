"""Least role for each route of this app, by method."""

ROUTES: dict[str, dict[str, str]] = {
    "studies": {"GET": "analyst"},
    "study-new": {"GET": "analyst", "POST": "analyst"},
    "study": {"GET": "analyst"},
    "study-pause": {"POST": "analyst"},
    "study-resume": {"POST": "analyst"},
    "study-train": {"POST": "analyst"},
    "api-studies": {"GET": "analyst", "POST": "analyst"},
    "api-study": {"GET": "analyst"},
    "api-study-trials": {"GET": "analyst"},
    "api-study-cancel": {"POST": "analyst"},
    "api-study-resume": {"POST": "analyst"},
    "api-study-train": {"POST": "analyst"},
}
