"""The chart library comes from its wheel and nothing else of that wheel is served."""

from django.contrib.staticfiles import finders

from recweb.lib import plotlyjs
from recweb.lib.staticfiles import HashedStorage


def test_the_wheels_file_is_found() -> None:
    found = finders.find("vendor/plotly.min.js")
    assert found == str(plotlyjs.source())
    with open(str(found), encoding="utf-8") as file:
        assert "plotly.js v4." in file.read(300)


def test_nothing_else_of_the_wheel_is_served() -> None:
    finder = plotlyjs.PlotlyFinder()
    listed = [(storage.prefix, path) for path, storage in finder.list(None)]  # type: ignore[attr-defined]
    assert listed == [("vendor", "plotly.min.js")]
    for path in ("vendor/widgetbundle.js", "plotly.min.js", "../package_data/plotly.min.js"):
        assert finder.find(path) == []


def test_names_are_hashed_inside_modules_too() -> None:
    assert HashedStorage.support_js_module_import_aggregation is True
