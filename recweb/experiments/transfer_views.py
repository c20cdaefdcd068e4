"""/experiments/transfer/: from which other data tastes are carried over, and whether it helped."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets.models import Dataset, Report, ReportKind
from recweb.experiments import orders, transfer, words
from recweb.experiments.access import person
from recweb.jobs.models import Job
from recweb.jobs.orders import Quota
from recweb.lib.api import Unprocessable, accepted, known_params
from recweb.people.models import User

SHOWN = 10
FIELDS = ("dataset", "source", "encoder", "split")


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    mine = list(Dataset.objects.visible(person(request)).order_by("name", "pk"))
    slug = asked.get("dataset", "")
    dataset = next((row for row in mine if row.slug == slug), None)
    if dataset is None and (slug or request.method == "POST"):
        messages.error(request, _("There is no such dataset, or it is not yours."))
        return redirect("experiments")
    if dataset is None and not mine:
        return render(request, "experiments/new_empty.html", {"dataset": None})
    if request.method == "POST":
        return _ordered(request, person(request), cast(Dataset, dataset), asked)
    return render(request, "experiments/transfer.html", _ctx(request, dataset or mine[0], mine))


def _ctx(request: HttpRequest, dataset: Dataset, mine: list[Dataset]) -> dict[str, Any]:
    owner = person(request)
    found = list(transfer.found(dataset, owner)[:SHOWN])
    wanted = request.GET.get("report", "")
    shown = next((row for row in found if str(row.pk) == wanted), found[0] if found else None)
    jobs = Job.objects.select_related("owner").filter(kind=ReportKind.TRANSFER)
    splits = [(name, f"{name}: {words.SPLIT_WORDS[name]()}") for name in orders.SPLITS]
    return {
        "dataset": dataset,
        "datasets": mine,
        "sources": transfer.sources(dataset, owner),
        "encoders": transfer.encoders(),
        "splits": splits,
        "usual": transfer.USUAL,
        "found": found,
        "report": shown,
        "note": words.say(shown.figures.get("note")) if shown else "",
        "rows": transfer.rows(shown) if shown else [],
        "metrics": [words.metric_name(name) for name in transfer.METRICS],
        "verdicts": transfer.verdicts(shown) if shown else [],
        "chart": transfer.chart(shown) if shown else None,
        "job": jobs.filter(dataset_id=dataset.pk).order_by("-pk").first(),
    }


def _ordered(request: HttpRequest, owner: User, dataset: Dataset, asked: QueryDict) -> HttpResponse:
    try:
        _order(owner, dataset, {name: asked.get(name, "") for name in FIELDS})
    except (orders.Refused, Quota) as refused:
        messages.error(request, refused.message)
    return redirect(f"{reverse('experiments-transfer')}?dataset={dataset.slug}")


def _order(owner: User, dataset: Dataset, asked: dict[str, str]) -> Job:
    rows = Dataset.objects.visible(owner)
    source = rows.filter(slug=asked["source"].replace("\x00", "")).first()
    if source is None:
        words_ = _("Choose a dataset to learn from. Nothing was started.")
        raise orders.Refused("source", words_)
    encoder, split = asked["encoder"] or "auto", asked["split"] or transfer.USUAL
    return transfer.order(dataset, source, owner, encoder=encoder, split=split)


@extend_schema(
    methods=["GET"],
    operation_id="transfers",
    parameters=[OpenApiParameter("dataset", str, required=True, description="the target's slug")],
    responses=OpenApiTypes.OBJECT,
)
@extend_schema(
    methods=["POST"],
    operation_id="transfer_new",
    request=OpenApiTypes.OBJECT,
    responses={202: OpenApiResponse(description="job")},
)
@api_view(["GET", "POST"])
def api(request: Request) -> Response:
    """What was carried over to a dataset through item texts, newest first. POST {"dataset": slug,
    "source": slug, "encoder": "auto", "split": "cold-item"} orders it (202): a map from texts to
    tastes is learnt on the source and measured on the target's validation part."""
    known_params(request, ("dataset",))
    owner = cast(User, request.user)
    given: Any = request.data if request.method == "POST" else request.query_params
    if not hasattr(given, "get") or set(given) - set(FIELDS):
        raise Unprocessable(_("Send dataset, source, encoder and split only."), field="dataset")
    asked = {name: str(given.get(name, "")) for name in FIELDS}
    rows = Dataset.objects.visible(owner)
    dataset = rows.filter(slug=asked["dataset"].replace("\x00", "")).first()
    if dataset is None:
        words_ = _("There is no such dataset, or it is not yours.")
        raise Unprocessable(words_, field="dataset")
    if request.method == "POST":
        try:
            return accepted(_order(owner, dataset, asked))
        except orders.Refused as refused:
            raise Unprocessable(refused.message, field=refused.field) from None
    return Response({"results": [_json(row) for row in transfer.found(dataset, owner)[:SHOWN]]})


def _json(row: Report) -> dict[str, Any]:
    source = row.against.dataset.slug if row.against else None
    facts = {name: value for name, value in row.figures.items() if name != "against"}
    verdict = transfer.verdicts(row)[0]
    return {
        "id": row.pk,
        "source": source,
        "version": row.version.number,
        "verdict": {"code": verdict.code, "text": verdict.text},
        "created": row.created,
        "seconds": row.seconds,
        **facts,
    }
