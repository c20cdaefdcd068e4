"""/api/v1/datasets/{slug}/privacy/, anonymity/, erase/: what the privacy page does."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import erasure, private, reports, schemas
from recweb.datasets.access import person
from recweb.datasets.api import find
from recweb.datasets.models import Dataset, Erased, ReportKind
from recweb.datasets.privacy import ROUNDINGS
from recweb.datasets.truth_api import about
from recweb.lib.api import ApiError, Unprocessable, accepted, known_params

JOB = {202: OpenApiResponse(description="job")}


@extend_schema(methods=["GET"], operation_id="privacy", responses=schemas.PRIVACY)
@extend_schema(
    methods=["POST"],
    operation_id="privacy_set",
    request=schemas.PRIVACY_SET,
    responses=schemas.PRIVACY,
)
@api_view(["GET", "POST"])
def privacy(request: Request, slug: str) -> Response:
    """What holds for files that come, and who was erased (by keyed hash). POST changes it."""
    known_params(request, ())
    dataset = find(request, slug)
    if request.method == "POST":
        given = schemas.body(request, {"pseudonyms", "round", "consent"})
        wanted = {
            "pseudonyms": given.get("pseudonyms", dataset.privacy.get("pseudonyms", False)) is True,
            "round": given.get("round", dataset.privacy.get("round") or 0),
            "consent": str(given.get("consent", dataset.privacy.get("consent", "")))[:100],
        }
        if wanted["round"] not in ROUNDINGS:
            words = _("“round” must be one of %(known)s seconds.")
            known = ", ".join(map(str, ROUNDINGS))
            raise Unprocessable(words % {"known": known}, field="round")
        if wrong := private.refused(dataset, wanted):
            raise ApiError(409, "conflict", wrong, field="pseudonyms")
        private.save(request._request, dataset, wanted)
    return Response(_shown(dataset))


def _shown(dataset: Dataset) -> dict[str, Any]:
    given = dataset.privacy
    erased = Erased.objects.filter(dataset=dataset).order_by("-pk")[:50]
    return {
        "pseudonyms": bool(given.get("pseudonyms")),
        "round": given.get("round") or 0,
        "consent": given.get("consent", ""),
        "erased": [{"hash": row.mac, "at": row.created, "removed": row.counts} for row in erased],
    }


@extend_schema(methods=["GET"], operation_id="anonymity", responses=schemas.ANY)
@extend_schema(methods=["POST"], operation_id="anonymity_new", request=None, responses=JOB)
@api_view(["GET", "POST"])
def anonymity(request: Request, slug: str) -> Response:
    """Among how many users somebody hides. POST orders the report (202)."""
    version = schemas.version(request, find(request, slug))
    if request.method == "POST":
        return accepted(reports.order(version, ReportKind.ANONYMITY, person(request._request)))
    report = reports.find(version, ReportKind.ANONYMITY)
    figures = report.figures if report else {"users": None, "knows": []}
    return Response({"version": version.number, "report": about(report), **figures})


@extend_schema(operation_id="erase", request=schemas.ERASE, responses=JOB)
@api_view(["POST"])
def erase(request: Request, slug: str) -> Response:
    """Forget a user everywhere: {"user": id, "confirm": the same id}."""
    known_params(request, ())
    dataset = find(request, slug)
    given = schemas.body(request, {"user", "confirm"})
    user = given.get("user")
    if not isinstance(user, str) or not user or given.get("confirm") != user:
        words = _("Nothing was erased. Send the user's id as “user” and again as “confirm”.")
        raise ApiError(400, "confirm", words, field="confirm")
    try:
        job = erasure.ask(dataset, user, request._request, person(request._request))
    except erasure.NobodyThere:
        words = _("There is no such user here (any more).")  # the id itself is written nowhere
        raise ApiError(404, "not_found", words, field="user") from None
    return accepted(job)
