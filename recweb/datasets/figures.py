"""The charts of the profile page, from the figures that a version keeps."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from recweb.datasets.models import Version
from recweb.lib import charts
from recweb.lib.figure import Chart, Figure, axis, chart
from recweb.lib.numbers import count, pct, sig3

Profile = dict[str, Any]


class Named(NamedTuple):
    id: str  # on the page
    title: str
    chart: Chart


def overview(version: Version) -> list[Named]:
    """The charts of the first tab; those without data are left out."""
    profile = version.profile
    made = {
        "long-tail": _long_tail(profile),
        "popularity": _doubling(
            profile["popularity"],
            _("Half of the items have at most %(n)s events.")
            % {"n": sig3(profile["counts"]["median_popularity"])},
            _("events of the item"),
            _("items"),
        ),
        "activity": _doubling(
            profile["activity"],
            _("Half of the users have at most %(n)s events.")
            % {"n": sig3(profile["counts"]["median_activity"])},
            _("events of the user"),
            _("users"),
        ),
        "time": _time(profile),
        "values": _values(profile),
        "topics": _topics(profile),
        "events": _events(profile),
    }
    titles = {
        "long-tail": _("Long tail"),
        "popularity": _("How popular the items are"),
        "activity": _("How active the users are"),
        "time": _("Events over time"),
        "values": _("Values"),
        "topics": _("Categories"),
        "events": _("Kinds of event"),
    }
    return [Named(name, titles[name], found) for name, found in made.items() if found is not None]


def _long_tail(profile: Profile) -> Chart | None:
    points = profile["lorenz"]
    if not points:
        return None
    # versions made before the figure was kept: the curve's next point
    tail = profile.get("tail", next((share for items, share in points if items >= 0.8), 1.0))
    caption = _("The less popular 80 %% of the items get %(tail)s of the events (Gini %(gini)s).")
    x, y = _("share of items, least popular first"), _("share of events")
    data: list[Figure] = [
        _trace(_("items"), [point[0] for point in points], [point[1] for point in points]),
        {**_trace(_("if all were equal"), [0, 1], [0, 1]), "line": {"dash": "dot"}},
    ]
    return chart(
        data,
        caption % {"tail": pct(tail), "gini": sig3(profile["gini"])},
        [x, y],
        points,
        showlegend=True,
        xaxis=axis(x, tickformat=".0%"),
        yaxis=axis(y, tickformat=".0%"),
    )


def _trace(name: str, x: Sequence[float], y: Sequence[float]) -> Figure:
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y}


def _doubling(bins: list[list[int]], caption: str, x: str, y: str) -> Chart | None:
    if not bins:
        return None
    rows = [(_between(count(low), count(high)), n) for low, high, n in bins]
    return charts.bars(rows, caption, x, y)


def _time(profile: Profile) -> Chart | None:
    bins = profile["time"]
    if len(bins) < 2:
        return None
    days = [day(at) for at, _n in bins]
    step = round((bins[1][0] - bins[0][0]) / 86400)
    if step == 1:
        caption = _("Events from %(first)s to %(last)s, day by day.")
    else:
        caption = _("Events from %(first)s to %(last)s, in steps of %(step)d days.")
    return charts.bars(
        list(zip(days, [n for _at, n in bins], strict=True)),
        caption % {"first": day(bins[0][0]), "last": day(profile["counts"]["last"]), "step": step},
        _("from"),
        _("events"),
    )


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} – {high}"


def _values(profile: Profile) -> Chart | None:
    bins = profile["values"]
    if not bins:
        return None
    rows = [(_between(sig3(low), sig3(high)), n) for low, high, n in bins]
    return charts.bars(rows, _("How the values are spread."), _("value"), _("events"))


def _topics(profile: Profile) -> Chart | None:
    if not profile["topics"]:
        return None
    rows = [(topic, n) for topic, _items, n in profile["topics"]]
    caption = _("Events by category; an item with two categories counts in both.")
    return charts.bars(rows, caption, _("events"), _("category"), sideways=True)


def _events(profile: Profile) -> Chart | None:
    if len(profile["events"]) < 2:
        return None
    rows = [(name, n) for name, n in profile["events"]]
    return charts.bars(rows, _("What happened how often."), _("events"), _("event"), sideways=True)


def by_month(months: Sequence[tuple[str, int]], caption: str) -> Chart | None:
    """Events of one item or user over time: (YYYY-MM, events)."""
    if not months:
        return None
    return charts.bars(list(months), caption, _("month"), _("events"))


def taste(shares: Sequence[tuple[str, float]], caption: str) -> Chart | None:
    """Share of a user's events by category."""
    if not shares:
        return None
    return charts.bars(list(shares), caption, _("share of events"), _("category"), sideways=True)


def day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
