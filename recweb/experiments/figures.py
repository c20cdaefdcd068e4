"""The numbers of runs as rows and charts of a page."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recweb.experiments import words
from recweb.experiments.models import Experiment
from recweb.lib import charts, numbers
from recweb.lib.escape import plain
from recweb.lib.figure import Chart, Figure, axis, chart
from training import registry

KS = (5, 10, 20)
GROUPS = {
    "accuracy": gettext_lazy("Relevance"),
    "diversity": gettext_lazy("Diversity"),
    "novelty": gettext_lazy("Novelty"),
    "catalogue": gettext_lazy("Catalogue"),
}
SEGMENTS = {
    "new": gettext_lazy("new users"),
    "light": gettext_lazy("light users"),
    "heavy": gettext_lazy("heavy users"),
    "head": gettext_lazy("head items"),
    "tail": gettext_lazy("tail items"),
}
PATTERNS = ("", "/", "x", "-", "|", "+", ".")  # bars: never colour alone
Metrics = dict[str, dict[str, Any]]


def groups(run: Experiment) -> list[dict[str, Any]]:
    """Metrics by kind; each row has its three lengths, of validation and, opened, of test."""
    parts = [(part, run.metrics[part]) for part in ("validation", "test") if run.metrics.get(part)]
    out = []
    for part, metrics in parts:
        for group, name in GROUPS.items():
            rows = [_row(key, metrics) for key, spec in registry.metrics().items()
                    if spec["group"] == group]  # fmt: skip
            rows = [row for row in rows if row is not None]
            if rows:
                out.append({"part": part, "group": group, "name": name, "rows": rows})
    return out


def _row(key: str, metrics: Metrics) -> dict[str, Any] | None:
    cells = [metrics.get(f"{key}@{k}") for k in KS]
    if key in metrics:
        cells = [None, metrics[key], None]
    known = [cell for cell in cells if cell]
    if not known:
        return None
    spec = registry.metrics()[key]
    return {
        "id": key,
        "name": words.say(spec["name"]),
        "help": words.say(spec["help"]),
        "arrow": words.arrow(key),
        "direction": spec["direction"],
        "cells": cells,
        "n": known[0].get("n"),
    }


def gaps(run: Experiment) -> list[dict[str, Any]]:
    """The verdict metric by metric."""
    return [
        {
            "metric": metric,
            "name": words.metric_name(metric),
            "arrow": words.arrow(metric),
            "cell": cell,
            "share": words.share(cell.get("difference"), cell.get("baseline_mean")),
            "code": (found := words.code(metric, cell)),
            "words": words.code_words(found),
            "p": words.p_value(cell.get("p")),
        }
        for metric, cell in words.in_order((run.verdict or {}).get("metrics") or {}).items()
        if cell.get("difference") is not None
    ]


def segments(run: Experiment) -> list[dict[str, Any]]:
    """Kinds of users and items as the worker summed them up; empty for runs before that."""
    found = run.metrics.get("segments") or {}
    names = ("ndcg@10", "recall@10", "ild@10", "epc@10")
    return [
        {
            "id": key,
            "name": name,
            "rule": rule(key, found[key], found),
            "n": found[key].get("n"),
            "cells": [found[key].get("metrics", {}).get(metric) for metric in names],
        }
        for key, name in SEGMENTS.items()
        if key in found
    ]


def rule(key: str, facts: dict[str, Any], every: dict[str, Any]) -> str:
    """In words; ties on the bound make "heavy" less than the quarter that it aims at."""
    low, high = facts.get("low"), facts.get("high")
    if key == "new":
        return _("at most %(high)s training events") % {"high": high}
    if key == "light" and low == high:
        return _("%(low)s training events each") % {"low": low}
    if key == "light":
        return _("%(low)s to %(high)s training events") % {"low": low, "high": high}
    if key == "heavy":
        rest = sum(every[kind].get("n") or 0 for kind in ("light", "heavy") if kind in every)
        share = numbers.pct((facts.get("n") or 0) / rest if rest else None)
        words_ = _("from %(low)s training events on: the most active %(share)s of those not new")
        return words_ % {"low": low, "share": share}
    if key == "head":
        return _("the %(n)s items that hold 80 %% of the training events") % {"n": facts.get("n")}
    return _("the %(n)s other items") % {"n": facts.get("n")}


def segment_bars(runs: Sequence[Experiment], metric: str = "recall@10") -> Chart | None:
    """One bar a segment and run. Whiskers: 95 % intervals."""
    data: list[Figure] = []
    table: list[list[object]] = []
    for run in runs:
        found = run.metrics.get("segments") or {}
        rows = [
            (str(name), cell)
            for key, name in SEGMENTS.items()
            if (cell := (found.get(key) or {}).get("metrics", {}).get(metric))
            and cell.get("mean") is not None
        ]
        if rows:
            data.append(_bars(run, rows))
            table += [[str(run), name, c["mean"], c["lo"], c["hi"]] for name, c in rows]
    if not data:
        return None
    name = words.metric_name(metric)
    caption = _("%(metric)s by kind of user and item, with 95 %% intervals.") % {"metric": name}
    return chart(
        data, caption, ["", _("Segment"), name, "lo", "hi"], table, barmode="group",
        showlegend=len(data) > 1, xaxis=axis("", type="category"),
        yaxis=axis(name, rangemode="tozero"),
    )  # fmt: skip


def _bars(run: Experiment, rows: list[tuple[str, dict[str, Any]]]) -> Figure:
    means = [cell["mean"] for _name, cell in rows]
    ends = [(cell.get("lo"), cell.get("hi")) for _name, cell in rows]
    return {
        "type": "bar",
        "name": plain(run),
        "x": [plain(name) for name, _cell in rows],
        "y": means,
        "meta": {"series": run.pk},
        "marker": {"pattern": {"shape": PATTERNS[run.pk % len(PATTERNS)]}},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [0 if hi is None else hi - mean for (_lo, hi), mean in
                      zip(ends, means, strict=True)],
            "arrayminus": [0 if lo is None else mean - lo for (lo, _hi), mean in
                           zip(ends, means, strict=True)],
        },
    }  # fmt: skip


def scatter(
    runs: Sequence[Experiment], x: str, y: str, fair: Sequence[Experiment] | None = None
) -> Chart | None:
    """A point a run; colour and symbol come from the run's number, the same on every page. The
    line goes through `fair` ones only: those that were measured alike (all, when not given)."""
    points = [(run, run.mean(x), run.mean(y)) for run in runs]
    known = [(run, a, b) for run, a, b in points if a is not None and b is not None]
    if not known:
        return None
    signs = [-1 if words.direction(metric) == "down" else 1 for metric in (x, y)]
    data: list[Figure] = [_point(run, a, b) for run, a, b in known]
    alike = [point for point in known if fair is None or point[0] in fair]
    front = charts.pareto([(signs[0] * a, signs[1] * b) for _run, a, b in alike])
    if len(front) > 1:
        data.insert(0, _front([alike[at][1:] for at in front]))
    names = words.metric_name(x), words.metric_name(y)
    caption = _(
        "%(x)s and %(y)s of each run. The line joins the runs that no other beats in both."
    ) % {"x": names[0], "y": names[1]}
    table = [[str(run), a, b] for run, a, b in known]
    return chart(
        data, caption, ["", *names], table, showlegend=True,
        xaxis=axis(f"{names[0]} {words.arrow(x)}"), yaxis=axis(f"{names[1]} {words.arrow(y)}"),
    )  # fmt: skip


def _point(run: Experiment, a: float, b: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(run),
        "x": [a],
        "y": [b],
        "marker": {"size": 12},
        "meta": {"series": run.pk},
    }


def _front(points: list[tuple[float, float]]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(_("best of both")),
        "x": [a for a, _b in points],
        "y": [b for _a, b in points],
        "hoverinfo": "skip",
        "line": {"dash": "dot", "width": 1.5},
        "meta": {"series": 0},
    }
