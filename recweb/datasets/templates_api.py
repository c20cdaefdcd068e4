"""/api/v1/templates/: ready-made templates of a trade, and the mappings that an admin kept."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import imports, reading, schemas, tasks, templates, trying
from recweb.datasets.api import find, person
from recweb.datasets.models import Import, MapTemplate
from recweb.lib.api import Unprocessable, known_params


def template_json(row: MapTemplate) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "mapping": row.mapping,
        "options": row.options,
        "rules": row.rules,
    }


@extend_schema(methods=["GET"], operation_id="templates", responses=schemas.ANY)
@extend_schema(
    methods=["POST"], operation_id="template_keep", request=schemas.ANY, responses=schemas.ANY
)
@extend_schema(
    methods=["DELETE"], operation_id="template_drop", request=schemas.ANY, responses={204: None}
)
@api_view(["GET", "POST", "DELETE"])
def kept(request: Request) -> Response:
    """Mappings to start from: {"industries": [...], "kept": [...]}. POST {"name",
    "kind", "mapping", "options", "rules"} keeps one (for `template` of imports/);
    DELETE {"name"} drops it."""
    known_params(request, ())
    if request.method == "GET":
        ready = [templates.in_words(code, found) for code, found in tasks.templates().items()]
        rows = MapTemplate.objects.order_by("name")
        return Response({"industries": ready, "kept": [template_json(row) for row in rows]})
    if request.method == "DELETE":
        name = schemas.body(request, {"name"}).get("name")
        if not name:
            raise Unprocessable(_("A template needs a name."), field="name")
        get_object_or_404(MapTemplate, name=str(name)).delete()
        return Response(status=204)
    given = schemas.body(request, {"name", "kind", "mapping", "options", "rules"})
    kind = given.get("kind", "interactions")
    if kind not in imports.KINDS:
        raise Unprocessable(_("“%(kind)s” is not a kind of file.") % {"kind": kind}, field="kind")
    batch = Import(kind=kind, mapping=schemas.mapping(given.get("mapping") or {}))
    batch.options = _options(given.get("options") or {})
    batch.rules = schemas.rules(given.get("rules") or [])
    made = templates.keep(schemas.text(given, "name"), batch, person(request))
    if made is None:
        raise Unprocessable(_("A template needs a name."), field="name")
    return Response(template_json(made), status=201)


def _options(given: Any) -> dict[str, Any]:
    try:
        if isinstance(given, dict):
            return reading.check(given)
        raise reading.Wrong(_("“%(name)s” must be JSON: %(shape)s.")
                            % {"name": "options", "shape": "{...}"})  # fmt: skip
    except reading.Wrong as wrong:
        raise Unprocessable(str(wrong), field="options") from None


@extend_schema(operation_id="rules_try", request=schemas.ANY, responses=schemas.ANY)
@api_view(["POST"])
def try_rules(request: Request, slug: str) -> Response:
    """What rules would make of twenty real events. Send {"rules": [...]}; confidence 0 is no
    positive."""
    version = schemas.version(request, find(request, slug))
    wanted = schemas.rules(schemas.body(request, {"rules"}).get("rules") or [])
    return Response({"events": [vars(row) for row in trying.tried(version, wanted)]})
