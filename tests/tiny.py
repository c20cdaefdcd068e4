"""A few real views for tests of what surrounds every view. Used as ROOT_URLCONF."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from recweb import urls as real
from recweb.access import ROUTES as TABLE
from recweb.lib import api


@pytest.fixture
def tiny_site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "tests.tiny"
    for name, row in ROUTES.items():
        monkeypatch.setitem(TABLE, name, row)


ROUTES = {
    "api-make": {"POST": "annotator", "GET": "annotator"},
    "api-file": {"POST": "admin"},
    "api-fail": {"GET": "anonymous", "POST": "annotator"},
    "fail": {"GET": "anonymous", "POST": "anonymous"},
    "echo": {"POST": "anonymous"},
    "api-serve": {"GET": "serving"},
}


@api_view(["GET", "POST"])
@api.idempotent
def make(request: Request) -> Response:
    """POST makes a row; GET lists rows, page by page."""
    if request.method == "GET":
        return api.paged(request, Group.objects.order_by("name"), lambda row: row.name, {"search"})
    if request.data.get("slow"):
        time.sleep(0.2)
    name = request.data.get("name")
    if not name:
        raise api.Unprocessable("a name is needed", field="name")
    row = Group.objects.create(name=f"{name} {Group.objects.count()}")
    return Response({"id": row.pk}, status=201)


@api_view(["POST"])
@parser_classes([MultiPartParser])
def file(request: Request) -> Response:
    found = request.data.get("file")
    row = Group.objects.create(name=f"{found.name} {Group.objects.count()}")
    return Response({"id": row.pk, "size": found.size})


class _Form(serializers.Serializer):
    age = serializers.IntegerField()


@api_view(["GET"])
def serve(request: Request) -> Response:
    return Response({"dataset": request.auth.dataset_id if request.auth else None})


def _fail(kind: str) -> Any:
    if kind == "database":
        raise OperationalError("connection to server failed: password=CANARY")
    if kind == "conflict":
        raise api.Conflict("taken")
    if kind == "row":
        raise api.ApiError(400, "bad_row", "line 3 is short", field="file", row=3)
    if kind == "form":
        _Form(data={"age": "x"}).is_valid(raise_exception=True)
    raise ValueError("a bug; secret path /home/x")


@api_view(["GET", "POST"])
def api_fail(request: Request, kind: str) -> Response:
    _fail(kind)
    return Response()


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    _fail(kind)
    return HttpResponse()


def echo(request: HttpRequest) -> HttpResponse:
    return JsonResponse({name: file.size for name, file in request.FILES.items()})


urlpatterns = [
    path("api/v1/make/", make, name="api-make"),
    path("api/v1/file/", file, name="api-file"),
    path("api/v1/fail/<str:kind>/", api_fail, name="api-fail"),
    path("api/v1/serve/", serve, name="api-serve"),
    path("fail/<str:kind>/", fail, name="fail"),
    path("echo/", echo, name="echo"),
    path("", include(real.urlpatterns)),
]
handler400, handler403, handler404, handler500 = (
    real.handler400,
    real.handler403,
    real.handler404,
    real.handler500,
)
