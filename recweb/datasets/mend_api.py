"""/api/v1/datasets/SLUG/imports/ID/mend/: rows that were put aside, tried again."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import imports, mending, schemas
from recweb.datasets.api import find, import_json, person
from recweb.datasets.models import Import
from recweb.jobs.api import job_json
from recweb.lib.api import Conflict, Unprocessable, known_params
from recweb.people import audit

MEND = inline_serializer(
    "Mend",
    {
        "rows": s.ListField(
            child=s.DictField(), help_text='[{"line": 7, "text": "u1,i1,4.0"}], by the header'
        )
    },
)


@extend_schema(operation_id="import_mend", request=MEND, responses={202: schemas.STARTED})
@api_view(["POST"])
def mend(request: Request, slug: str, import_id: int) -> Response:
    """Only these rows come again, as a file of their own; 202 with its job."""
    known_params(request, ())
    batch = get_object_or_404(find(request, slug).imports, pk=import_id)
    texts = _texts(batch, schemas.body(request, {"rows"}).get("rows"))
    try:
        made, job = mending.mend(batch, texts, person(request))
    except mending.Unmendable as error:
        raise Unprocessable(str(error), field="rows", row=error.line) from None
    except imports.AlreadyThere as same:
        raise Conflict(str(same), field="rows") from None
    audit.record(request._request, "import-mend", f"{slug}/{made.pk}", rows=len(texts))
    return Response({"job": job_json(job), "import": import_json(made)}, status=202)


def _texts(batch: Import, given: Any) -> dict[int, str]:
    rows = given if isinstance(given, list) else []
    if not rows or len(rows) > 1000 or not all(map(_is_row, rows)):
        words = _("“rows” is a list of 1 to 1,000 objects with “line” and “text”.")
        raise Unprocessable(words, field="rows")
    known = dict(batch.bad_rows.values_list("line", "pk"))
    for row in rows:
        if row["line"] not in known:
            words = _("Line %(line)d is not among the rows that were put aside and kept.")
            raise Unprocessable(words % {"line": row["line"]}, field="rows", row=row["line"])
    return {known[row["line"]]: row["text"] for row in rows}


def _is_row(row: Any) -> bool:
    if not isinstance(row, dict) or set(row) != {"line", "text"}:
        return False
    return type(row["line"]) is int and isinstance(row["text"], str)
