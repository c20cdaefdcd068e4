"""The chart library's own script, straight from the wheel: always the version Python expects."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

NAME = "vendor/plotly.min.js"


def source() -> Path:
    return Path(str(files("plotly"))) / "package_data" / "plotly.min.js"


class _OneFile(FileSystemStorage):
    prefix = "vendor"


class PlotlyFinder(BaseFinder):
    """Finds that one file and nothing else of the wheel."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(source())] if path == NAME else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        yield "plotly.min.js", _OneFile(location=source().parent)
