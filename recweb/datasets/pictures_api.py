"""/api/v1/datasets/{slug}/pictures/: vectors of the catalogue's pictures by a local encoder."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import pictures as encoding
from recweb.datasets import schemas
from recweb.datasets.access import person
from recweb.datasets.api import find
from recweb.datasets.truth_api import about
from recweb.lib.api import Unprocessable, accepted

JOB = {202: OpenApiResponse(description="job")}


@extend_schema(methods=["GET"], operation_id="pictures", responses=schemas.ANY)
@extend_schema(methods=["POST"], operation_id="pictures_encode", request=schemas.ANY, responses=JOB)
@api_view(["GET", "POST"])
def pictures(request: Request, slug: str) -> Response:
    """Vectors that the newest version's items have, and what the last encoding found. POST
    {"encoder": name, "column": name} encodes the pictures that the column names (202)."""
    dataset = find(request, slug)
    if request.method == "POST":
        given = schemas.body(request, {"encoder", "column"})
        asked = (str(given.get("encoder", "")), str(given.get("column", "")))
        try:
            return accepted(encoding.order(dataset, person(request._request), *asked))
        except encoding.Refused as refused:
            raise Unprocessable(str(refused), field=refused.field) from None
    found = encoding.shown(dataset, schemas.version(request, dataset))
    assert found is not None  # noqa: S101 - a version is there, or the answer was 404
    return Response(
        {
            "modalities": [
                {"name": name, "items": items, "length": length}
                for name, items, length in found.modalities
            ],
            "encoders": found.encoders,
            "columns": found.columns,
            "lacks": found.lacks,
            "report": about(found.report),
            **({} if found.report is None else found.report.figures),
        }
    )
