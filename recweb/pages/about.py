"""What runs here, where its data lies, and whose work it stands on."""

from importlib.metadata import PackageNotFoundError, metadata, version
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from recweb.runtime import home

PACKAGES = (
    "Django",
    "djangorestframework",
    "celery",
    "gunicorn",
    "psycopg2-binary",
    "polars",
    "numpy",
    "scipy",
    "implicit",
    "torch",
    "transformers",
    "plotly",
    "django-htmx",
)


class Software(NamedTuple):
    name: str
    version: str
    licence: str


VENDORED = (
    Software("Bootstrap (CSS)", "5.3.9", "MIT"),
    Software("Bootstrap Icons", "1.13.2", "MIT"),
    Software("plotly.js-locales", "3.7.0", "MIT"),
)


def licence(name: str) -> str:
    """As the package says it: the expression, else the classifier, else its first line."""
    facts = metadata(name)
    if facts.get("License-Expression"):
        return str(facts["License-Expression"])
    classes = facts.get_all("Classifier") or []
    named = [line.split(" :: ")[-1] for line in classes if line.startswith("License ::")]
    return named[-1] if named else (facts.get("License") or "").split("\n")[0][:60]


def installed() -> list[Software]:
    found = []
    for name in PACKAGES:
        try:
            found.append(Software(name, version(name), licence(name)))
        except PackageNotFoundError:
            continue
    return found


def about(request: HttpRequest) -> HttpResponse:
    context = {
        "version": settings.VERSION,
        "folder": home.home(),
        "embedded": settings.EMBEDDED,
        "software": [*installed(), *VENDORED],
    }
    return render(request, "pages/about.html", context)
