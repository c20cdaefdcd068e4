"""/experiments/compare/: runs beside each other, and which differences are more than noise."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from recweb.datasets.explore import some
from recweb.experiments import access, comparison, figures, forms, orders, parallel, table, words
from recweb.experiments.access import person
from recweb.experiments.models import Experiment
from recweb.experiments.views import COMPARED, how_many
from recweb.jobs.models import Job, State
from recweb.jobs.orders import Quota
from recweb.jobs.run import Failure
from recweb.lib.csvfile import csv_response
from recweb.lib.paging import query

SHOWN = (*comparison.PAIRED, "coverage@10", "gini@10")
Cell = dict[str, Any]


@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponseBase:
    """GET shows; POST orders the differences when there are many users."""
    ids = list(dict.fromkeys(access.numbers(request.GET.getlist("ids"))))
    if not COMPARED[0] <= len(ids) <= COMPARED[1]:
        ctx = {"words": how_many(len(ids))}
        return render(request, "experiments/compare_refused.html", ctx, status=422)
    runs = access.find_all(request, ids)
    base = baseline(runs, request.GET.get("base", ""))
    others = comparison.pairable(base, runs)
    if request.method == "POST":
        try:
            comparison.order(base, others, person(request))
        except Quota as quota:
            messages.error(request, quota.message)
        return redirect(request.get_full_path())
    try:
        gaps, wrong = comparison.found(base, others), ""
    except Failure as failure:
        gaps, wrong = {}, str(failure)
    if request.GET.get("format") == "csv":
        return as_csv(runs, base, gaps or {})
    return render(request, "experiments/compare.html", _ctx(request, runs, base, gaps, wrong))


def _ctx(
    request: HttpRequest,
    runs: list[Experiment],
    base: Experiment,
    gaps: dict[str, Any] | None,
    wrong: str,
) -> dict[str, Any]:
    every = request.GET.get("all") == "1"
    others = comparison.pairable(base, runs)
    x, y = axis(request, "x", "ild@10"), axis(request, "y", "ndcg@10")
    waiting = gaps is None
    return {
        "runs": runs,
        "base": base,
        "heads": heads(runs, base, others),
        "rows": rows(runs, base, gaps or {}, [base, *others]),
        "settings": settings(runs, every),
        "all": every,
        "apart": [run for run in runs if run.pk != base.pk and run not in others],
        "why_apart": why_apart(base, runs),
        "n_tests": sum(len(found["metrics"]) for found in (gaps or {}).values()),
        "wrong": wrong,
        "waiting": waiting,
        "job": job_of(base, others) if waiting else None,
        "scatter": figures.scatter(runs, x, y, [base, *others]),
        "x": x,
        "y": y,
        "metrics": [(key, words.metric_name(key)) for key in table.measures()],
        "segment_chart": figures.segment_bars(runs),
        "parallel": parallel.coordinates(runs),
        "some_people": some(base.dataset, "users") if one_dataset(runs) else [],
        "ids": ",".join(str(run.pk) for run in runs),
        "link_all": query(request, all=None if every else 1),
        "link_csv": query(request, format="csv"),
    }


def baseline(runs: list[Experiment], asked: str) -> Experiment:
    """The one asked for, else the pinned one, else popularity, else the first; one without
    figures only when it is asked for, or none has any."""
    for fits in (
        lambda run: str(run.pk) == asked,
        lambda run: run.is_baseline and run.measured,
        lambda run: run.model == "pop" and run.measured,
        lambda run: run.measured,
    ):
        if found := next((run for run in runs if fits(run)), None):
            return found
    return runs[0]


def axis(request: HttpRequest, name: str, usual: str) -> str:
    asked = request.GET.get(name, usual)
    return asked if asked in table.measures() else usual


def one_dataset(runs: list[Experiment]) -> bool:
    return len({run.dataset_id for run in runs}) == 1


def heads(runs: list[Experiment], base: Experiment, others: list[Experiment]) -> list[Cell]:
    return [
        {
            "run": run,
            "model": orders.model_name(run.model),
            "is_base": run.pk == base.pk,
            "paired": run in others,
        }
        for run in runs
    ]


def rows(
    runs: list[Experiment], base: Experiment, gaps: dict[str, Any], fair: list[Experiment]
) -> list[Cell]:
    """Metric by metric; the star goes to the best of those that may be compared."""
    out = []
    for metric in SHOWN:
        means = {run.pk: run.mean(metric) for run in runs}
        if all(mean is None for mean in means.values()):
            continue
        best = best_of(metric, {run.pk: means[run.pk] for run in fair})
        cells = [
            _cell(metric, run, base, gaps.get(str(run.pk), {}), best=run.pk in best) for run in runs
        ]
        out.append(
            {
                "metric": metric,
                "id": words.metric_id(metric),
                "name": words.metric_name(metric),
                "arrow": words.arrow(metric),
                "help": words.metric_help(metric),
                "cells": cells,
            }
        )
    return out


def best_of(metric: str, means: dict[int, float | None]) -> set[int]:
    """All that are at the best value; nobody where no direction is better."""
    known = {pk: mean for pk, mean in means.items() if mean is not None}
    if not known or words.direction(metric) == "none" or len(known) < 2:
        return set()
    top = max(known.values()) if words.direction(metric) == "up" else min(known.values())
    return {pk for pk, mean in known.items() if mean == top}


def _cell(metric: str, run: Experiment, base: Experiment, gaps: Cell, *, best: bool) -> Cell:
    found = (run.metrics.get("validation") or {}).get(metric) or {}
    gap = (gaps.get("metrics") or {}).get(metric) if run.pk != base.pk else None
    return {
        "mean": found.get("mean"),
        "lo": found.get("lo"),
        "hi": found.get("hi"),
        "best": best,
        "gap": gap,
        "difference": words.gap(metric, gap["difference"]) if gap else "",
        "ends": words.gap_ends(metric, gap) if gap else "",
        "share": words.share(gap["difference"], base.mean(metric)) if gap else "",
        "code": (name := verdict_of(metric, gap)),
        "words": words.code_words(name),
        "p": words.p_value(gap["p_holm"]) if gap else "",
    }


def verdict_of(metric: str, gap: Cell | None) -> str:
    if gap is None:
        return ""
    if gap["code"] == "noise" or words.direction(metric) == "none":
        return "noise" if gap["code"] == "noise" else "differs"
    return "better" if (gap["code"] == "up") == (words.direction(metric) == "up") else "worse"


def why_apart(base: Experiment, runs: list[Experiment]) -> list[str]:
    """Each reason why a run cannot be paired with the baseline."""
    if not comparison.ready(base):  # then that is the reason, whatever else differs
        return [no_figures(run) for run in runs if not comparison.ready(run)]
    out = []
    mine = comparison.group(base)
    reasons = (
        _("%(run)s stands on other data or another version."),
        _("%(run)s has another split."),
        _("%(run)s drew its split with another seed."),
        _("%(run)s has other event rules."),
        _("%(run)s leaves labelled pairs out: its own page compares it with its parent."),
    )
    for run in runs:
        if run.pk == base.pk:
            continue
        if not comparison.ready(run):
            out.append(no_figures(run))
            continue
        theirs = comparison.group(run)
        different = [words_ for words_, a, b in zip(reasons, mine, theirs, strict=True) if a != b]
        out += [words_ % {"run": run} for words_ in different]
    return out


def no_figures(run: Experiment) -> str:
    if run.state in (State.CANCELLED, State.FAILED):
        words = _("%(run)s has no figures (%(state)s): nothing can be held against it.")
        return words % {"run": run, "state": run.get_state_display()}
    return _("%(run)s has no figures yet.") % {"run": run}


def settings(runs: list[Experiment], every: bool) -> list[Cell]:
    """What was asked for, a row a setting; only those that differ unless all are wanted."""
    facts = [facts_of(run) for run in runs]
    names = list(dict.fromkeys(name for one in facts for name in one))
    out = []
    for name in names:
        values = [one.get(name) for one in facts]
        shown = [words.setting(value) for value in values]
        if every or len(set(shown)) > 1:
            out.append({"name": name, "values": shown, "differs": len(set(shown)) > 1})
    return out


def facts_of(run: Experiment) -> dict[str, Any]:
    return {
        _("model"): orders.model_name(run.model),
        _("data"): f"{run.dataset.slug}@v{run.version.number}",
        _("split"): run.split_facts.get("name") or run.split,
        _("seed"): run.seed,
        _("event rules"): _("; ").join(forms.rules_in_words(run.rules)),
        _("labels"): len(run.label_pairs) or None,
        **run.params,
    }


def job_of(base: Experiment, others: list[Experiment]) -> Job | None:
    """The newest job that was ordered for this very question."""
    name = comparison.key(base, others)
    rows = Job.objects.filter(kind=comparison.KIND, target_id=base.pk, params__key=name)
    return rows.select_related("owner").order_by("-pk").first()


def as_csv(runs: list[Experiment], base: Experiment, gaps: dict[str, Any]) -> HttpResponseBase:
    header = [
        "metric", "run", "name", "mean", "lo", "hi", "n", "baseline", "difference",
        "difference_lo", "difference_hi", "p", "p_holm", "pairs",
    ]  # fmt: skip
    lines = []
    for metric in table.measures():
        for run in runs:
            cell = (run.metrics.get("validation") or {}).get(metric)
            gap = gaps.get(str(run.pk), {}).get("metrics", {}).get(metric, {})
            if cell:
                lines.append(
                    [metric, run.pk, str(run), *(cell.get(k) for k in ("mean", "lo", "hi", "n")),
                     base.pk, *(gap.get(k) for k in ("difference", "lo", "hi", "p", "p_holm", "n"))]
                )  # fmt: skip
    return csv_response("-".join(["compare", *(str(run.pk) for run in runs)]), header, lines)
