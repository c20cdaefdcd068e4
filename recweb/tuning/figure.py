"""The frontier as a picture: variety to the right, relevance upwards, other runs faint behind."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from recweb.lib.charts import chart, pareto
from recweb.lib.escape import plain
from recweb.lib.figure import Chart, axis
from recweb.tuning.models import Frontier

LABELLED = (0.0, 0.25, 0.5, 0.75, 1.0)
OTHERS = 5


def tradeoff(row: Frontier, others: Sequence[Frontier], caption: str) -> Chart:
    x, y = _axes(row)
    k = row.points.get("k", row.k)
    data = [_faint(other, number) for number, other in enumerate(others[:OTHERS], 1)]
    data = [trace for trace in data if trace["x"]]
    data += [_intervals(x, y), _pareto(x["mean"], y["mean"]), _points(row, x, y)]
    if row.points.get("knee") is not None and x["mean"] and y["mean"]:
        data.append(_knee(row, x, y))
    names = [_("Diversity"), f"ILD@{k}", "95 %", f"nDCG@{k}", "95 %"]
    return chart(
        data,
        caption,
        names,
        _table(row, x, y),
        xaxis=axis(f"ILD@{k} →"),
        yaxis=axis(f"nDCG@{k} ↑", rangemode="normal"),
        hovermode="closest",
        showlegend=False,
        margin={"l": 64, "r": 14, "t": 10, "b": 48},
    )


def _axes(row: Frontier) -> tuple[dict[str, Any], dict[str, Any]]:
    k, metrics = row.points.get("k", row.k), row.points.get("metrics", {})
    empty: dict[str, Any] = {"mean": [], "lo": [], "hi": []}
    return metrics.get(f"ild@{k}", empty), metrics.get(f"ndcg@{k}", empty)


def _faint(row: Frontier, series: int) -> dict[str, Any]:
    x, y = _axes(row)
    return {
        "type": "scatter",
        "mode": "lines+text",
        "name": plain(row.experiment),
        "text": [plain(row.experiment)] + [""] * max(0, len(x["mean"]) - 1),
        "textposition": "bottom right",
        "cliponaxis": False,
        "x": x["mean"],
        "y": y["mean"],
        "opacity": 0.55,
        "line": {"width": 1.5},
        "hoverinfo": "name",
        "meta": {"series": series},
    }


def _pareto(x: Sequence[float], y: Sequence[float]) -> dict[str, Any]:
    kept = pareto(list(zip(x, y, strict=True)))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(_("none is better in both")),
        "x": [x[at] for at in kept],
        "y": [y[at] for at in kept],
        "hoverinfo": "skip",
        "showlegend": False,
        "meta": {"series": 0},
        "line": {"width": 2.5},
    }


def _points(row: Frontier, x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    weights = row.points.get("weights", [])
    labels = [f"{weight:g}" if round(weight, 2) in LABELLED else "" for weight in weights]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": plain(row.experiment),
        "x": x["mean"],
        "y": y["mean"],
        "text": labels,
        "textposition": "top right",
        "cliponaxis": False,
        "customdata": weights,
        "hovertemplate": plain(_("diversity")) + " %{customdata:.2f}<br>ILD %{x:.3f}"
        "<br>nDCG %{y:.4f}<extra></extra>",
        "marker": {"size": 8},
        "meta": {"series": 0},
    }


def _intervals(x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """95 % bars as a trace of their own, faint: they must not outshine the points."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x["mean"],
        "y": y["mean"],
        "error_x": _bars(x),
        "error_y": _bars(y),
        "opacity": 0.35,
        "marker": {"size": 1},
        "hoverinfo": "skip",
        "showlegend": False,
        "meta": {"series": 0},
    }


def _bars(values: dict[str, Any]) -> dict[str, Any]:
    if "lo" not in values:
        return {"visible": False}
    mean = values["mean"]
    return {
        "type": "data",
        "symmetric": False,
        "array": [_gap(hi, m) for hi, m in zip(values["hi"], mean, strict=True)],
        "arrayminus": [_gap(m, lo) for lo, m in zip(values["lo"], mean, strict=True)],
        "thickness": 1,
        "width": 0,
    }


def _gap(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else high - low


def _knee(row: Frontier, x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    at = _nearest(row.points["weights"], row.points["knee"])
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(_("suggested")),
        "x": [x["mean"][at]],
        "y": [y["mean"][at]],
        "marker": {"symbol": "star", "size": 15},
        "customdata": [row.points["weights"][at]],
        "hoverinfo": "name",
        "meta": {"series": 1},
    }


def _nearest(weights: Sequence[float], weight: float) -> int:
    return min(range(len(weights)), key=lambda at: abs(weights[at] - weight))


def _table(row: Frontier, x: dict[str, Any], y: dict[str, Any]) -> list[list[object]]:
    return [
        [f"{weight:.2f}", x["mean"][at], _range(x, at), y["mean"][at], _range(y, at)]
        for at, weight in enumerate(row.points.get("weights", []))
        if at < len(x["mean"]) and at < len(y["mean"])
    ]


def _range(values: dict[str, Any], at: int) -> str:
    if "lo" not in values or values["lo"][at] is None:
        return "–"
    return f"{values['lo'][at]:.3f}…{values['hi'][at]:.3f}"
