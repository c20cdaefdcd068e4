"""/api/v1/datasets/{slug}/users/ and items/: what one user or item did, and the search."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import item_log, rows, schemas, search
from recweb.datasets.api import PAGE, find
from recweb.datasets.clock import moment
from recweb.datasets.models import Dataset, Item, Person
from recweb.lib.api import known_params, paged

SEARCH = OpenApiParameter(
    "search", str, description="part of a title, or how an id begins; count says 5000 for more"
)
SHOWN = 200


@extend_schema(operation_id="users", parameters=[SEARCH, PAGE], responses=schemas.ANY)
@api_view(["GET"])
def users(request: Request, slug: str) -> Response:
    """Users of the log, busiest first."""
    found = search.people(find(request, slug), request.GET.get("search", ""))
    return paged(request, found, user_json, also={"search"})


@extend_schema(operation_id="items", parameters=[SEARCH, PAGE], responses=schemas.ANY)
@api_view(["GET"])
def items(request: Request, slug: str) -> Response:
    """Items of the log and the catalogue, most popular first."""
    found = search.items(find(request, slug), request.GET.get("search", ""))
    return paged(request, found, item_json, also={"search"})


@extend_schema(operation_id="user", responses=schemas.ANY)
@api_view(["GET"])
def user(request: Request, slug: str, outside_id: str) -> Response:
    """A user, named by the outside id: facts and history, newest first."""
    known_params(request, ())
    dataset = find(request, slug)
    row = Person.objects.filter(dataset=dataset, outside_id=rows.clean(outside_id)).first()
    if row is None:
        raise Http404
    events = rows.history(dataset.pk, row.code, SHOWN)
    named = rows.titles(dataset.pk, {event.code for event in events if event.code is not None})
    history = [
        {
            "item": named[event.code].outside_id if event.code in named else None,
            "title": named[event.code].title if event.code in named else "",
            **event_json(event),
        }
        for event in events
    ]
    return Response({**user_json(row), "attributes": row.attributes, "history": history})


@extend_schema(operation_id="item", responses=schemas.ANY)
@api_view(["GET"])
def item(request: Request, slug: str, outside_id: str) -> Response:
    """An item, named by the outside id: facts, newest events, and items of the same users."""
    known_params(request, ())
    dataset = find(request, slug)
    row = Item.objects.filter(dataset=dataset, outside_id=rows.clean(outside_id)).first()
    if row is None:
        raise Http404
    events, _months, near = item_log.story(dataset, row, SHOWN)
    people = rows.user_ids(dataset.pk, {event.code for event in events if event.code is not None})
    more = {
        "text": row.text,
        "attributes": row.attributes,
        "events": [{"user": people.get(event.code or 0), **event_json(event)} for event in events],
        "neighbours": _neighbours(dataset, near),
    }
    return Response({**item_json(row), **more})


def _neighbours(dataset: Dataset, near: list[tuple[int, int]]) -> list[dict[str, Any]]:
    named = rows.titles(dataset.pk, [code for code, _ in near])
    return [
        {"item": named[code].outside_id, "title": named[code].title, "shared_users": shared}
        for code, shared in near
        if code in named
    ]


def event_json(event: rows.Event) -> dict[str, Any]:
    return {"event": event.event, "value": event.value, "at": moment(event.at)}


def user_json(row: Person) -> dict[str, Any]:
    return {"user": row.outside_id, "events": row.n_events}


def item_json(row: Item) -> dict[str, Any]:
    return {
        "item": row.outside_id,
        "title": row.title,
        "topics": row.topics,
        "year": row.year,
        "in_catalogue": row.in_catalogue,
        "events": row.n_events,
    }
