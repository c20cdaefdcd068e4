"""GET /api/v1/recommend/: what the published policy of a dataset would show one user now."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import rows
from recweb.datasets.access import person
from recweb.datasets.models import Dataset
from recweb.lib.api import ApiError, Conflict, known_params
from recweb.serving.bundles import bundle_of
from recweb.serving.live import past
from recweb.serving.policy import Serving, serving
from recweb.tuning import params, releases
from recweb.tuning.models import Policy, PolicyState
from training.serve import Served, measures, recommend

KNOWN = ("dataset", "user", "k", "diversity", "exclude_seen")
MOST = 100
REASON = inline_serializer(
    "ServedReason",
    {
        "item": s.CharField(),
        "title": s.CharField(),
        "weight": s.FloatField(help_text="contributed: share of the score; similar: likeness"),
        "kind": s.CharField(help_text="contributed or similar"),
    },
)
ITEM = inline_serializer(
    "ServedItem",
    {
        "item": s.CharField(),
        "title": s.CharField(),
        "score": s.FloatField(),
        "reasons": s.ListField(child=REASON),
    },
)
ANSWER = inline_serializer(
    "Recommendation",
    {
        "user": s.CharField(),
        "policy": s.IntegerField(),
        "model": s.CharField(),
        "diversity": s.FloatField(),
        "ild": s.FloatField(allow_null=True, help_text="mean distance of the list's pairs, 0..1"),
        "novelty": s.FloatField(allow_null=True, help_text="mean surprise in bits"),
        "fallback": s.BooleanField(help_text="true: nothing is known of this user"),
        "items": s.ListField(child=ITEM),
    },
)
PARAMETERS = [
    OpenApiParameter("dataset", str, required=True, description="slug"),
    OpenApiParameter("user", str, required=True, description="outside id; may be unknown"),
    OpenApiParameter("k", int, description="1 to 100, default 10"),
    OpenApiParameter(
        "diversity",
        float,
        description="0 = by relevance alone, 1 = by diversity alone; within the policy's bounds; "
        "default the policy's",
    ),
    OpenApiParameter(
        "exclude_seen",
        bool,
        description="default true, unless the dataset says that repeats are wanted",
    ),
]


@dataclass(frozen=True)
class Asked:
    user: str
    k: int
    diversity: float | None
    exclude_seen: bool | None


@extend_schema(operation_id="recommend", parameters=PARAMETERS, responses=ANSWER)
@api_view(["GET"])
def recommend_(request: Request) -> Response:
    """The k best unseen items of a user, re-ranked; an unknown user gets the popular ones."""
    known_params(request, KNOWN)
    slug = request.query_params.get("dataset")
    if not slug:
        raise ApiError(400, "malformed", _("Name a dataset: ?dataset=SLUG."), field="dataset")
    policy = _policy(request, slug)
    asked = _asked(request)
    weight = _weight(asked, policy)
    user = rows.user_code(policy.dataset_id, asked.user)
    served = _serve(policy, asked, user, weight)
    return Response(answer(policy, asked, weight, served))


def _policy(request: Request, slug: str) -> Serving:
    """What serves that dataset, if it is the asker's to see: one query where all is well."""
    asker = person(request._request)
    token = getattr(request._request, "token", None)
    only = None if token is None else token.dataset_id
    policy = serving(slug, asker, only)
    if policy is not None:
        return policy
    mine = Dataset.objects.visible(asker).filter(slug=slug)
    if only is not None:
        mine = mine.filter(pk=only)
    dataset = mine.first()
    if dataset is None:
        words = _("There is no dataset “%(slug)s”, or it is not yours.") % {"slug": slug[:60]}
        raise ApiError(404, "not_found", words, field="dataset")
    for silent in releases.silenced([dataset]):
        raise Conflict(silent.why_retired, code="no_policy", field="dataset")
    coming = Policy.objects.filter(dataset=dataset, state=PolicyState.FITTING).exists()
    words = (
        _("A policy of “%(name)s” is being refitted on its whole log. Ask again soon.")
        if coming
        else _("Nothing is published for “%(name)s” yet: choose a weight and publish it.")
    )
    raise Conflict(words % {"name": dataset.name}, code="no_policy", field="dataset")


def _asked(request: Request) -> Asked:
    given = request.query_params
    if not given.get("user"):
        raise ApiError(400, "malformed", _("Name a user: ?user=ID."), field="user")
    weight = given.get("diversity")
    seen = given.get("exclude_seen")
    return Asked(
        user=given["user"],
        k=params.whole(given.get("k", "10"), "k", 1, MOST),
        diversity=None if weight is None else params.number(weight, "diversity"),
        exclude_seen=None if seen is None else params.flag(seen, "exclude_seen"),
    )


def _weight(asked: Asked, policy: Serving) -> float:
    weight = policy.diversity if asked.diversity is None else asked.diversity
    if not policy.lowest <= weight <= policy.highest:
        words = _("“diversity” must lie in this policy's bounds, %(low)g to %(high)g, got %(got)g.")
        given = {"low": policy.lowest, "high": policy.highest, "got": weight}
        raise ApiError(400, "out_of_bounds", words % given, field="diversity")
    return weight


def _serve(policy: Serving, asked: Asked, user: int | None, weight: float) -> Served:
    bundle = bundle_of(policy)
    history = past(policy.dataset_id, user, policy.rules)
    unseen = not policy.repeats_wanted if asked.exclude_seen is None else asked.exclude_seen
    return recommend(
        bundle,
        user,
        history.liked,
        history.seen if unseen else history.seen[:0],
        asked.k,
        weight,
        confidences=history.confidences,
    )


def answer(policy: Serving, asked: Asked, weight: float, served: Served) -> dict[str, Any]:
    found = measures(bundle_of(policy), served.picks)
    codes = {pick.item for pick in served.picks}
    codes |= {reason.item for pick in served.picks for reason in pick.reasons}
    named = rows.titles(policy.dataset_id, codes)
    return {
        "user": asked.user,
        "policy": policy.pk,
        "model": policy.model,
        "diversity": weight,
        "ild": found.ild,
        "novelty": found.novelty,
        "fallback": served.fallback,
        "items": [
            {"item": named[pick.item].outside_id, "title": named[pick.item].name,
             "score": pick.score,
             "reasons": [
                 {"item": named[reason.item].outside_id, "title": named[reason.item].name,
                  "weight": reason.weight, "kind": reason.kind}
                 for reason in pick.reasons if reason.item in named
             ]}
            for pick in served.picks if pick.item in named
        ],
    }  # fmt: skip
