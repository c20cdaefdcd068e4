"""/experiments/: the table of runs, and what its buttons do."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from recweb.datasets.models import Dataset
from recweb.experiments import access, estimates, orders, shelf, table
from recweb.experiments.access import person
from recweb.experiments.models import Experiment, Role
from recweb.jobs.models import LIVE, Job
from recweb.jobs.orders import Quota
from recweb.lib.paging import page, query
from recweb.people import audit
from recweb.people.models import Preference, User

STOP_POLLING = 286  # htmx's own status
COMPARED = (2, 12)  # fewest and most runs beside each other
BASELINES = ("pop", "itemknn", "ease", "ials")


@require_GET
def experiments(request: HttpRequest) -> HttpResponse:
    datasets = list(Dataset.objects.visible(person(request)).order_by("name"))
    chosen = next((row for row in datasets if row.slug == request.GET.get("dataset")), None)
    every = Experiment.objects.visible(person(request)).filter(role=Role.CANDIDATE)
    rows = every.filter(dataset=chosen) if chosen else every
    away = request.GET.get("away") == "1"
    rows = rows.exclude(archived=None) if away else rows.filter(archived=None)
    found = table.filtered(rows, request.GET.get("q", ""))
    columns = table.columns(shown_columns(request))
    sorted_rows, sort = table.ordered(found.rows, request.GET.get("sort", ""))
    heavy = sorted_rows.select_related("dataset", "version", "owner").defer("label_pairs")
    shown = page(request, heavy)
    ctx = {
        "page": shown,
        "rows": made_rows(list(shown), columns),
        "columns": columns,
        "offered": table.offered(),
        "chosen": {column.key for column in columns},
        "heads": heads(request, columns, sort),
        "most": table.MOST,
        "datasets": datasets,
        "dataset": chosen,
        "away": away,
        "text": request.GET.get("q", ""),
        "wrong": found.wrong,
        "here": query(request, page=None),
        "row_query": urlencode({"columns": ",".join(column.key for column in columns)}),
        "undo": archived_just_now(request, every),
        "may_be_first": not shown.object_list and not found.wrong and not away,
        "shelf": shelf_of(person(request), chosen, datasets),
    }
    if ctx["may_be_first"] and not request.GET.get("q"):
        ctx |= first_steps(chosen, datasets)
    return render(request, "experiments/experiments.html", ctx)


def shown_columns(request: HttpRequest) -> list[str]:
    """From the address, else as this person left them."""
    asked = request.GET.getlist("columns")
    if asked:
        return [key for part in asked for key in part.split(",")]
    preference = getattr(request, "preference", None)
    return list(preference.columns) if preference else []


def heads(request: HttpRequest, columns: list[table.Column], sort: str) -> list[dict[str, Any]]:
    """A link for each head: best first, then the other way round."""
    out = []
    for key, name, one in [("name", _("Name"), None), *[(c.key, c.name, c) for c in columns]]:
        best = f"-{key}" if one and (one.number or key == "created") else key
        other = key if best.startswith("-") else f"-{key}"
        now = {"": "", key: "ascending", f"-{key}": "descending"}.get(sort, "")
        link = query(request, sort=other if sort == best else best, page=None)
        out.append({"name": name, "column": one, "now": now if sort else "", "link": link})
    return out


def made_rows(runs: list[Experiment], columns: list[table.Column]) -> list[dict[str, Any]]:
    live = [run.job_id for run in runs if run.state in LIVE]
    jobs = Job.objects.in_bulk([pk for pk in live if pk]) if live else {}
    return [
        {
            "run": run,
            "job": jobs.get(run.job_id or 0),
            "cells": [table.cell(run, column) for column in columns],
        }
        for run in runs
    ]


def archived_just_now(request: HttpRequest, every: Any) -> list[int]:
    ids = access.numbers(request.GET.getlist("archived"))
    return list(every.filter(pk__in=ids).exclude(archived=None).values_list("pk", flat=True))


def shelf_of(user: User, chosen: Dataset | None, datasets: list[Dataset]) -> shelf.Shelf | None:
    """Of the dataset that is looked at, or of the only one: one click, no guess."""
    dataset = chosen or (datasets[0] if len(datasets) == 1 else None)
    version = dataset.version if dataset else None
    return shelf.before(version, user) if version is not None else None


def first_steps(chosen: Dataset | None, datasets: list[Dataset]) -> dict[str, Any]:
    """One button: the baselines of the dataset, and how long they take."""
    dataset = chosen or next((row for row in datasets if row.version), None)
    version = dataset.version if dataset else None
    if dataset is None or version is None:
        return {}
    return {
        "start_on": dataset,
        "baselines": [orders.model_name(model) for model in BASELINES],
        "seconds": estimates.together(version, BASELINES),
    }


@require_GET
def row(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """One row of the table, which asks again while its job goes on; 286 ends that."""
    run = access.find(request, experiment_id)
    columns = table.columns(shown_columns(request))
    ctx = {
        **made_rows([run], columns)[0],
        "row_query": urlencode({"columns": ",".join(column.key for column in columns)}),
    }
    response = render(request, "experiments/_row.html", ctx)
    if run.state not in LIVE:
        response.status_code = STOP_POLLING
    return response


@require_POST
def chosen(request: HttpRequest) -> HttpResponse:
    """What the ticked rows are for: compare, archive or bring back."""
    ids = access.numbers(request.POST.getlist("ids"))
    if request.POST.get("do") == "compare":
        if not COMPARED[0] <= len(set(ids)) <= COMPARED[1]:
            messages.error(request, how_many(len(set(ids))))
            return redirect("experiments")
        return redirect(f"{reverse('experiment-compare')}?ids={','.join(map(str, ids))}")
    runs = access.find_all(request, ids)
    if not runs:
        messages.error(request, _("Nothing was ticked, so nothing was archived."))
        return redirect("experiments")
    if request.POST.get("do") == "restore":
        Experiment.objects.filter(pk__in=[run.pk for run in runs]).update(archived=None)
        messages.success(request, _("The runs are back in the table."))
        return redirect("experiments")
    orders.archive(runs)
    audit.record(request, "experiments-archive", ",".join(str(run.pk) for run in runs))
    return redirect(f"{reverse('experiments')}?archived={','.join(str(run.pk) for run in runs)}")


def how_many(n: int) -> str:
    return ngettext(
        "%(n)d run was chosen; from %(low)d to %(high)d can stand beside each other. "
        "Tick the ones that matter and press Compare.",
        "%(n)d runs were chosen; from %(low)d to %(high)d can stand beside each other. "
        "Tick the ones that matter and press Compare.",
        n,
    ) % {"n": n, "low": COMPARED[0], "high": COMPARED[1]}


@require_POST
def columns(request: HttpRequest) -> HttpResponse:
    """The chooser: kept for this person, and in the address for a colleague."""
    keys = [one.key for one in table.columns(request.POST.getlist("columns"))]
    asked = [key for key in request.POST.getlist("columns") if table.column(key)]
    if len(set(asked)) > table.MOST:
        words = _("A table holds %(most)d columns; the first %(most)d of your choice are shown.")
        messages.info(request, words % {"most": table.MOST})
    Preference.objects.update_or_create(user=person(request), defaults={"columns": keys})
    return redirect(f"{reverse('experiments')}?columns={','.join(keys)}")


@require_POST
def baselines(request: HttpRequest) -> HttpResponse:
    """Every baseline that the dataset lacks; popularity becomes the pinned one."""
    mine = Dataset.objects.visible(person(request))
    dataset = mine.filter(slug=request.POST.get("dataset", "").replace("\x00", "")).first()
    if dataset is None:
        messages.error(request, _("There is no such dataset, or it is not yours."))
        return redirect("experiments")
    there = Experiment.objects.filter(dataset=dataset, archived=None, role=Role.CANDIDATE)
    alive = there.filter(Q(state="done") | Q(state__in=LIVE))
    known = set(alive.values_list("model", flat=True))
    begun = []
    try:
        for model in BASELINES:
            if model not in known:
                with transaction.atomic():
                    begun.append(orders.start(dataset, model=model, owner=person(request)))
    except Quota as quota:
        messages.error(request, quota.message)
    except orders.Refused as refused:
        messages.error(request, refused.message)
    for run in begun:
        if run.model == "pop" and not alive.filter(is_baseline=True).exists():
            orders.set_baseline(run)
    return redirect(f"{reverse('experiments')}?dataset={dataset.slug}")
