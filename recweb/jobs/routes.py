"""Least role for each route of this app, by method."""

ROUTES: dict[str, dict[str, str]] = {
    "jobs": {"GET": "annotator"},
    "job": {"GET": "annotator"},
    "job-block": {"GET": "annotator"},
    "job-cancel": {"POST": "annotator"},
    "job-retry": {"POST": "annotator"},
    "job-log": {"GET": "annotator"},
    "api-jobs": {"GET": "annotator"},
    "api-job": {"GET": "annotator"},
    "api-job-cancel": {"POST": "annotator"},
    "api-job-retry": {"POST": "annotator"},
    "api-job-log": {"GET": "annotator"},
}
