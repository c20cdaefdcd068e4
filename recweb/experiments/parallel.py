"""Parallel coordinates: one line a run through its settings and metrics, each axis from its lowest
value to its highest. Plain lines on axes of 0 to 1: the ready-made trace needs WebGL."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from recweb.experiments import table, words
from recweb.experiments.models import Experiment
from recweb.lib import numbers
from recweb.lib.escape import plain
from recweb.lib.figure import Chart, Figure, axis, chart
from training import registry

METRICS = ("ndcg@10", "recall@10", "ild@10", "coverage@10", "epc@10")
SETTINGS = 6  # axes for settings, at most: more cannot be read
FAINT = {"opacity": 0.25, "showlegend": False}
Values = list[Any]


@dataclass(frozen=True)
class Axis:
    """at: where each run stands, 0 (low) to 1 (high), None where it has no such value."""

    name: str
    values: Values
    at: list[float | None]
    ends: tuple[str, str]


def coordinates(runs: Sequence[Experiment]) -> Chart | None:
    """None when fewer than two runs have figures."""
    known = [run for run in runs if run.mean(words.HEADLINE) is not None]
    if len(known) < 2:
        return None
    axes = [*settings_of(known), *metrics_of(known)]
    left = max(0, len(differing(known)) - SETTINGS)
    caption = _("Each line is a run; each axis goes from its lowest value to its highest.")
    if left:
        caption += " " + _("%(n)d more settings differ; the table above has them.") % {"n": left}
    return drawing([(run.pk, str(run)) for run in known], axes, caption)


def drawing(
    lines: Sequence[tuple[int, str]], axes: Sequence[Axis], caption: str, faint: int | None = None
) -> Chart:
    """A line for each (series, name); from the place `faint` on they stay in the background."""
    rows = [
        [name, *(shown(one.values[at]) for one in axes)] for at, (_series, name) in enumerate(lines)
    ]
    drawn = [_line(lines[at], at, axes) for at in range(len(lines))]
    if faint is not None:
        drawn = [*(one | FAINT for one in drawn[faint:][::-1]), *drawn[:faint]]
    return chart(
        [*drawn, *_ends(axes)],
        caption,
        ["", *(one.name for one in axes)],
        rows,
        showlegend=True,
        hovermode="closest",
        xaxis=axis(
            "", tickvals=list(range(len(axes))), ticktext=[plain(one.name) for one in axes],
            range=[-0.35, len(axes) - 0.65], zeroline=False, tickangle=-30,
        ),
        yaxis=axis("", showticklabels=False, showgrid=False, zeroline=False, range=[-0.16, 1.16]),
    )  # fmt: skip


def differing(runs: Sequence[Experiment]) -> list[str]:
    """Settings that at least two runs have, in different values; the model first."""
    names = list(dict.fromkeys(name for run in runs for name in run.params))
    kept = []
    for name in names:
        values = [run.params[name] for run in runs if name in run.params]
        if len(values) > 1 and len({repr(value) for value in values}) > 1:
            kept.append(name)
    return kept


def settings_of(runs: Sequence[Experiment]) -> list[Axis]:
    out = []
    if len({run.model for run in runs}) > 1:
        out.append(named(_("model"), [run.model for run in runs]))
    for name in differing(runs)[:SETTINGS]:
        values = [run.params.get(name) for run in runs]
        if all(value is None or _number(value) for value in values):
            out.append(scaled(name, values, log=_is_log(runs, name)))
        else:
            out.append(
                named(name, [None if value is None else words.setting(value) for value in values])
            )
    return out


def metrics_of(runs: Sequence[Experiment]) -> list[Axis]:
    found = {metric: [run.mean(metric) for run in runs] for metric in METRICS}
    return [
        scaled(short(metric), values)
        for metric, values in found.items()
        if any(value is not None for value in values)
    ]


def short(metric: str) -> str:
    """As the head of the runs table has it: axes stand close."""
    one = table.column(metric)
    return f"{one.name} {one.arrow}".strip() if one else metric


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_log(runs: Sequence[Experiment], name: str) -> bool:
    specs = [registry.models().get(run.model, {"params": {}})["params"].get(name) for run in runs]
    return any(bool(spec and spec.get("log")) for spec in specs)


def scaled(name: str, values: Values, *, log: bool = False) -> Axis:
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    log = log and low > 0
    scale = math.log if log else float

    def place(value: Any) -> float | None:
        if value is None:
            return None
        return 0.5 if low == high else (scale(value) - scale(low)) / (scale(high) - scale(low))

    return Axis(name, values, [place(value) for value in values], (shown(low), shown(high)))


def named(name: str, values: Values) -> Axis:
    """Names stand at equal distances, in the order in which they come."""
    kinds = list(dict.fromkeys(value for value in values if value is not None))
    step = max(1, len(kinds) - 1)
    at = [None if value is None else kinds.index(value) / step for value in values]
    return Axis(name, values, at, (str(kinds[0]), str(kinds[-1]) if len(kinds) > 1 else ""))


def shown(value: Any) -> str:
    if value is None:
        return numbers.MISSING
    return numbers.sig3(value) if _number(value) else str(value)


def _line(line: tuple[int, str], at: int, axes: Sequence[Axis]) -> Figure:
    series, name = line
    said = [f"{one.name}: {shown(one.values[at])}" for one in axes]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plain(name),
        "x": list(range(len(axes))),
        "y": [one.at[at] for one in axes],
        "text": [plain(words_) for words_ in said],
        "hovertemplate": "%{text}",
        "connectgaps": False,
        "meta": {"series": series},
    }


def _ends(axes: Sequence[Axis]) -> list[Figure]:
    """What the lowest and the highest place of each axis mean, written at its ends."""
    places = list(range(len(axes)))
    return [
        {
            "type": "scatter",
            "mode": "text",
            "x": places,
            "y": [height] * len(axes),
            "text": [plain(one.ends[end]) for one in axes],
            "textposition": where,
            "hoverinfo": "skip",
            "showlegend": False,
            "cliponaxis": False,
            "meta": {"series": 0},
        }
        for end, height, where in ((0, -0.04, "bottom center"), (1, 1.04, "top center"))
    ]
