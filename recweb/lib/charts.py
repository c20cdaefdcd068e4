"""Rows in, a figure out: {"figure": Plotly's data and layout, "caption", "table"}.

Plain dicts, so that no page loads plotly's Python. Colours, theme and language are the browser's
(static/js/charts.js); SVG traces only, since WebGL does not draw under our policy. All text goes
through escape.plain; the caption and the table are escaped by the template.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recweb.lib.curves import curves, frontier, lorenz, pareto, scatter, smooth
from recweb.lib.escape import plain
from recweb.lib.figure import Chart, Figure, axis, chart

__all__ = [
    "bars",
    "chart",
    "curves",
    "frontier",
    "histogram",
    "line",
    "lorenz",
    "pareto",
    "scatter",
    "smooth",
]


def bars(
    rows: Sequence[tuple[object, float]],
    caption: str,
    x: str,
    y: str,
    *,
    sideways: bool = False,
    errors: Sequence[tuple[float, float]] | None = None,
) -> Chart:
    """One bar a row of (name, value). sideways: names at the left, the first row on top.

    errors: (lo, hi) of each row, drawn as whiskers.
    """
    names, values = [plain(name) for name, _ in rows], [value for _, value in rows]
    along, across = ("x", "y") if sideways else ("y", "x")
    trace: Figure = {"type": "bar", along: values, across: names}
    if sideways:
        trace["orientation"] = "h"
    if errors:
        trace[f"error_{along}"] = {
            "type": "data",
            "symmetric": False,
            "array": [hi - value for value, (_, hi) in zip(values, errors, strict=True)],
            "arrayminus": [value - lo for value, (lo, _) in zip(values, errors, strict=True)],
        }
    # a category axis: names that look like numbers or dates stay names
    named = axis(y if sideways else x, type="category")
    if sideways:
        named["autorange"] = "reversed"
    counted = axis(x if sideways else y, rangemode="tozero")
    layout = {"yaxis" if sideways else "xaxis": named, "xaxis" if sideways else "yaxis": counted}
    header: list[object] = [y, x] if sideways else [x, y]
    table: list[list[object]] = [[str(name), value] for name, value in rows]
    if errors:
        header += ["lo", "hi"]
        table = [[*row, lo, hi] for row, (lo, hi) in zip(table, errors, strict=True)]
    return chart([trace], caption, header, table, showlegend=False, **layout)


def line(
    series: Mapping[str, Sequence[tuple[Any, float]]],
    caption: str,
    x: str,
    y: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    markers: bool = False,
) -> Chart:
    """Lines, one a series of (x, y). Different colour, dash and symbol: never colour alone."""
    data: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines+markers" if markers else "lines",
            "name": plain(name),
            "x": [at for at, _ in points],
            "y": [value for _, value in points],
            "meta": {"series": number},
        }
        for number, (name, points) in enumerate(series.items())
    ]
    table = [[name, at, value] for name, points in series.items() for at, value in points]
    return chart(
        data,
        caption,
        ["", x, y],
        table,
        showlegend=len(data) > 1,
        xaxis=axis(x, **({"type": "log"} if log_x else {})),
        yaxis=axis(y, **({"type": "log"} if log_y else _span(table))),
    )


def _span(table: Sequence[Sequence[Any]]) -> Figure:
    """Around a line that never moves Plotly draws one unit up and down, whatever the unit is."""
    seen = {row[2] for row in table if row[2] is not None}
    value = next(iter(seen)) if len(seen) == 1 else 0
    return {"range": [0, 2 * value]} if value > 0 else {}


def histogram(
    edges: Sequence[float],
    counts: Sequence[float],
    caption: str,
    x: str,
    y: str,
    *,
    log_y: bool = False,
) -> Chart:
    """Bars between edges (one edge more than counts). Counted on the server, from all rows."""
    if len(edges) != len(counts) + 1:
        raise ValueError(f"histogram: {len(edges)} edges for {len(counts)} counts")
    widths = [right - left for left, right in zip(edges, edges[1:], strict=False)]
    trace = {
        "type": "bar",
        "x": [left + width / 2 for left, width in zip(edges, widths, strict=False)],
        "y": list(counts),
        "width": widths,
    }
    table = [
        [left, right, count] for left, right, count in zip(edges, edges[1:], counts, strict=False)
    ]
    return chart(
        [trace],
        caption,
        ["≥", "<", y],
        table,
        showlegend=False,
        bargap=0,
        xaxis=axis(x),
        yaxis=axis(y, **({"type": "log"} if log_y else {"rangemode": "tozero"})),
    )
