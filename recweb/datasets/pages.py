"""The list of datasets, and the profile of one, tab by tab."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from recweb.datasets import (
    checks,
    figures,
    imports,
    loading,
    people,
    rows,
    search,
    standing,
    timeline,
    weighing,
)
from recweb.datasets.access import find, person
from recweb.datasets.clock import moment
from recweb.datasets.exclusion import left_out
from recweb.datasets.manage import TABS, rule_forms, tokens_of
from recweb.datasets.models import (
    Dataset,
    EventName,
    Import,
    ImportState,
    Interaction,
    Item,
    Version,
)
from recweb.datasets.setting_forms import SettingsForm
from recweb.jobs.models import Job
from recweb.lib.paging import page, query
from recweb.people.models import User


@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    newest = Version.objects.filter(dataset=OuterRef("pk")).order_by("-number")
    open_import = Import.objects.filter(
        dataset=OuterRef("pk"), state__in=(ImportState.UPLOADED, ImportState.WAITING)
    )
    found = Dataset.objects.visible(person(request)).annotate(
        version_id=Subquery(newest.values("pk")[:1]),
        open_import=Subquery(open_import.order_by("pk").values("state")[:1]),
    )
    shown = page(request, found.order_by("name", "pk"))
    versions = Version.objects.in_bulk([row.version_id for row in shown if row.version_id])
    busy = set(
        Job.objects.live()
        .filter(dataset_id__in=[row.pk for row in shown], kind="import")
        .values_list("dataset_id", flat=True)
    )
    table = [
        {"dataset": row, "version": versions.get(row.version_id), "busy": row.pk in busy}
        for row in shown
    ]
    return render(request, "datasets/datasets.html", {"page": shown, "table": table})


@require_GET
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    row = find(request, slug)
    tab = request.GET.get("tab", "overview")
    if tab not in PARTS:
        tab = "overview"
    number = request.GET.get("version", "")
    if number.isascii() and number.isdigit() and len(number) < 9:
        version: Version | None = get_object_or_404(row.versions, number=int(number))
    else:
        version = row.version
    files, jobs = imports.with_live_jobs(row, _to_look_at(row))
    ctx = {
        "dataset": row,
        "version": version,
        "tab": tab,
        "tabs": TABS,
        "open_imports": [(batch, loading.refusal_words(batch)) for batch in files],
        "jobs": jobs,
        **PARTS[tab](request, row, version),
    }
    return render(request, f"datasets/{tab}.html", ctx)


SPLITS = ("temporal", "user-temporal", "leave-last", "random")  # JSON keeps no order
CHOICES = 200  # accounts in one list to choose from
OPEN = (ImportState.UPLOADED, ImportState.WAITING)
Ctx = dict[str, Any]


def _overview(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    if version is None:
        return {}
    splits = version.profile.get("splits", {})
    named = [(name, splits[name]) for name in SPLITS if name in splits]
    return {
        "charts": figures.overview(version),
        "topics": version.profile["topics"],
        "counts": version.profile["counts"],
        "gini": version.profile["gini"],
        "first": moment(version.profile["counts"]["first"]),
        "last": moment(version.profile["counts"]["last"]),
        "splits": named,
        "auto": splits.get("auto", {}),
    }


def _to_look_at(row: Dataset) -> "QuerySet[Import]":
    """Files that wait for somebody, and those refused since the last one that got in."""
    loaded = Import.objects.filter(dataset=OuterRef("dataset"), state=ImportState.LOADED)
    last = Coalesce(Subquery(loaded.order_by("-pk").values("pk")[:1]), 0)
    refused = Q(state=ImportState.REFUSED, pk__gt=last)
    return row.imports.filter(Q(state__in=OPEN) | refused).order_by("pk")[:6]


def _interactions(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    names = dict(EventName.objects.filter(dataset_id=row.pk).values_list("code", "name"))
    newest = row.version if "version" in request.GET else version
    if newest is None:
        return {}
    asked = _wanted(request, row)
    found = _filtered(request, newest, names, asked)
    shown = page(request, found)
    by_time = isinstance(found, timeline.Timeline) and newest.profile["quality"]["has_times"]
    items = {event.item_code for event in shown if event.item_code is not None}
    titles = asked.titles or rows.titles(row.pk, items)
    codes, user = {event.user_code for event in shown}, request.GET.get("user", "").strip()
    people = dict.fromkeys(codes, user) if user else rows.user_ids(row.pk, codes)
    named = row.imports.filter(pk__in={event.import_id for event in shown})
    files = dict(named.values_list("pk", "file_name"))
    table = [
        {
            "user": people.get(event.user_code, ""),
            "item": titles.get(event.item_code) if event.item_code is not None else None,
            "event": names.get(event.event, ""),
            "value": event.value,
            "at": moment(event.at),
            "line": event.line,
            "import_id": event.import_id,
            "file_name": files.get(event.import_id, ""),
        }
        for event in shown
    ]
    return {
        "page": shown,
        "newest": newest,
        "by_time": by_time,
        "left_out": 0 if user else len(left_out(newest)),
        "table": table,
        "names": names,
        "wrong": asked.wrong,
        "here": query(request, page=None),
        "asked": request.GET,
    }


class Wanted(NamedTuple):
    """What the filter names: codes by side, the item as it is shown, what was not found."""

    codes: dict[str, int]
    titles: dict[int, rows.Named]
    wrong: str = ""


def _wanted(request: HttpRequest, row: Dataset) -> Wanted:
    user, item = request.GET.get("user", "").strip(), request.GET.get("item", "").strip()
    codes: dict[str, int] = {}
    titles: dict[int, rows.Named] = {}
    if user:
        code = rows.user_code(row.pk, user)
        if code is None:
            return Wanted({}, {}, _("There is no user “%(id)s” here.") % {"id": user})
        codes["users"] = code
    if item:
        titles = rows.titled(row.pk, item)
        if not titles:
            return Wanted({}, {}, _("There is no item “%(id)s” here.") % {"id": item})
        codes["items"] = next(iter(titles))
    return Wanted(codes, titles)


def _filtered(
    request: HttpRequest, newest: Version, names: dict[int, str], asked: Wanted
) -> "QuerySet[Interaction] | standing.Counted | timeline.Timeline":
    """Rows of the version. Who is left out is shown when asked for."""
    if asked.wrong:
        return Interaction.objects.none()
    wanted, event = dict(asked.codes), request.GET.get("event", "")
    event = event if event in names.values() else ""
    n = None if wanted else standing.known(newest, event)
    if event:
        wanted["events"] = next(code for code, name in names.items() if name == event)
    if newest.n_interactions > timeline.LONG and wanted.get("users") not in left_out(newest):
        return timeline.Timeline(newest, wanted, n)
    found = standing.of(newest, everybody="users" in wanted).order_by("import_id", "line")
    columns = {"users": "user_code", "items": "item_code", "events": "event"}
    found = found.filter(**{columns[name]: code for name, code in wanted.items()})
    return found if n is None else standing.Counted(found, n)


def _users(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    text = request.GET.get("q", "")
    bots = dict(version.profile["quality"]["bots"]) if version else {}
    hits = search.people(row, text)
    if row.erased.exists():  # nobody's rows, which stay for their codes
        hits = hits.only(f"n_events > 0 OR outside_id !~ '{people.NOBODY}'")
    shown = page(request, hits)
    for found in shown:
        found.bot = bots.get(found.code)
    return {"page": shown, "text": text, "here": query(request, page=None)}


def _items(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    text, only = request.GET.get("q", ""), request.GET.get("only", "")
    found = search.items(row, text)
    wanted = {
        "cold": "n_events = 0",
        "unlisted": "NOT in_catalogue AND n_events > 0",
        "untitled": "title = ''",
    }
    if only in wanted:
        found = found.only(wanted[only])
    choices = [
        ("", _("all")),
        ("cold", _("without events")),
        ("unlisted", _("not in the catalogue")),
        ("untitled", _("without title")),
    ]
    return {
        "page": page(request, found),
        "text": text,
        "only": only,
        "choices": choices,
        "listed": Item.objects.filter(dataset=row, in_catalogue=True).exists(),
        "here": query(request, page=None),
    }


def _quality(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    return {"checks": checks.health(version) if version else []}


def _versions(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    found = row.versions.select_related("owner").annotate(n_files=Count("imports"))
    found = found.order_by("-number")
    imports = row.imports.select_related("owner").order_by("-pk")
    files = page(request, imports, name="files")
    return {"page": page(request, found), "files": files}


def _members(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    members = row.members.select_related("user").order_by("user__username")
    taken = members.values("user_id")
    others = User.objects.filter(is_active=True).exclude(pk__in=taken).order_by("username")
    choices = list(others[: CHOICES + 1]) if person(request).is_admin else []
    by_name = len(choices) > CHOICES  # then the name is typed
    return {"page": page(request, members), "others": choices[:CHOICES], "by_name": by_name}


def _settings(request: HttpRequest, row: Dataset, version: Version | None) -> Ctx:
    tokens = tokens_of(row)
    return {
        "form": SettingsForm(instance=row),
        "rule_forms": rule_forms(row),
        "tokens": tokens,
        "learned": weighing.shown(row),
    }


PARTS: dict[str, Callable[[HttpRequest, Dataset, Version | None], Ctx]] = {
    "overview": _overview,
    "interactions": _interactions,
    "users": _users,
    "items": _items,
    "quality": _quality,
    "versions": _versions,
    "members": _members,
    "settings": _settings,
}
