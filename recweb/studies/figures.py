"""Pictures of a study: best so far, what mattered, every trial's line, and the trade-off."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from recweb.experiments import parallel, words
from recweb.experiments.orders import model_name
from recweb.lib import charts
from recweb.lib.escape import plain
from recweb.lib.figure import Chart, Figure, axis, chart
from recweb.studies.models import Study, Trial, TrialState
from recweb.studies.objectives import HEADLINE, Objective
from training import registry

LINES = 60  # of parallel coordinates: more is a grey cloud
SHOWN = 5  # of them that stand out
BARS = 20


def best_so_far(study: Study, trials: Sequence[Trial]) -> Chart | None:
    """Of each model, over its own trials: where a line is flat, more trials brought nothing."""
    series: dict[str, list[tuple[int, float]]] = {}
    for model in study.model_ids:
        mine = sorted((row for row in trials if row.model == model), key=lambda row: row.number)
        top, points = float("-inf"), []
        for row in mine:
            if row.value is not None:
                top = max(top, row.value)
                points.append((row.place, top))
        if points:
            series[model_name(model)] = points
    if not series:
        return None
    caption = _("The best nDCG@10 on validation up to each trial. The first trial is the model's "
                "usual settings.")  # fmt: skip
    return charts.line(series, caption, _("Trial"), "nDCG@10", markers=True)


def importance(study: Study) -> Chart | None:
    """Of each model's settings, the most important first."""
    rows = [
        (f"{model_name(model)}: {name}", share)
        for model in study.model_ids
        for name, share in sorted((study.importances.get(model) or {}).items(), key=_downwards)
    ]
    if not rows:
        return None
    caption = _("What nDCG@10 varied by, among the trials of each model (fANOVA): shares of one "
                "model add up to 1. Few trials make it rough.")  # fmt: skip
    return charts.bars(rows[:BARS], caption, _("Share"), _("Setting"), sideways=True)


def _downwards(pair: tuple[str, float]) -> float:
    return -pair[1]


def lines(trials: Sequence[Trial], model: str) -> Chart | None:
    """The best trials of a model, each a line through its settings and figures."""
    done = [row for row in trials if row.model == model and row.state == TrialState.DONE]
    shown = sorted(done, key=lambda row: (-(row.value or 0.0), row.number))[:LINES]
    if len(shown) < 2:
        return None
    caption = _("Each line is a trial of %(model)s; each axis goes from its lowest value to its "
                "highest.") % {"model": model_name(model)}  # fmt: skip
    if len(shown) > SHOWN:
        caption += " " + _("The best %(n)d stand out.") % {"n": SHOWN}
    if len(done) > len(shown):
        facts = {"n": len(shown), "all": len(done)}
        caption += " " + _("Drawn are the best %(n)d of %(all)d.") % facts
    named = [(at, _("trial %(n)d") % {"n": row.place}) for at, row in enumerate(shown)]
    return parallel.drawing(named, _axes(shown, model), caption, faint=SHOWN)


def _axes(shown: Sequence[Trial], model: str) -> list[parallel.Axis]:
    rules = registry.model_spec(model)["params"]
    axes = []
    for name in list(shown[0].params)[: parallel.SETTINGS]:
        values = [row.params.get(name) for row in shown]
        if rules.get(name, {}).get("type") in ("int", "float"):
            axes.append(parallel.scaled(name, values, log=bool(rules[name].get("log"))))
        else:
            axes.append(parallel.named(name, [str(value) for value in values]))
    measured = [
        (name, [row.values.get(measure) for row in shown])
        for measure, name in (
            (HEADLINE, "nDCG@10 ↑"),
            ("ild@10", "ILD@10 ↑"),
            ("coverage@10", words.metric_name("coverage@10")),
        )
    ]
    measured.append((_("CPU s ↓"), [row.cpu_seconds for row in shown]))
    for name, values in measured:
        if any(value is not None for value in values):
            axes.append(parallel.scaled(name, values))
    return axes


def tradeoffs(trials: Sequence[Trial], goals: Sequence[Objective], best: set[int]) -> list[Chart]:
    """Relevance against each other objective; those that no trial dominates are joined."""
    return [
        found
        for goal in goals[1:]
        if (found := _tradeoff(trials, goals[0], goal, best)) is not None
    ]


def _tradeoff(
    trials: Sequence[Trial], first: Objective, other: Objective, best: set[int]
) -> Chart | None:
    rows = [
        (row, float(row.values[other.measure]), float(row.values[first.measure]))
        for row in trials
        if row.values.get(other.measure) is not None and row.values.get(first.measure) is not None
    ]
    if not rows:
        return None
    x, y = f"{other.name} {other.arrow}", f"{first.name} {first.arrow}"
    caption = _("Trials by %(a)s and %(b)s. Marked: those that no other trial beats in every "
                "objective at once.") % {"a": first.name, "b": other.name}  # fmt: skip
    kept = sorted((one for one in rows if one[0].pk in best), key=lambda one: one[1])
    rest = [one for one in rows if one[0].pk not in best]
    data = [_points(kept, _("non-dominated"), 0, 11), _points(rest, _("others"), 1, 6)]
    table = [[str(row), a, b, _("yes") if row.pk in best else _("no")] for row, a, b in rows]
    return chart(data, caption, ["", x, y, _("non-dominated")], table, showlegend=True,
                 hovermode="closest", xaxis=axis(x), yaxis=axis(y))  # fmt: skip


def _points(
    rows: Sequence[tuple[Trial, float, float]], name: str, series: int, size: int
) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(name),
        "x": [x for _row, x, _y in rows],
        "y": [y for _row, _x, y in rows],
        "text": [plain(f"{model_name(row.model)} {row.place}") for row, _x, _y in rows],
        "hovertemplate": "%{text}: %{x:.4g}, %{y:.4g}",
        "marker": {"size": size},
        "meta": {"series": series},
    }
