"""The part of an item's page that the models fill: whom they show it to at which diversity, and
what they hold it alike to."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from recweb.datasets import rows
from recweb.datasets.access import find
from recweb.datasets.models import Item
from recweb.experiments.models import Experiment
from recweb.experiments.orders import model_name
from recweb.tuning.models import Frontier
from recweb.tuning.shelf import Missing, Shelf, shelf
from recweb.tuning.user_lists import K, newest_of_each_model
from training.serve import alike, lists_of

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
LOOKED = 400  # people whose lists one page works out
SHOWN = 5


@dataclass
class Column:
    """One model. holders: people with held-out items who have the item among their candidates;
    looked: those whose lists were worked out; reach: (diversity, of them with it in their ten)."""

    run: Experiment
    model: str
    trouble: str = ""
    everybody: int = 0
    holders: int = 0
    looked: int = 0
    reach: list[tuple[float, int]] = field(default_factory=list)
    shown_to: list[tuple[int, int]] = field(default_factory=list)  # (user code, place)
    near: list[tuple[int, float]] = field(default_factory=list)  # (item code, likeness)
    people: list[tuple[str, int]] = field(default_factory=list)
    items: list[tuple[rows.Named, float]] = field(default_factory=list)


@require_GET
def item_lists(request: HttpRequest, slug: str, outside_id: str) -> HttpResponse:
    dataset = find(request, slug)
    row = get_object_or_404(Item, dataset=dataset, outside_id=rows.clean(outside_id))
    columns = [column(run, row.code) for run in newest_of_each_model(request, dataset.pk)]
    named = rows.titles(dataset.pk, {code for one in columns for code, _ in one.near})
    ids = rows.user_ids(dataset.pk, {code for one in columns for code, _ in one.shown_to})
    for one in columns:
        one.people = [(ids[code], place) for code, place in one.shown_to if code in ids]
        one.items = [(named[code], likeness) for code, likeness in one.near if code in named]
    ctx: dict[str, Any] = {"dataset": dataset, "columns": columns, "weights": WEIGHTS}
    return render(request, "experiments/_item_lists.html", ctx)


def column(run: Experiment, item: int) -> Column:
    made = Column(run, model_name(run.model))
    try:
        frontier = Frontier.objects.filter(experiment=run, reranker="mmr").exclude(points={})
        row = frontier.first()
        found = shelf(run, row.folder if row else "")
    except Missing:
        made.trouble = "files"
        return made
    if item >= found.bundle.n_items:
        made.trouble = "older"
        return made
    reached(made, found, item)
    made.near = alike(found.bundle, item, SHOWN)
    return made


def reached(made: Column, found: Shelf, item: int) -> None:
    """Whose ten it is in, by the lists that the trade-off page would show them."""
    candidates = found.validation["candidates"]
    holders = np.flatnonzero((candidates == item).any(axis=1))
    made.everybody, made.holders = len(candidates), len(holders)
    looked = holders
    if len(holders) > LOOKED:
        looked = holders[np.linspace(0, len(holders) - 1, LOOKED).astype(np.int64)]
    made.looked = len(looked)
    if not len(looked):
        made.reach = [(weight, 0) for weight in WEIGHTS]
        return
    mine = np.asarray(candidates[looked])
    scores = found.validation["candidate_scores"][looked]
    picks = lists_of(mine, scores, found.vectors, WEIGHTS, K)  # (w, m, k)
    listed = np.where(picks < 0, -1, np.take_along_axis(mine[None], np.maximum(picks, 0), 2))
    there = listed == item
    counts = there.any(axis=2).sum(axis=1).tolist()
    made.reach = list(zip(WEIGHTS, counts, strict=True))
    who, place = np.nonzero(there[0])
    best = np.argsort(place, kind="stable")[:SHOWN]
    users = found.validation["users"][looked[who[best]]]
    made.shown_to = list(zip(users.tolist(), (place[best] + 1).tolist(), strict=True))
