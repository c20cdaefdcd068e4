"""/tradeoff/: drag the diversity weight, see the frontier and the lists of real people move."""

import random
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from recweb.datasets.access import person
from recweb.datasets.models import Person
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job
from recweb.lib.api import ApiError
from recweb.tuning import board, cards, choice, figure, orders, params
from recweb.tuning.choice import Choice
from recweb.tuning.models import Frontier, Policy, PolicyState
from recweb.tuning.shelf import Missing
from recweb.tuning.way_back import way_back


@require_GET
def tradeoff(request: HttpRequest) -> HttpResponse:
    found = choice.choose(request)
    if found.run is None:
        return render(request, "tuning/empty.html", {"slug": request.GET.get("dataset", "")})
    ctx: dict[str, Any] = {"run": found.run, "runs": found.runs, "frontier": found.frontier}
    if found.frontier is None or not found.frontier.points:
        job = found.frontier.job if found.frontier else None
        return render(request, "tuning/waiting.html", ctx | {"job": job})
    return render(request, "tuning/tradeoff.html", ctx | page(request, found, found.frontier))


def page(request: HttpRequest, found: Choice, row: Frontier) -> dict[str, Any]:
    run = row.experiment
    weights = board.grid(row)
    asked = params.weight(request)
    weight = row.points.get("knee") or 0.0 if asked is None else asked
    grid = sorted({*weights, weight})
    who, unknown = board.chosen(row, request.GET.getlist("users"))
    shown, trouble = [], ""
    try:
        shown = board.people(run, board.open_shelf(row), who, grid, row.k)
    except Missing as missing:
        trouble = str(missing)
    facts = board.whole(row, found.others) | {
        "run": run.pk,
        "weight": weight,
        "grid": grid,
        "people": shown,
        "pins": {name: params.weight(request, name) for name in ("a", "b")},
        "urls": addresses(run.dataset.slug),
    }
    return {
        "row": row,
        "facts": facts,
        "weight": weight,
        "cards": [cards.card(one, weight, grid) for one in shown],
        "costs": cards.costs(row, weight),
        "why_knee": cards.why_knee(row),
        "chart": figure.tradeoff(row, found.others, cards.caption(row)),
        "unknown": unknown,
        "trouble": trouble,
        "serving": serving(run.dataset_id),
        "because": because(run.split_facts.get("because", "")),
        "test": cards.test(row),
        "finalising": Job.objects.of("finalise", run.pk).live().first(),
    }


def addresses(slug: str) -> dict[str, str]:
    return {
        "lists": reverse("tradeoff-lists"),
        "users": reverse("api-users", args=[slug]),
        "use": reverse("policy-new"),
        "user": reverse("user", args=[slug, "-"]).removesuffix("-/"),
    }


def serving(dataset_id: int) -> Policy | None:
    return Policy.objects.filter(dataset=dataset_id, state=PolicyState.PUBLISHED).first()


def because(code: str) -> str:
    """Why auto did not take one cut in time, in the reader's language."""
    from recweb.tuning import tasks

    return tasks.because(code, get_language() or "en")


@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """What the page's grid lacks: another weight for its people, or another person."""
    if "run" not in request.GET:
        return _said(request, _("Name a run: ?run=NUMBER."), 400)
    row = _frontier(request)
    points = board.grid(row)
    weight = params.weight(request)
    asked = request.GET.getlist("users")
    if request.GET.get("random"):
        asked = [_somebody(row, asked)]
    who, unknown = board.chosen(row, asked)
    if unknown or not who:
        name = unknown[0] if unknown else ""
        words = _("There is no user “%(name)s” in this dataset.") % {"name": name[:80]}
        return _said(request, words, 404)
    weights = [weight] if weight is not None else points
    try:
        shown = board.people(row.experiment, board.open_shelf(row), who, weights, row.k)
    except Missing:
        return _said(request, _("The files of this run cannot be read. Train it again."), 503)
    return JsonResponse({"weights": weights, "people": shown})


def _frontier(request: HttpRequest) -> Frontier:
    run = choice.asked(request, request.GET.get("run", ""))
    rows = Frontier.objects.filter(experiment=run, reranker="mmr").exclude(points={})
    row = rows.select_related("experiment__dataset").order_by("pk").first()
    if row is None:
        raise Http404
    return row


def _somebody(row: Frontier, shown: list[str]) -> str:
    """Anybody with held-out items who is not on the page yet."""
    codes = board.open_shelf(row).validation["users"]
    for _try in range(20):
        code = int(random.choice(codes))
        known = Person.objects.filter(dataset=row.experiment.dataset_id, code=code).first()
        if known is not None and known.outside_id not in shown:
            return known.outside_id
    return ""


def _said(request: HttpRequest, words: str, status: int) -> HttpResponse:
    return JsonResponse({"error": {"message": words}}, status=status)


@require_POST
def start(request: HttpRequest, experiment_id: int) -> HttpResponse:
    run = get_object_or_404(choice.visible(request), pk=experiment_id)
    try:
        orders.frontier(run, person(request))
    except (orders.Refused, jobs.Quota) as refused:
        messages.error(request, refused.message)
    return redirect(way_back(request, run))


@require_POST
def finalise(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Opens the sealed test part, once."""
    run = get_object_or_404(choice.visible(request), pk=experiment_id)
    try:
        weight = params.number(request.POST.get("diversity", "0"), "diversity")
        orders.finalise(run, weight, person(request))
    except (orders.Refused, jobs.Quota, ApiError) as refused:
        messages.error(request, refused.message)
        return redirect(way_back(request, run))
    return redirect(way_back(request, run, weight))
