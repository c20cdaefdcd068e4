"""What runs here, where its data lies, and whose work it stands on."""

from importlib.metadata import PackageNotFoundError, metadata, version
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

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


LONGEST = 100  # characters: some packages put the whole text of several licences there


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
    """As the package says it: the expression or name, else the classifiers."""
    facts = metadata(name)
    for field in ("License-Expression", "License"):
        for text in facts.get_all(field) or []:
            if 0 < len(text) <= LONGEST:
                return str(text)
    named = [
        line.split(" :: ")[-1]
        for line in facts.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    return ", ".join(named) or _("see the package")


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
