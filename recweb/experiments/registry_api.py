"""/api/v1/models/ and its like: the registries, with JSON schemas of their parameters."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.experiments import schemas
from recweb.lib.api import known_params
from training import registry

TEXTS = ("name", "help", "when", "cost")


def entry(key: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Texts in the asker's language; `schema` is JSON Schema 2020-12."""
    language = "zh-hans" if (get_language() or "en").startswith("zh") else "en"
    out = {"id": key} | {name: value for name, value in spec.items() if name not in HIDDEN}
    for name in TEXTS:
        if isinstance(spec.get(name), dict):
            out[name] = spec[name].get(language) or spec[name].get("en", "")
    if "params" in spec:
        out["schema"] = registry.json_schema(spec, language)
    return out


HIDDEN = {"params", "module", "class"}


def listed(request: Request, specs: dict[str, dict[str, Any]]) -> Response:
    known_params(request, ())
    rows = [entry(key, spec) for key, spec in specs.items()]
    return Response({"count": len(rows), "next": None, "previous": None, "results": rows})


@extend_schema(operation_id="models", responses=schemas.REGISTRY)
@api_view(["GET"])
def models(request: Request) -> Response:
    """Models: what each needs, costs and takes."""
    return listed(request, registry.models())


@extend_schema(operation_id="metrics", responses=schemas.REGISTRY)
@api_view(["GET"])
def metrics(request: Request) -> Response:
    """Metrics: formula, range, direction and what they need."""
    return listed(request, registry.metrics())


@extend_schema(operation_id="rerankers", responses=schemas.REGISTRY)
@api_view(["GET"])
def rerankers(request: Request) -> Response:
    """Re-rankers: 0 is by relevance alone, 1 by diversity alone in all of them."""
    return listed(request, registry.rerankers())


@extend_schema(operation_id="strategies", responses=schemas.REGISTRY)
@api_view(["GET"])
def strategies(request: Request) -> Response:
    """Strategies that choose what annotators are asked."""
    return listed(request, registry.strategies())
