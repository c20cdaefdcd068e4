"""Static files: those that a page of ours asks for are collected, and only when they changed."""

import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders


class Static(StaticFilesConfig):
    # compressing what no page loads would cost the first start its seconds; django_htmx's
    # extensions name modules that its wheel does not bring
    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "django_htmx/ext/*",
        "django_htmx/htm*-4*",
        "drf_spectacular_sidecar/redoc/*",
        "rest_framework/*",
    ]


def mark() -> str:
    """Changes whenever a source file does (path, size, time) or how they are stored."""
    seen = hashlib.sha256(repr((settings.STORAGES, Static.ignore_patterns)).encode())
    for finder in get_finders():
        for name, storage in finder.list(Static.ignore_patterns):
            facts = os.stat(storage.path(name))
            seen.update(f"{storage.path(name)}:{facts.st_size}:{facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def mark_file() -> Path:
    return Path(settings.STATIC_ROOT) / ".collected"


def collected() -> bool:
    file = mark_file()
    return file.exists() and file.read_text() == mark()
