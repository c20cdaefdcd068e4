"""What analysts ask of a queue: known answers, how people do, what choosing bought."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets.schemas import body
from recweb.jobs.api import job_json
from recweb.jobs.models import Job
from recweb.labeling import agreement, gold, prelabels, shadows, shapes, tallies
from recweb.labeling.api import find, person, plain
from recweb.labeling.models import VALUES, Shadow
from recweb.lib.api import Unprocessable, idempotent


@extend_schema(operation_id="queue_known", request=shapes.GOLD, responses={200: shapes.GOLDEN})
@api_view(["POST"])
@idempotent
@plain
def known(request: Request, queue_id: int, sample_id: int) -> Response:
    """Say what the answer to a sample is: every annotator gets it mixed in, blind, and is measured
    by it. null takes that back."""
    sample = get_object_or_404(find(request, queue_id).samples, pk=sample_id)
    given = body(request, {"value"})
    value = None if given.get("value", 0) is None else shapes.whole(given, "value")
    if value is not None and value not in VALUES:
        words = _("“value” must be 0 (not), 1 (slightly), 2 (clearly) or 3 (perfect).")
        raise Unprocessable(words, field="value")
    gold.mark(sample, value, person(request))
    return Response({"sample": sample.pk, "gold": value})


@extend_schema(operation_id="queue_quality", responses={200: shapes.AGREEMENT})
@api_view(["GET"])
@plain
def quality(request: Request, queue_id: int) -> Response:
    """How far people agree, and how each did on the samples whose answer is known."""
    found = find(request, queue_id)
    scores = gold.accuracy(found)
    cells = tallies.cells(found)
    signs = gold.careless(scores, cells)
    nothing = {"n": 0, "exact": None, "wanted": None, "lo": None, "hi": None, "kappa": None}
    people = []
    for row in tallies.given(found, cells)["people"]:
        score: dict[str, Any] = dict(scores.get(row["name"], nothing))
        people.append({
            "annotator": row["name"], "known": score.pop("n"), **score,
            "answers": row["answers"], "signs": signs.get(row["name"], []),
        })  # fmt: skip
    return Response({"agreement": agreement.of(found), "people": people})


@extend_schema(methods=["GET"], operation_id="queue_shadows",
               responses={200: shapes.SHADOW})  # fmt: skip
@extend_schema(methods=["POST"], operation_id="queue_shadow", request=None,
               responses={202: shapes.SHADOWS})  # fmt: skip
@api_view(["GET", "POST"])
@idempotent
@plain
def shadow(request: Request, queue_id: int) -> Response:
    """The newest comparison of chosen with random labels. POST orders one: the same model trained
    twice, on equally many labels of each arm."""
    found = find(request, queue_id)
    if request.method == "POST":
        made = shadows.order(found, person(request))
        job = Job.objects.select_related("owner").get(pk=made.job_id or 0)
        return Response({"job": job_json(job), "shadow": made.pk}, status=202)
    row = get_object_or_404(Shadow.objects.filter(queue=found).order_by("-pk")[:1])
    return Response({
        "id": row.pk,
        "state": row.state,
        "labels": row.facts.get("labels"),
        "metrics": row.facts.get("metrics", {}),
        "measure": row.facts.get("measure"),
        "message": shadows.words(row.facts) if row.state == "done" else "",
    })  # fmt: skip


@extend_schema(operation_id="queue_prelabel", request=None, responses={202: shapes.PRELABELS})
@api_view(["POST"])
@idempotent
@plain
def prelabel(request: Request, queue_id: int) -> Response:
    """Ask the language model that an admin has set up what it would answer: for comparison alone,
    no annotator sees it and no model learns from it."""
    job = prelabels.order(find(request, queue_id), person(request))
    return Response({"job": job_json(job)}, status=202)
