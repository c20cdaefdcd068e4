"""A file comes in by the browser: upload, map, check and import, done. One address a step."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from recweb.datasets import imports, loading, tasks, templates
from recweb.datasets.access import find, person
from recweb.datasets.batches import accounts
from recweb.datasets.forms import NewForm, UploadForm
from recweb.datasets.links import later
from recweb.datasets.map_forms import ENCODINGS, MapForm, ReadForm
from recweb.datasets.models import Dataset, Import, ImportState, Kind, Upload
from recweb.datasets.names import free_slug
from recweb.datasets.refused import HOPELESS
from recweb.jobs import orders
from recweb.people import audit

if TYPE_CHECKING:
    from recweb.datasets.tasks import Preview

PARTS_FROM = 32 * 2**20  # bytes: larger files go in parts (parts.js)
SETTLED = (ImportState.LOADED, ImportState.REFUSED, ImportState.CANCELLED)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = NewForm(*_sent(request), owner=person(request))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                dataset = Dataset.objects.create(
                    slug=free_slug(form.cleaned_data["name"]),
                    name=form.cleaned_data["name"],
                    owner=person(request),
                )
                _keep(request, dataset, form, again=form.cleaned_data["again"])
            audit.record(request, "dataset-new", dataset.slug)
            return _go(request, reverse("dataset-map", args=[dataset.slug]))
        except imports.BadFile as error:
            form.add_error(error.field or "interactions", str(error))
        except imports.AlreadyThere as same:
            return _already(request, form, same)
    return _upload_page(request, form, None)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """More files for a dataset that is there."""
    dataset = find(request, slug)
    form = UploadForm(*_sent(request), owner=person(request))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                _keep(request, dataset, form, again=True)
            return _go(request, reverse("dataset-map", args=[slug]))
        except imports.BadFile as error:
            form.add_error(error.field, str(error))
        except imports.AlreadyThere as same:
            return _already(request, form, same, dataset)
    return _upload_page(request, form, dataset)


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _keep(request: HttpRequest, dataset: Dataset, form: UploadForm, *, again: bool) -> None:
    """All files or none: the rows by the transaction, the bytes by hand."""
    kept: list[tuple[Import, Path | None]] = []
    try:
        for kind, file in form.files_given():
            came_from = file.path if isinstance(file, Upload) else None
            batch = imports.keep(dataset, kind, file, str(file.name), person(request))
            kept.append((batch, came_from))
            _look(batch)
            imports.once(batch)
            if not again and (same := imports.elsewhere(batch.sha256, person(request))):
                raise imports.AlreadyThere(same)
            batch.save()
            audit.record(request, "upload", f"{dataset.slug}/{batch.pk}", sha256=batch.sha256)
    except BaseException:
        for batch, came_from in kept:
            if came_from is None:
                batch.path.unlink(missing_ok=True)
            else:  # what came in parts need not come again
                batch.path.replace(came_from)
        raise


def _look(batch: Import) -> None:
    """A file that cannot be read in any way is said at once, and no dataset is made for it."""
    try:
        tasks.preview(batch)
    except tasks.Unreadable as refusal:
        if refusal.code in HOPELESS:
            words = _("%(why)s Nothing was stored.") % {"why": refusal}
            raise imports.BadFile(words, field=batch.kind) from None


def _already(
    request: HttpRequest,
    form: UploadForm,
    same: imports.AlreadyThere,
    dataset: Dataset | None = None,
) -> HttpResponse:
    url = reverse("import", args=[same.batch.dataset.slug, same.batch.pk])
    return _upload_page(request, form, dataset, status=409, same=same, same_url=url)


def _upload_page(
    request: HttpRequest,
    form: UploadForm,
    dataset: Dataset | None,
    status: int | None = None,
    **more: Any,
) -> HttpResponse:
    ctx = {"form": form, "dataset": dataset, "step": 1, "parts_from": PARTS_FROM, **more}
    status = status or (422 if form.errors else 200)
    return render(request, "datasets/upload.html", ctx, status=status)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """upload.js sends the form itself, to show real progress, and follows this."""
    if request.headers.get("X-Upload") == "1":
        return HttpResponse(status=204, headers={"X-Next": url})
    return redirect(url)


@require_http_methods(["GET", "POST"])
def map_columns(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    waiting = list(dataset.imports.filter(state=ImportState.UPLOADED).order_by("pk"))
    if not waiting:
        return redirect("dataset-check", slug)
    parts = [_part(request, batch) for batch in waiting]
    start = request.method == "POST" and "reread" not in request.POST
    if request.method == "POST":
        for part in parts:
            _remember(part, keep_mapping=start)
        if not start and all(part["read"].is_valid() for part in parts):
            return redirect("dataset-map", slug)
        if start and all(part["ready"] for part in parts):
            for part in parts:
                name = request.POST.get(f"f{part['batch'].pk}-keep", "")
                templates.keep(name, part["batch"], person(request))
            return _begin(request, dataset, waiting)
    unread = any("refusal" in part for part in parts)  # such a file is read otherwise, or goes
    ctx = {"dataset": dataset, "parts": parts, "step": 2, "unread": unread}
    return render(
        request, "datasets/map.html", ctx, status=422 if request.method == "POST" else 200
    )


def _part(request: HttpRequest, batch: Import) -> dict[str, Any]:
    """One file on the page: its first rows, and the two forms over them."""
    data = request.POST if request.method == "POST" else None
    prefix = f"f{batch.pk}"
    initial = ReadForm.given(batch.options)
    read = ReadForm(batch.kind, data, prefix=f"{prefix}-read", initial=initial)
    part: dict[str, Any] = {"batch": batch, "read": read, "ready": False, "form": None}
    part["reread"] = request.POST.get("reread", "")
    part["before"] = loading.refusal_words(batch)
    part["chosen"] = any(pair != ("zone", "UTC") for pair in batch.options.items())
    try:
        seen = tasks.preview(batch)
    except tasks.Unreadable as refusal:
        # a mapping kept for another reading of the file may name columns that are gone
        batch.mapping = {}
        try:
            seen = tasks.preview(batch)
        except tasks.Unreadable:
            return {**part, "refusal": str(refusal)}
    nameless = ("anonymous", "numbered")
    anonymous = read.is_valid() and any(read.cleaned_data.get(name) for name in nameless)
    anonymous = anonymous or bool(batch.options.get("anonymous"))
    form = MapForm(
        batch.kind,
        seen.columns,
        data,
        prefix=prefix,
        initial=seen.mapping,
        anonymous=anonymous,
    )
    ready = data is not None and form.is_valid() and read.is_valid()
    looks = templates.looks_like(batch, seen)
    lists = batch.kind == Kind.INTERACTIONS and len(seen.columns) == 1
    bare = bool(seen.missing) and not lists and batch.options.get("header", True)
    readings = _readings(seen)
    more = {"looks": looks, "lists": lists, "bare": bare and not anonymous, "readings": readings}
    more["describing"] = tasks.describing(batch.kind, seen.unread)
    more["others"] = [] if seen.sure and not batch.options.get("encoding") else _others(readings)
    return {**part, "form": form, "seen": seen, "ready": ready, **more}


def _readings(seen: "Preview") -> list[dict[str, Any]]:
    """How the lines that are not plain read in each encoding that fits, the taken one first."""
    names = dict(ENCODINGS)
    return [
        {"code": one.encoding, "name": names.get(one.encoding, one.encoding), "lines": one.lines}
        for one in seen.readings
    ]


def _others(readings: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """The encodings that did not suggest themselves; UTF-8 it is not, or there were no readings."""
    shown = {"", "utf-8", *(one["code"] for one in readings)}
    return [pair for pair in ENCODINGS if pair[0] not in shown]


def _remember(part: dict[str, Any], *, keep_mapping: bool) -> None:
    """What was chosen stays, also when another part of the form is wrong (Back keeps all)."""
    batch: Import = part["batch"]
    if part["read"].is_valid():
        batch.options = part["read"].options()
    if encoding := _encoding(part, seen=keep_mapping):
        batch.options["encoding"] = encoding
    form: MapForm | None = part["form"]
    batch.mapping = form.mapping() if keep_mapping and form is not None and part["ready"] else {}
    if not keep_mapping and part["read"].is_valid():
        templates.apply(part["read"].cleaned_data.get("template"), batch)
    Import.objects.filter(pk=batch.pk, state=ImportState.UPLOADED).update(
        options=batch.options, mapping=batch.mapping
    )


def _encoding(part: dict[str, Any], *, seen: bool) -> str:
    """The encoding whose button was pressed; whoever goes on agrees to the one that is shown."""
    readings = part.get("readings") or []
    asked, _, number = str(part["reread"]).partition(":")
    if asked in dict(ENCODINGS) and number == str(part["batch"].pk):
        return asked
    return str(readings[0]["code"]) if seen and readings else ""


def _begin(request: HttpRequest, dataset: Dataset, waiting: list[Import]) -> HttpResponse:
    order = {"items": 0, "users": 1, "triples": 2, "interactions": 3}
    try:
        with transaction.atomic():
            for batch in sorted(waiting, key=lambda batch: order[batch.kind]):
                imports.begin(batch, person(request))
    except (orders.Quota, imports.AlreadyThere) as error:
        messages.error(request, str(error))
        return redirect("dataset-map", dataset.slug)
    return redirect("dataset-check", dataset.slug)


@require_GET
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """The running imports, live; then what came of them."""
    dataset = find(request, slug)
    batches = imports.with_jobs(dataset.imports.select_related("dataset").order_by("-pk")[:6])
    if not batches:
        return redirect("dataset-upload", slug)
    newest = {(batch.kind, batch.sha256): batch.pk for batch in reversed(batches)}
    batches = [batch for batch in batches if newest[batch.kind, batch.sha256] == batch.pk]
    busy = [place for place, batch in enumerate(batches) if batch.state not in SETTLED]
    shown = batches[: max([2, *busy]) + 1]  # newest first; what is in already keeps its counts here
    rows = accounts(shown)
    done = _over(batches)
    to_map = any(batch.state == ImportState.UPLOADED for batch in shown)
    back = "dataset-map" if to_map else "dataset-upload"  # the map without a file leads here again
    ctx = {"dataset": dataset, "rows": rows, "step": 3, "done": done, "back": back}
    return render(request, "datasets/check.html", ctx)


def _over(batches: list[Import]) -> bool:
    """Something is in, and what was refused has come again since, mended. Newest first."""
    in_since: set[str] = set()  # kinds of which a newer file is in
    for batch in batches:
        if batch.state == ImportState.LOADED:
            in_since.add(batch.kind)
        elif batch.state not in SETTLED:
            return False
        elif batch.state == ImportState.REFUSED and batch.kind not in in_since:
            return False
    return bool(in_since)


@require_GET
def done(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    batches = dataset.imports.filter(state=ImportState.LOADED).order_by("-loaded")[:3]
    ctx = {
        "dataset": dataset,
        "version": dataset.version,
        "batches": batches,
        "alone": not dataset.members.exists(),
        "step": 4,
        "experiment_new": later("experiment-new"),
    }
    return render(request, "datasets/done.html", ctx)
