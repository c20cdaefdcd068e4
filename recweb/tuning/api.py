"""/api/v1/experiments/{id}/frontier/, lists/ and finalise/."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import rows
from recweb.datasets.access import person
from recweb.experiments.models import Experiment
from recweb.jobs import api as jobs_api
from recweb.lib.api import ApiError, Conflict, Unprocessable, accepted, idempotent, known_params
from recweb.tuning import choice, orders, params
from recweb.tuning import lists as listing
from recweb.tuning.models import Frontier
from recweb.tuning.shelf import Missing, Shelf, Taste, shelf

RERANKER = OpenApiParameter("reranker", str, description="default mmr")
DIVERSITY = OpenApiParameter(
    "diversity", float, description="0 = by relevance alone, 1 = by diversity alone"
)
USER = OpenApiParameter("user", str, required=True, description="outside id")
K = OpenApiParameter("k", int, description="1 to 50, default 10")
MOST, SHOWN = 50, 50
ANY = OpenApiTypes.OBJECT


def find(request: Request, experiment_id: int) -> Experiment:
    return get_object_or_404(choice.visible(request._request), pk=experiment_id)


def reranker(request: Request) -> str:
    name = str(request.query_params.get("reranker", "mmr"))
    try:
        orders.check_reranker(name)
    except orders.Refused as refused:
        raise ApiError(400, "malformed", refused.message, field="reranker") from None
    return name


@extend_schema(operation_id="frontier", parameters=[RERANKER], responses=ANY, methods=["GET"])
@extend_schema(
    operation_id="frontier_start", request=None, responses={202: jobs_api.JOB}, methods=["POST"]
)
@api_view(["GET", "POST"])
@idempotent
def frontier(request: Request, experiment_id: int) -> Response:
    """Per diversity weight, every metric with its interval. POST works it out when lacking."""
    known_params(request, {"reranker"})
    experiment, name = find(request, experiment_id), reranker(request)
    if request.method == "POST":
        return _start(request, experiment, name)
    row = experiment.frontiers.filter(reranker=name).exclude(points={}).order_by("pk").first()
    if row is None:
        words = _("This run has no frontier yet. POST to this address to have it worked out.")
        raise Conflict(words, code="no_frontier")
    return Response(frontier_json(row))


def _start(request: Request, experiment: Experiment, name: str) -> Response:
    try:
        row = orders.frontier(experiment, person(request._request), name)
    except orders.Refused as refused:
        raise Conflict(refused.message) from None
    if row.points or row.job is None:
        return Response(frontier_json(row))
    return accepted(row.job)


def frontier_json(row: Frontier) -> dict[str, Any]:
    """points: one a weight, {"diversity", "ndcg@10": {"mean", "lo", "hi"}, ...}.

    test: the same at 0 and at the chosen weight, once finalised."""
    ends = (row.points.get(name) for name in ("knee", "knee_lo", "knee_hi"))
    return {
        "experiment": row.experiment_id,
        "reranker": row.reranker,
        "distance": row.distance,
        "part": "validation",
        "k": row.points.get("k", row.k),
        "n_candidates": row.n_candidates,
        "n": row.points.get("n"),
        "points": _points(row.points),
        "suggested": dict(zip(("diversity", "lo", "hi"), ends, strict=True)),
        "rules": row.points.get("rules", []),
        "test": {"n": row.test_points.get("n"), "points": _points(row.test_points)}
        if row.test_points
        else None,
    }


def _points(found: dict[str, Any]) -> list[dict[str, Any]]:
    """One a weight."""
    return [
        {"diversity": weight}
        | {
            name: {end: values[end][at] for end in ("mean", "lo", "hi") if end in values}
            for name, values in found["metrics"].items()
        }
        for at, weight in enumerate(found["weights"])
    ]


@extend_schema(operation_id="lists", parameters=[USER, DIVERSITY, RERANKER, K], responses=ANY)
@api_view(["GET"])
def lists(request: Request, experiment_id: int) -> Response:
    """One user's history and list at a weight, its moves against diversity 0, and reasons."""
    known_params(request, {"user", "diversity", "reranker", "k"})
    experiment, name = find(request, experiment_id), reranker(request)
    given = request.query_params
    weight = params.number(given.get("diversity", "0"), "diversity")
    k = params.whole(given.get("k", "10"), "k", 1, MOST)
    if "user" not in given:
        raise ApiError(400, "malformed", _("Name a user: ?user=ID."), field="user")
    code = rows.user_code(experiment.dataset_id, given["user"])
    if code is None:
        words = _("There is no user “%(name)s” in this dataset.")
        raise ApiError(404, "not_found", words % {"name": given["user"][:80]}, field="user")
    row = experiment.frontiers.filter(reranker=name).exclude(points={}).order_by("pk").first()
    try:
        found = shelf(experiment, row.folder if row else "")
        taste = found.taste(experiment.dataset_id, code)
    except Missing:
        words = _("The arrays of this run cannot be read (or it is not done). Train it again.")
        raise Conflict(words, code="no_arrays") from None
    answer = lists_json(experiment, found, taste, weight, k)
    return Response({"experiment": experiment.pk, "user": given["user"], "reranker": name} | answer)


