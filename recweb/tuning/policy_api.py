"""/api/v1/policies/: draft, publish, roll back."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets.access import person
from recweb.jobs import api as jobs_api
from recweb.lib.api import (
    ApiError,
    Conflict,
    Unprocessable,
    accepted,
    idempotent,
    known_params,
    paged,
)
from recweb.tuning import api, choice, params, policies, releases
from recweb.tuning.models import Policy
from recweb.tuning.orders import Refused

FIELDS = {"experiment", "diversity", "comment", "name", "lowest", "highest"}
DATASET = OpenApiParameter("dataset", str, description="a dataset's slug")
NEW = inline_serializer(
    "PolicyNew",
    {
        "experiment": s.IntegerField(),
        "diversity": s.FloatField(min_value=0, max_value=1),
        "comment": s.CharField(help_text="why; required"),
        "name": s.CharField(required=False),
        "lowest": s.FloatField(required=False, help_text="bound for a request, default 0"),
        "highest": s.FloatField(required=False, help_text="bound for a request, default 1"),
    },
)
POLICY = inline_serializer(
    "Policy",
    {
        "id": s.IntegerField(),
        "number": s.IntegerField(help_text="within the dataset, from 1"),
        "name": s.CharField(),
        "dataset": s.CharField(),
        "experiment": s.IntegerField(),
        "final": s.IntegerField(allow_null=True, help_text="the run refitted on the whole log"),
        "model": s.CharField(),
        "reranker": s.CharField(),
        "distance": s.CharField(),
        "diversity": s.FloatField(),
        "lowest": s.FloatField(),
        "highest": s.FloatField(),
        "comment": s.CharField(),
        "state": s.CharField(help_text="draft, fitting, published, retired, failed"),
        "owner": s.CharField(),
        "created": s.DateTimeField(),
        "published": s.DateTimeField(allow_null=True),
    },
)


def policy_json(row: Policy) -> dict[str, Any]:
    plain = ("number", "name", "reranker", "distance", "diversity", "lowest", "highest",
             "comment", "state", "created", "published")  # fmt: skip
    return {
        "id": row.pk,
        "dataset": row.dataset.slug,
        "experiment": row.experiment_id,
        "final": row.final_id,
        "model": row.experiment.model,
        "owner": row.owner.username,
        **{name: getattr(row, name) for name in plain},
    }


def find(request: Request, policy_id: int) -> Policy:
    return get_object_or_404(policies.visible(request._request), pk=policy_id)


@extend_schema(operation_id="policies", parameters=[DATASET], responses=POLICY, methods=["GET"])
@extend_schema(operation_id="policy_new", request=NEW, responses={201: POLICY}, methods=["POST"])
@api_view(["GET", "POST"])
@idempotent
def policies_(request: Request) -> Response:
    """All policies that you may see, newest first; POST drafts one (it does not serve yet)."""
    if request.method == "POST":
        return Response(policy_json(_draft(request)), status=201)
    known_params(request, {"page", "dataset"})
    rows = policies.visible(request._request).order_by("-pk")
    if slug := request.query_params.get("dataset"):
        rows = rows.filter(dataset__slug=slug)
    return paged(request, rows, policy_json, also={"dataset"})


def _draft(request: Request) -> Policy:
    given = api.body(request, FIELDS)
    number = given.get("experiment")
    if not isinstance(number, int) or isinstance(number, bool):
        raise ApiError(400, "malformed", _("“experiment” must be a run's number."), "experiment")
    run = get_object_or_404(choice.visible(request._request), pk=min(abs(number), 2**62))
    if "diversity" not in given:
        raise Unprocessable(_("Say at which diversity: a number from 0 to 1."), field="diversity")
    weights = {
        name: params.number(str(given.get(name, default)), name)
        for name, default in (("diversity", ""), ("lowest", 0.0), ("highest", 1.0))
    }
    try:
        return releases.draft(
            run,
            person(request._request),
            comment=str(given.get("comment", ""))[:2000],
            name=str(given.get("name", "")),
            diversity=weights["diversity"],
            lowest=weights["lowest"],
            highest=weights["highest"],
        )
    except Refused as refused:
        raise Unprocessable(refused.message, field=refused.field or None) from None


@extend_schema(operation_id="policy", responses=POLICY)
@api_view(["GET"])
def policy(request: Request, policy_id: int) -> Response:
    """One policy: its run, its weight and bounds, what serves and since when."""
    known_params(request, ())
    return Response(policy_json(find(request, policy_id)))


@extend_schema(operation_id="policy_publish", request=None, responses={202: jobs_api.JOB})
@api_view(["POST"])
@idempotent
def publish(request: Request, policy_id: int) -> Response:
    """Refits on the whole log, then serves; the one before retires in the same moment."""
    try:
        return accepted(releases.publish(find(request, policy_id), person(request._request)))
    except Refused as refused:
        raise Conflict(refused.message) from None


@extend_schema(operation_id="policy_rollback", request=None, responses=POLICY)
@api_view(["POST"])
@idempotent
def rollback(request: Request, policy_id: int) -> Response:
    """A retired policy serves again; of the one that serves: the one before it does."""
    try:
        return Response(
            policy_json(releases.roll_back(find(request, policy_id), person(request._request)))
        )
    except Refused as refused:
        raise Conflict(refused.message) from None
