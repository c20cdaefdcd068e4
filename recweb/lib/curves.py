"""Charts of models and their trade-offs: Lorenz, scatter with Pareto line, frontier, training."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from recweb.lib.escape import plain
from recweb.lib.figure import Chart, Figure, axis, chart

MAX_SMOOTHING = 0.99


def lorenz(counts: Sequence[float], caption: str, x: str, y: str, *, points: int = 100) -> Chart:
    """Share of interactions (y) that the least popular share of items (x) gets, and the diagonal.

    The further below the diagonal, the more the popular items take.
    """
    ordered = sorted(float(count) for count in counts)
    total, n = sum(ordered), len(ordered)
    sums = [0.0]
    for count in ordered:
        sums.append(sums[-1] + count)
    steps = sorted({round(step * n / points) for step in range(points + 1)}) if n else [0]
    shares = [step / n if n else 0.0 for step in steps]
    held = [sums[step] / total if total else 0.0 for step in steps]
    data: list[Figure] = [
        {"type": "scatter", "mode": "lines", "name": plain(y), "x": shares, "y": held,
         "fill": "tozeroy"},
        {"type": "scatter", "mode": "lines", "name": plain(_("equal")), "x": [0, 1], "y": [0, 1],
         "hoverinfo": "skip", "line": {"width": 1}},
    ]  # fmt: skip
    rows = list(zip(shares, held, strict=True))
    percent = {"tickformat": ".0%", "range": [0, 1]}
    return chart(data, caption, [x, y], rows, xaxis=axis(x, **percent), yaxis=axis(y, **percent))


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points that no other beats in both, by rising x. Higher is better."""
    kept: list[int] = []
    best = float("-inf")
    for at in sorted(range(len(points)), key=lambda i: (-points[i][0], -points[i][1])):
        if points[at][1] > best:
            kept.append(at)
            best = points[at][1]
    return kept[::-1]


def scatter(
    rows: Sequence[tuple[object, float, float]],
    caption: str,
    x: str,
    y: str,
    *,
    front: bool = True,
) -> Chart:
    """A point a row of (name, x, y); front: a line through those that none beats in both."""
    data: list[Figure] = [
        {
            "type": "scatter",
            "mode": "markers+text" if len(rows) <= 12 else "markers",
            "text": [plain(name) for name, _x, _y in rows],
            "textposition": "top center",
            "hoverinfo": "text+x+y",
            "x": [row[1] for row in rows],
            "y": [row[2] for row in rows],
            "name": plain(_("runs")),
        }
    ]
    kept = pareto([(row[1], row[2]) for row in rows]) if front else []
    if len(kept) > 1:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": plain(_("best of both")),
                "x": [rows[at][1] for at in kept],
                "y": [rows[at][2] for at in kept],
                "hoverinfo": "skip",
            }
        )
    table = [[str(name), first, second] for name, first, second in rows]
    return chart(data, caption, ["", x, y], table, showlegend=False, xaxis=axis(x), yaxis=axis(y))


def _band(x: Sequence[float], lo: Sequence[float], hi: Sequence[float], series: int) -> Figure:
    """A closed ribbon: there along the upper end, back along the lower."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*hi, *reversed(lo)],
        "fill": "toself",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "meta": {"series": series},
    }


def frontier(
    weights: Sequence[float],
    metrics: Mapping[str, Mapping[str, Sequence[float]]],
    caption: str,
    x: str,
    *,
    marked: float | None = None,
) -> Chart:
    """Each metric over the diversity weight, with its band.

    metrics: name -> {"mean", "lo", "hi"}, one figure a weight; the first reads on the left axis,
    the others on the right. marked: a weight that gets a vertical line.
    """
    data: list[Figure] = []
    columns: list[Sequence[Any]] = [weights]
    header: list[object] = [x]
    for number, (name, found) in enumerate(metrics.items()):
        place = {"yaxis": "y2"} if number else {}
        ends = [end for end in ("lo", "hi") if end in found]
        if len(ends) == 2:
            data.append(_band(weights, found["lo"], found["hi"], number) | place)
        mean = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": plain(name),
            "x": list(weights),
            "y": list(found["mean"]),
            "meta": {"series": number},
        }
        data.append(mean | place)
        columns += [found["mean"], *(found[end] for end in ends)]
        header += [name, *(f"{name} {end}" for end in ends)]
    names = list(metrics)
    layout: Figure = {"xaxis": axis(x, range=[-0.02, 1.02]), "yaxis": axis(names[0])}
    if len(names) > 1:
        right = axis(", ".join(names[1:]), overlaying="y", side="right", showgrid=False)
        layout["yaxis2"] = right
    if marked is not None:
        upright: Figure = {"x0": marked, "x1": marked, "y0": 0, "y1": 1, "yref": "paper"}
        layout["shapes"] = [{"type": "line", "line": {"dash": "dot", "width": 2}, **upright}]
    return chart(data, caption, header, list(zip(*columns, strict=True)), **layout)


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Exponential moving average without the bias of its start. weight 0: raw; at most 0.99."""
    weight = min(max(weight, 0.0), MAX_SMOOTHING)
    kept, norm, out = 0.0, 0.0, []
    for value in values:
        kept = weight * kept + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        out.append(kept / norm)
    return out


def curves(
    series: Mapping[str, Sequence[tuple[float, float]]],
    caption: str,
    x: str,
    y: str,
    *,
    smoothing: float = 0.6,
    log_y: bool = False,
) -> Chart:
    """Training curves: the raw one stays visible, faint, behind the smoothed one."""
    data: list[Figure] = []
    for number, (name, points) in enumerate(series.items()):
        steps, values = [at for at, _v in points], [value for _at, value in points]
        raw: Figure = {"type": "scatter", "mode": "lines", "name": plain(name), "x": steps,
                       "y": values, "meta": {"series": number}}  # fmt: skip
        if smoothing > 0 and len(values) > 2:
            data.append(raw | {"opacity": 0.35, "showlegend": False, "line": {"width": 1}})
            raw = raw | {"y": smooth(values, smoothing)}
        data.append(raw)
    table = [[name, at, value] for name, points in series.items() for at, value in points]
    scale = {"type": "log"} if log_y else {}
    return chart(data, caption, ["", x, y], table, xaxis=axis(x), yaxis=axis(y, **scale))
