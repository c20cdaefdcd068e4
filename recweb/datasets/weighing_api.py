"""/api/v1/datasets/{slug}/weights/: what each kind of event says about a purchase to come."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import reports, schemas, weighing
from recweb.datasets.access import person
from recweb.datasets.api import find
from recweb.datasets.models import ReportKind
from recweb.datasets.truth_api import about
from recweb.lib.api import Unprocessable, accepted

JOB = {202: OpenApiResponse(description="job")}


@extend_schema(methods=["GET"], operation_id="weights", responses=schemas.ANY)
@extend_schema(methods=["POST"], operation_id="weights_learn", request=schemas.ANY, responses=JOB)
@api_view(["GET", "POST"])
def weights(request: Request, slug: str) -> Response:
    """Learned weights of the events. POST {"target": event, "days": 1, 7 or 30} learns them (202);
    "weights" is null until then."""
    dataset = find(request, slug)
    version = schemas.version(request, dataset)
    if request.method == "POST":
        given = schemas.body(request, {"target", "days"})
        wanted = weighing.asked(dataset, given.get("target"), given.get("days", 7))
        if wanted is None:
            words = _("“target” must be an event of the log, “days” 1, 7 or 30.")
            raise Unprocessable(words, field="target")
        owner = person(request._request)
        return accepted(reports.order(version, ReportKind.WEIGHTS, owner, **wanted))
    report = reports.find(version, ReportKind.WEIGHTS)
    figures = {"weights": None, **(report.figures if report else {})}
    return Response({"version": version.number, "report": about(report), **figures})