def lists_json(
    experiment: Experiment, found: Shelf, taste: Taste, weight: float, k: int
) -> dict[str, Any]:
    one = listing.lists(found, taste, [0.0, weight], k)
    listed = one.items[1]
    moved = listing.moves(one.items[0], listed)
    because = listing.reasons(found, taste, listed)
    strip = taste.history[::-1][:SHOWN].tolist()
    sources = {item for behind in because.values() for item, _w, _k in behind}
    named = rows.titles(experiment.dataset_id, {*listed, *strip, *sources})
    return {
        "diversity": weight,
        "k": k,
        "relevance": one.means[1],
        "ild": one.ild[1],
        "fallback": taste.fallback,
        "held_out": taste.held_out,
        "changed": sum(move is None for move in moved),
        "changes_at": found.ends(taste, k),
        "history": [name_json(named, code) for code in strip],
        "items": [
            name_json(named, code)
            | {
                "relevance": one.relevance[code],
                "moved": moved[place],
                "hit": code in taste.truth,
                "reasons": [
                    name_json(named, item) | {"weight": share, "kind": kind}
                    for item, share, kind in because.get(code, [])
                ],
            }
            for place, code in enumerate(listed)
        ],
    }


def name_json(named: dict[int, rows.Named], code: int) -> dict[str, Any]:
    found = named.get(code)
    return {"item": found.outside_id if found else None, "title": found.name if found else ""}


@extend_schema(operation_id="finalise", request=ANY, responses={202: jobs_api.JOB})
@api_view(["POST"])
@idempotent
def finalise(request: Request, experiment_id: int) -> Response:
    """Open the sealed test part at diversity 0 and at {"diversity": w}. Once for a run."""
    experiment = find(request, experiment_id)
    given = body(request, {"diversity"})
    weight = params.number(str(given.get("diversity", 0)), "diversity")
    try:
        return accepted(orders.finalise(experiment, weight, person(request._request)))
    except orders.Refused as refused:
        if refused.field:
            raise Unprocessable(refused.message, field=refused.field) from None
        raise Conflict(refused.message) from None


def body(request: Request, known: set[str]) -> dict[str, Any]:
    """The JSON object that came, with no field that we do not know (ABU-03)."""
    given: Any = request.data
    if not isinstance(given, dict):
        raise ApiError(400, "malformed", _("Send a JSON object."))
    for name in given:
        if name not in known:
            words = _("Unknown field “%(name)s”.") % {"name": str(name)[:80]}
            raise ApiError(400, "malformed", words, field=str(name)[:80])
    return dict(given)
