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
from recweb.tuning.shelf import Missing, shelf

MODELS = 4
K = 10


@require_GET
def user_lists(request: HttpRequest, slug: str, outside_id: str) -> HttpResponse:
    dataset = find(request, slug)
    row = get_object_or_404(Person, dataset=dataset, outside_id=rows.clean(outside_id))
    weight = params.weight(request) or 0.0
    marks = marking.of(dataset.pk, row.code, person(request).pk)
    runs = newest_of_each_model(request, dataset.pk)
    columns = [column(run, row.code, weight, marks) for run in runs]
    ctx = {
        "dataset": dataset,
        "user_id": row.outside_id,
        "columns": columns,
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


def column(run: Experiment, user: int, weight: float, marks: dict[int, str]) -> dict[str, Any]:
    """One model's list at this weight, each item with its reasons."""
    made: dict[str, Any] = {"run": run, "model": model_name(run.model), "rows": [], "trouble": ""}
    try:
        row = Frontier.objects.filter(experiment=run, reranker="mmr").exclude(points={}).first()
        found = shelf(run, row.folder if row else "")
        one = board.people(run, found, [(user, "")], [weight], K)[0]
    except Missing as missing:
        return made | {"trouble": str(missing)}
    items, listed = one["items"], one["lists"][0]
    worth = {code: items.get(str(code), {}).get("r", 0.0) for code in listed}
    added = parts(found.vectors, listed, worth, weight)
    for place, code in enumerate(listed):
        item = items.get(str(code), {"t": str(code), "id": "", "c": []})
        because = [
            {"title": items.get(str(source), {}).get("t", source), "weight": value,
             "share": kind == "c"}
            for source, value, kind in item.get("why", [])
        ]  # fmt: skip
        made["rows"].append({
            "rank": place + 1, "item": item, "why": because, "hit": code in one["hits"],
            "moved": code not in one["first"], "parts": added[place],
            "code": code, "mark": marks.get(code, ""),
            "above": items.get(str(added[place].nearest), {}).get("t", ""),
        })  # fmt: skip
    made |= {"fallback": one["fallback"], "held_out": one["held_out"]}
    return made | {"relevance": one["relevance"][1], "ild": one["ild"][1]}
