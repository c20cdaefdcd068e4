"""/studies/ and /studies/<id>/: what is looked for, how far it is, and what it found."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from recweb.datasets.models import Dataset, Version
from recweb.experiments import words
from recweb.experiments.access import person
from recweb.experiments.orders import model_name
from recweb.jobs.models import Job
from recweb.lib import numbers
from recweb.lib.paging import page, query
from recweb.studies import access, claims, figures, objectives, orders, table
from recweb.studies.models import ENDED, Study, Trial, TrialState

FRONT = 50  # rows of the non-dominated list


@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    datasets = list(Dataset.objects.visible(person(request)).order_by("name"))
    slug = request.GET.get("dataset", "").replace("\x00", "")
    chosen = next((row for row in datasets if row.slug == slug), None)
    rows = Study.objects.visible(person(request)).counted()
    rows = rows.filter(dataset=chosen) if chosen else rows
    shown = page(request, rows.select_related("dataset", "version", "owner").order_by("-pk"))
    found = list(shown)
    jobs = Job.objects.in_bulk([row.job_id for row in found if row.job_id])
    ctx = {
        "page": shown,
        "rows": [_row(row, jobs.get(row.job_id or 0)) for row in found],
        "datasets": datasets,
        "dataset": chosen,
        "ready": Version.objects.filter(dataset__in=datasets).exists(),
        "here": query(request, page=None),
    }
    return render(request, "studies/studies.html", ctx)


def _row(study: Study, job: Job | None) -> dict[str, Any]:
    follow(study, job)
    return {
        "study": study,
        "job": job,
        "models": [model_name(model) for model in study.model_ids],
        "goals": [one.name for one in objectives.chosen(study.objectives)],
    }


def follow(study: Study, job: Job | None) -> None:
    """The row itself follows when its process has come up."""
    if job is not None and job.is_live and study.is_live:
        study.state = job.state


@require_GET
def study(request: HttpRequest, study_id: int) -> HttpResponse:
    found = access.find(request, study_id)
    job = orders.job_of(found)
    follow(found, job)
    rows = list(Trial.objects.filter(study=found).defer("steps", "error").order_by("number", "pk"))
    goals = objectives.chosen(found.objectives)
    best = objectives.best_of(rows, goals)
    sorted_rows, sort = table.ordered(
        Trial.objects.filter(study=found).select_related("experiment"), request.GET.get("sort", "")
    )
    listed = page(request, sorted_rows)
    ctx = {
        "study": found,
        "job": job,
        "goals": goals,
        "models": model_facts(found, rows),
        "n_ended": sum(row.state in ENDED for row in rows),
        "top": top_of(rows),
        "out_of_time": not found.is_live and claims.over_time(found, rows)
        and len(rows) < found.budget,
        "because": words.because(str(found.split_facts.get("because") or "")),
        "page": listed,
        "rows": [(row, row.pk in best, setting_words(row)) for row in listed],
        "heads": table.heads(request, sort),
        "front": front_rows(rows, goals, best),
        "here": query(request, page=None),
        **charts(request, found, rows, goals, best),
    }  # fmt: skip
    return render(request, "studies/study.html", ctx)


def charts(
    request: HttpRequest,
    found: Study,
    rows: list[Trial],
    goals: list[objectives.Objective],
    best: set[int],
) -> dict[str, Any]:
    top = top_of(rows)
    model = request.GET.get("lines", "")
    if model not in found.model_ids:
        model = top.model if top else found.model_ids[0]
    return {
        "best_chart": figures.best_so_far(found, rows),
        "importance_chart": figures.importance(found),
        "lines_chart": figures.lines(rows, model),
        "lines_of": model,
        "tradeoff_charts": figures.tradeoffs(rows, goals, best),
    }


def top_of(rows: list[Trial]) -> Trial | None:
    """The best by relevance; of equal ones the earlier."""
    done = [row for row in rows if row.state == TrialState.DONE and row.value is not None]
    return max(done, key=lambda row: (row.value or 0.0, -row.number, -row.pk), default=None)


def model_facts(found: Study, rows: list[Trial]) -> list[dict[str, Any]]:
    """One line a model: the same budget, what became of its trials, its best against its usual."""
    out = []
    for model in found.model_ids:
        mine = [row for row in rows if row.model == model]
        states = [row.state for row in mine]
        best = top_of(mine)
        out.append(
            {
                "id": model,
                "name": model_name(model),
                "done": states.count("done"),
                "pruned": states.count("pruned"),
                "failed": states.count("failed"),
                "best": best,
                "usual": next((row.value for row in mine if row.number == 0), None),
                "params": setting_words(best),
                "space": ranges(found, model),
                "seconds": sum(row.seconds or 0.0 for row in mine),
            }
        )
    return out


def setting_words(trial: Trial | None) -> list[tuple[str, str]]:
    return [(name, in_words(value)) for name, value in trial.params.items()] if trial else []


def ranges(found: Study, model: str) -> list[tuple[str, str]]:
    """Where the study looks, as the worker wrote it down when it began."""
    out = []
    for name, rule in (found.space.get(model) or {}).items():
        if "choices" in rule:
            span = ", ".join(rule["choices"])
        elif rule["type"] == "bool":
            span = f"{_('yes')}, {_('no')}"
        else:
            span = f"{in_words(rule['low'])} … {in_words(rule['high'])}"
        out.append((name, span))
    return out


def in_words(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return numbers.sig3(value) if isinstance(value, float) else str(value)


def front_rows(
    rows: list[Trial], goals: list[objectives.Objective], best: set[int]
) -> list[dict[str, Any]]:
    """Those that none dominates, the most relevant first; nothing with one objective."""
    if len(goals) < 2:
        return []
    kept = sorted((row for row in rows if row.pk in best), key=lambda row: -(row.value or 0.0))
    return [
        {
            "row": row,
            "name": model_name(row.model),
            "cells": objectives.values(row, goals),
            "params": setting_words(row),
        }
        for row in kept[:FRONT]
    ]
