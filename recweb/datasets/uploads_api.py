"""/api/v1/uploads/: a large file in parts, to be gone on with after a broken connection.

POST   uploads/            {"file_name", "size"}           -> 201 {"id", "offset": 0, "part"}
PUT    uploads/ID/?offset=N  bytes, X-SHA256: hex of them  -> {"offset": N + length}
GET    uploads/ID/                                         -> where to go on
POST   datasets/SLUG/imports/  upload=ID, kind ...         -> 202, as with a file
"""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import schemas, uploads
from recweb.datasets.api import person
from recweb.datasets.imports import BadFile
from recweb.datasets.models import Upload
from recweb.lib.api import ApiError, Conflict, Unprocessable, known_params
from recweb.people import audit

STATE = inline_serializer(
    "UploadState",
    {
        "id": s.UUIDField(),
        "file_name": s.CharField(),
        "size": s.IntegerField(),
        "offset": s.IntegerField(help_text="bytes that are there; the next part begins here"),
        "part": s.IntegerField(help_text="bytes that a part may have"),
    },
)
ORDER = inline_serializer("UploadNew", {"file_name": s.CharField(), "size": s.IntegerField()})


class Bytes(BaseParser):
    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return bytes(stream.read(uploads.PART + 1))


def state(upload: Upload) -> dict[str, Any]:
    return {
        "id": str(upload.pk),
        "file_name": upload.file_name,
        "size": upload.size,
        "offset": upload.received,
        "part": uploads.PART,
    }


@extend_schema(operation_id="upload_new", request=ORDER, responses={201: STATE})
@api_view(["POST"])
def begin(request: Request) -> Response:
    """Announce a file. What nobody goes on with for an hour is removed."""
    known_params(request, ())
    given = schemas.body(request, {"file_name", "size"})
    size = given.get("size")
    if not isinstance(size, int) or isinstance(size, bool):
        raise Unprocessable(_("“size” is the number of bytes of the file."), field="size")
    try:
        upload = uploads.begin(person(request), schemas.text(given, "file_name"), size)
    except BadFile as error:
        raise refused(error) from None
    audit.record(request._request, "upload-new", str(upload.pk))
    return Response(state(upload), status=201)


@extend_schema(methods=["GET"], operation_id="upload", responses=STATE)
@extend_schema(
    methods=["PUT"],
    operation_id="upload_part",
    parameters=[
        OpenApiParameter("offset", int, required=True),
        OpenApiParameter("X-SHA256", str, OpenApiParameter.HEADER, required=True),
    ],
    request={"application/octet-stream": OpenApiTypes.BINARY},
    responses=STATE,
)
@extend_schema(methods=["DELETE"], operation_id="upload_delete", responses={204: None})
@api_view(["GET", "PUT", "DELETE"])
@parser_classes([Bytes])
def one(request: Request, upload_id: UUID) -> Response:
    """Where an upload is; PUT appends the part that begins at `offset`; DELETE gives it up."""
    upload = get_object_or_404(Upload, pk=upload_id, owner=person(request))
    if request.method == "DELETE":
        uploads.drop(upload)
        return Response(status=204)
    if request.method == "PUT":
        upload = _part(request, upload_id)
    else:
        known_params(request, ())
    return Response(state(upload))


def _part(request: Request, upload_id: UUID) -> Upload:
    known_params(request, {"offset"})
    offset = request.GET.get("offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 16):
        words = _("“offset” says at which byte of the file the part begins.")
        raise ApiError(400, "malformed", words, field="offset")
    data = request.data if isinstance(request.data, bytes) else b""
    try:
        return uploads.add(upload_id, int(offset), data, request.headers.get("X-SHA256", ""))
    except uploads.Elsewhere as error:
        raise Conflict(str(error), code="offset", field="offset") from None
    except uploads.Torn as error:
        raise Unprocessable(str(error), code="digest", field="X-SHA256") from None
    except BadFile as error:
        raise refused(error) from None


def refused(error: BadFile) -> ApiError:
    code = {413: "too_large", 429: "quota", 409: "conflict"}.get(error.status, "malformed")
    return ApiError(error.status, code, str(error), field="file")
