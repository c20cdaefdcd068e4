"""Find a user or an item, and see what the log says about it."""

from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from recweb.datasets import figures, item_log, rows, search
from recweb.datasets.access import find, person
from recweb.datasets.clock import moment
from recweb.datasets.links import later
from recweb.datasets.models import Dataset, Item, Person
from recweb.lib.paging import page, query

SHOWN = 200
RANDOM = 8


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    known = list(Dataset.objects.visible(person(request)).order_by("name"))
    slug = request.GET.get("dataset", "")
    dataset = find(request, slug) if slug else next(iter(known), None)
    return _search(request, dataset, known, request.GET.get("kind", "items"))


@require_GET
def users(request: HttpRequest, slug: str) -> HttpResponse:
    return redirect(f"{reverse('explore')}?dataset={find(request, slug).slug}&kind=users")


@require_GET
def items(request: HttpRequest, slug: str) -> HttpResponse:
    return redirect(f"{reverse('explore')}?dataset={find(request, slug).slug}&kind=items")


def _search(
    request: HttpRequest, dataset: Dataset | None, known: list[Dataset], kind: str
) -> HttpResponse:
    text = request.GET.get("q", "")
    ctx: dict[str, Any] = {"dataset": dataset, "datasets": known, "kind": kind, "text": text}
    if dataset is not None:
        find_all = search.people if kind == "users" else search.items
        ctx["page"] = page(request, find_all(dataset, text))
        ctx["many"] = bool(text) and ctx["page"].paginator.count >= search.COUNTED
        ctx["random"] = [] if text else some(dataset, kind)
    ctx["here"] = query(request, page=None)
    return render(request, "explore/explore.html", ctx)


def some(dataset: Dataset, kind: str) -> list[Person] | list[Item]:
    """A few to look at, other ones each time."""
    import random

    table: Any = Person if kind == "users" else Item
    last = table.objects.filter(dataset=dataset).aggregate(last=Max("code"))["last"]
    if last is None:
        return []
    codes = random.sample(range(last + 1), min(RANDOM, last + 1))
    return list(table.objects.filter(dataset=dataset, code__in=codes).order_by("code"))


@require_GET
def user(request: HttpRequest, slug: str, outside_id: str) -> HttpResponse:
    dataset = find(request, slug)
    row = Person.objects.filter(dataset=dataset, outside_id=rows.clean(outside_id)).first()
    if row is None:
        return _missing(request, dataset, "users", outside_id)
    events = rows.history(dataset.pk, row.code, SHOWN)
    named = rows.titles(dataset.pk, {event.code for event in events if event.code is not None})
    history = [
        {"item": named.get(event.code or 0) if event.code is not None else None,
         "event": event.event, "value": event.value, "at": moment(event.at)}
        for event in events
    ]  # fmt: skip
    version = dataset.version
    bots = dict(version.profile["quality"]["bots"]) if version else {}
    ctx = {
        "dataset": dataset,
        "row": row,
        "history": history,
        "shown": SHOWN,
        "bot": bots.get(row.code),
        "taste": figures.taste(
            rows.taste(dataset.pk, row.code), _("Categories of what this user took up.")
        ),
        "over_time": figures.by_month(
            rows.months(dataset.pk, row.code, "user"), _("Events by month.")
        ),
        "lists_url": later("user-lists", slug, outside_id),
        **_around(Person, dataset, row.code),
    }
    return render(request, "explore/user.html", ctx)


@require_GET
def item(request: HttpRequest, slug: str, outside_id: str) -> HttpResponse:
    dataset = find(request, slug)
    row = Item.objects.filter(dataset=dataset, outside_id=rows.clean(outside_id)).first()
    if row is None:
        return _missing(request, dataset, "items", outside_id)
    events, months, near = item_log.story(dataset, row, SHOWN)
    people = rows.user_ids(dataset.pk, {event.code for event in events if event.code is not None})
    named = rows.titles(dataset.pk, [code for code, _shared in near])
    ctx = {
        "dataset": dataset,
        "row": row,
        "events": [
            {"user": people.get(event.code or 0, ""), "event": event.event,
             "value": event.value, "at": moment(event.at)}
            for event in events
        ],
        "shown": SHOWN,
        "neighbours": [(named[code], shared) for code, shared in near if code in named],
        "over_time": figures.by_month(months, _("Events by month.")),
        "lists_url": later("item-lists", slug, outside_id),
        **_around(Item, dataset, row.code),
    }  # fmt: skip
    return render(request, "explore/item.html", ctx)


def _around(table: Any, dataset: Dataset, code: int) -> dict[str, str | None]:
    """Outside ids of the neighbours in code order."""
    found = table.objects.filter(dataset=dataset, code__in=(code - 1, code + 1))
    near = dict(found.values_list("code", "outside_id"))
    return {"previous": near.get(code - 1), "next": near.get(code + 1)}


def _missing(request: HttpRequest, dataset: Dataset, kind: str, outside_id: str) -> HttpResponse:
    version = dataset.version
    ctx = {"dataset": dataset, "kind": kind, "outside_id": outside_id[:300], "version": version}
    return render(request, "explore/missing.html", ctx, status=404)
