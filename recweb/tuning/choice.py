"""Which run the trade-off page shows, and which others stand beside it."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from recweb.datasets.access import person
from recweb.experiments.models import Experiment
from recweb.jobs.models import State
from recweb.tuning.models import Frontier

LISTED = 40
HEADLINE = "metrics__validation__ndcg@10__mean"


@dataclass(frozen=True)
class Choice:
    run: Experiment | None
    frontier: Frontier | None
    others: list[Frontier]  # of the same data, same re-ranker and distance: comparable
    runs: list[Experiment]


def choose(request: HttpRequest) -> Choice:
    """The run asked for; else the best one with a frontier; else the newest that is done."""
    known = done(request)
    slug = request.GET.get("dataset", "")
    if slug:
        known = known.filter(dataset__slug=slug)
    number = request.GET.get("run", "")
    run = asked(request, number) if number else _best(known)
    if run is None:
        return Choice(None, None, [], [])
    rows = Frontier.objects.filter(experiment__dataset=run.dataset_id, experiment__archived=None)
    rows = rows.filter(reranker="mmr").select_related("experiment__dataset", "experiment__version")
    near = list(rows.order_by("-experiment__finished"))
    mine = next((row for row in near if row.experiment_id == run.pk), None)
    others = [
        row
        for row in near
        if row.experiment_id != run.pk and row.points and mine and row.distance == mine.distance
    ]
    runs = list(done(request).filter(dataset=run.dataset_id)[:LISTED])
    return Choice(run, mine, others, runs)


def done(request: HttpRequest) -> "QuerySet[Experiment]":
    rows = Experiment.objects.visible(person(request)).table().filter(state=State.DONE)
    return rows.select_related("dataset", "version", "finalised_by").order_by("-finished")


def visible(request: HttpRequest) -> "QuerySet[Experiment]":
    rows = Experiment.objects.visible(person(request))
    return rows.select_related("dataset", "version", "finalised_by")


def asked(request: HttpRequest, number: str) -> Experiment:
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else -1
    return get_object_or_404(visible(request), pk=wanted)


def _best(known: "QuerySet[Experiment]") -> Experiment | None:
    newest = known.filter(frontiers__isnull=False).exclude(frontiers__points={}).first()
    if newest is None:
        return known.first()
    ready = known.filter(dataset=newest.dataset_id).exclude(frontiers__points={})
    rows = list(ready.filter(frontiers__isnull=False).distinct()[:LISTED])
    return max(rows, key=lambda row: row.mean("ndcg@10") or 0.0, default=newest)
