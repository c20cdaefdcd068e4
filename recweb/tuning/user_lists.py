"""The part of a user's page that shows what each model would recommend, side by side, and why."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from recweb.datasets import rows
from recweb.datasets.access import find, person
from recweb.datasets.models import Person
from recweb.experiments.models import Experiment
from recweb.experiments.orders import model_name
from recweb.jobs.models import State
from recweb.tuning import board, marking, params
from recweb.tuning.models import Frontier
from recweb.tuning.parts import parts
from recweb.tuning.shelf import Missing, Shelf, shelf

MODELS = 4
K = 10


@require_GET
def user_lists(request: HttpRequest, slug: str, outside_id: str) -> HttpResponse:
    dataset = find(request, slug)
    row = get_object_or_404(Person, dataset=dataset, outside_id=rows.clean(outside_id))
    weight = params.weight(request) or 0.0
    marks = marking.of(dataset.pk, row.code, person(request).pk)
    runs = newest_of_each_model(request, dataset.pk)
    made = drafts(runs, dataset.pk, row.code, weight)
    needed = {code for one, _found in made.values() for code in one.needed}
    named = rows.titles(dataset.pk, needed) if needed else {}
    columns = [
        column(run, *made[run.pk], named, marks) if run.pk in made else unreadable(run)
        for run in runs
    ]
    asked = request.GET.get("shown", "")  # on a phone one list is there at a time
    shown = next((run.pk for run in runs if run.model == asked), runs[0].pk if runs else 0)
    ctx = {
        "dataset": dataset,
        "user_id": row.outside_id,
        "columns": columns,
        "shown": shown,
        "weight": weight,
        "weights": [0.0, 0.25, 0.5, 0.75, 1.0],
    }
    return render(request, "experiments/_user_lists.html", ctx)


def newest_of_each_model(request: HttpRequest, dataset_id: int) -> list[Experiment]:
    known = Experiment.objects.visible(person(request)).table()
    done = known.filter(dataset=dataset_id, state=State.DONE).order_by("-finished")[:50]
    first: dict[str, Experiment] = {}
    for run in done:
        first.setdefault(run.model, run)
    by_worth = sorted(first.values(), key=lambda run: -(run.mean("ndcg@10") or 0.0))
    return by_worth[:MODELS]


def drafts(
    runs: list[Experiment], dataset_id: int, user: int, weight: float
) -> dict[int, tuple[board.Draft, Shelf]]:
    """By run; those whose files cannot be read are not there."""
    known = Frontier.objects.filter(experiment__in=runs, reranker="mmr").exclude(points={})
    folders = dict(known.order_by("-pk").values_list("experiment_id", "folder"))
    made = {}
    for run in runs:
        try:
            found = shelf(run, folders.get(run.pk, ""))
            one = board.draft(found, dataset_id, (user, ""), [weight], K, what_if=True)
        except Missing:
            continue
        made[run.pk] = (one, found)
    return made


def unreadable(run: Experiment) -> dict[str, Any]:
    return {"run": run, "model": model_name(run.model), "rows": [], "trouble": True}


def column(
    run: Experiment,
    one: board.Draft,
    found: Shelf,
    named: dict[int, rows.Named],
    marks: dict[int, str],
) -> dict[str, Any]:
    """One model's list at this weight, each item with its reasons."""
    card = board.card(one, "", named)
    items, listed = card["items"], card["lists"][0]
    added = parts(found.vectors, listed, one.made.relevance, one.made.weights[1])
    lines = []
    for place, code in enumerate(listed):
        item = items.get(str(code), {"t": str(code), "id": "", "c": []})
        because = [
            {"title": items.get(str(source), {}).get("t", source), "weight": value,
             "share": kind == "c"}
            for source, value, kind in item.get("why", [])
        ]  # fmt: skip
        lines.append({
            "rank": place + 1, "item": item, "why": because, "hit": code in card["hits"],
            "moved": code not in card["first"], "parts": added[place],
            "above": items.get(str(added[place].nearest), {}).get("t", ""),
            "without": [named[lost].name for lost in one.gone.get(code, ()) if lost in named],
            "code": code, "mark": marks.get(code, ""),
        })  # fmt: skip
    return {
        "run": run, "model": model_name(run.model), "rows": lines, "trouble": False,
        "fallback": card["fallback"], "held_out": card["held_out"],
        "relevance": card["relevance"][1], "ild": card["ild"][1],
    }  # fmt: skip
