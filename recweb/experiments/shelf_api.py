"""/api/v1/experiments/shelf/: every model that a dataset allows, by one request."""

from typing import Any, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import schemas as datasets
from recweb.datasets.models import Dataset
from recweb.experiments import api, orders, shelf
from recweb.experiments.shelf import Place
from recweb.experiments.shelf_views import compare_link
from recweb.jobs.orders import Quota
from recweb.lib.api import Unprocessable, idempotent, known_params
from recweb.people.models import User
from training import registry

NEW = inline_serializer(
    "ShelfNew",
    {
        "dataset": s.CharField(help_text="slug"),
        "models": s.ListField(
            child=s.CharField(), required=False, help_text="of /models/; default: all"
        ),
    },
)
SHELF = inline_serializer(
    "Shelf",
    {
        "dataset": s.CharField(),
        "version": s.IntegerField(),
        "runs": s.ListField(
            child=s.DictField(), help_text='[{"model", "experiment", "state", "job"}, ...]'
        ),
        "refused": s.ListField(
            child=s.DictField(), help_text='[{"model", "field", "message"}, ...]'
        ),
        "left": s.ListField(
            child=s.CharField(),
            help_text="models that your quota of waiting jobs has no room for; they follow by "
            "themselves, unless `message` says otherwise",
        ),
        "message": s.CharField(help_text="what the quota did, or empty"),
        "compare": s.CharField(help_text="the page that holds them against each other"),
    },
)


@extend_schema(operation_id="experiments_shelf", request=NEW, responses={202: SHELF})
@api_view(["POST"])
@idempotent
def run(request: Request) -> Response:
    """Orders one training for each model that the data allow and that has no run yet. What the
    quota has no room for is named in `left`, and follows by itself as trainings end."""
    known_params(request, ())
    given = datasets.body(request, {"dataset", "models"})
    dataset = api.dataset_of(request, given.get("dataset"))
    try:
        found = shelf.start(dataset, cast(User, request.user), _models(given))
    except orders.Refused as refused:
        raise Unprocessable(refused.message, field=refused.field) from None
    if found.left and not found.runs:
        raise Quota(found.said)
    return Response(shelf_json(dataset, found), status=202)


def _models(given: dict[str, Any]) -> list[str] | None:
    wanted = given.get("models")
    if wanted is None:
        return None
    known = registry.models()
    if not isinstance(wanted, list) or not wanted or len(wanted) > len(known):
        raise Unprocessable(_("“models” must be a list of models."), field="models")
    for model in wanted:
        if not isinstance(model, str) or model not in known:
            words = _("There is no model “%(model)s”. Known: %(known)s.")
            facts = {"model": str(model)[:40], "known": ", ".join(sorted(known))}
            raise Unprocessable(words % facts, field="models")
    return list(dict.fromkeys(wanted))


def shelf_json(dataset: Dataset, found: shelf.Shelf) -> dict[str, Any]:
    def one(place: Place) -> dict[str, Any]:
        run = place.run
        assert run is not None  # noqa: S101  the caller chose those with a run
        return {"model": place.model, "experiment": run.pk, "state": run.state, "job": run.job_id}

    later = [*found.left, *found.coming]
    return {
        "dataset": dataset.slug,
        "version": found.version.number,
        "runs": [one(place) for place in found.places if place.run is not None],
        "refused": [
            {"model": place.model, "field": place.field, "message": place.refused}
            for place in found.refused
        ],
        "left": [place.model for place in later],
        "message": shelf.kept_back(found) if later else "",
        "compare": compare_link(found),
    }
