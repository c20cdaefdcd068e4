"""/search?q=: what Ctrl+K finds. Pages first, then datasets, experiments, users and items."""

from typing import NamedTuple, cast

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from recweb.datasets.models import Dataset, Item, Person
from recweb.experiments.models import Experiment
from recweb.pages.context import Chrome, address
from recweb.people.models import User

EACH = 5  # of a kind
LONGEST = 100


class Found(NamedTuple):
    name: str
    kind: str
    url: str


def search(request: HttpRequest) -> JsonResponse:
    text = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST]
    found = pages(request, text)
    user = cast(User, request.user)
    if user.may("analyst"):
        datasets = list(Dataset.objects.visible(user).order_by("name"))
        found += named(datasets, text)
        if text:
            found += runs(user, text) + things(datasets, text)
    rows = [row._asdict() for row in found if row.url]
    return JsonResponse({"results": rows}, json_dumps_params={"ensure_ascii": False})


def pages(request: HttpRequest, text: str) -> list[Found]:
    chrome = Chrome(request)
    links = [Found(str(link.name), _("page"), link.url) for link in [*chrome.nav, *chrome.foot]]
    links.append(Found(_("Account and keys"), _("page"), chrome.account_url))
    links.append(Found(_("Models"), _("page"), address("help-models")))
    if chrome.user and chrome.user.may("analyst"):
        links.append(Found(_("Tuning studies"), _("page"), address("studies")))
    return [link for link in links if text.casefold() in link.name.casefold()]


def named(datasets: list[Dataset], text: str) -> list[Found]:
    hits = [row for row in datasets if text.casefold() in f"{row.name} {row.slug}".casefold()]
    return [Found(row.name, _("dataset"), address("dataset", row.slug)) for row in hits[:EACH]]


def runs(user: User, text: str) -> list[Found]:
    wanted = Q(name__icontains=text) | Q(model__icontains=text)
    if text.isdecimal() and len(text) < 15:
        wanted |= Q(pk=int(text))
    rows = Experiment.objects.visible(user).table().filter(wanted).order_by("-created")[:EACH]
    return [Found(str(row), _("experiment"), address("experiment", row.pk)) for row in rows]


def things(datasets: list[Dataset], text: str) -> list[Found]:
    slugs = {row.pk: row.slug for row in datasets}
    items = Item.objects.filter(dataset__in=slugs).filter(
        Q(outside_id=text) | Q(title__icontains=text)
    )
    people = Person.objects.filter(dataset__in=slugs, outside_id=text)
    return [
        Found(row.name, _("item"), address("item", slugs[row.dataset_id], row.outside_id))
        for row in items.order_by("-n_events")[:EACH]
    ] + [
        Found(row.outside_id, _("user"), address("user", slugs[row.dataset_id], row.outside_id))
        for row in people[:EACH]
    ]
