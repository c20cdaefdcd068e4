"""One uploaded file: its account, its bad rows, and the decision about it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from recweb.datasets import imports, loading, privacy, tasks
from recweb.datasets.access import find_import, person
from recweb.datasets.models import Import, ImportState, Quarantined
from recweb.jobs import orders
from recweb.lib.csvfile import csv_response
from recweb.lib.paging import page, query
from recweb.people import audit

COMMONEST = 3  # reasons beside the decision; the file's own page has all


@require_GET
def batch(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    row = find_import(request, slug, import_id)
    reason = request.GET.get("reason", "")
    found = page(request, _bad(row, reason))
    for bad in found:
        bad.words = tasks.words(bad.code, bad.args)
    ctx = {
        "dataset": row.dataset,
        "batch": row,
        "job": row.job,
        "page": found,
        "reason": reason,
        "reasons": _reasons(row, imports.examples(row)),
        "has_rows": row.bad_rows.exists(),
        "notes": [tasks.words(note["code"], note["args"], note=True) for note in row.notes],
        "refusal": loading.refusal_words(row),
        "gone": _gone(row),
        "here": query(request, page=None),
    }
    return render(request, "datasets/import.html", ctx)


def _gone(row: Import) -> str:
    """Why the file itself is not here any more; empty while it is."""
    if row.is_kept or row.state == ImportState.CANCELLED:
        return ""
    if row.state == ImportState.LOADED and privacy.wants_pseudonyms(row.dataset):
        return _("The file itself is not kept: this dataset holds pseudonyms only.")
    if row.dataset.erased.exists():
        return _(
            "The file itself was removed when a user was erased: it named the user, or could not "
            "be searched."
        )
    return _("The file itself is not here any more.")


def _bad(row: Import, reason: str) -> "QuerySet[Quarantined]":
    rows = row.bad_rows.order_by("line", "pk")
    return rows.filter(code=reason) if reason else rows


def _reasons(row: Import, examples: dict[str, dict[str, Any]]) -> list[tuple[str, str, int]]:
    """(code, an example in words, rows), most rows first."""
    ranked = sorted(row.reasons.items(), key=lambda pair: -pair[1])
    return [(code, tasks.words(code, examples.get(code, {})), count) for code, count in ranked]


def accounts(batches: Iterable[Import]) -> list[dict[str, Any]]:
    """What came of each file; of those that wait, why most of their rows were put aside."""
    batches = list(batches)
    waiting = [row for row in batches if row.state == ImportState.WAITING]
    examples = imports.examples_of(waiting) if waiting else {}
    why = {row.pk: _reasons(row, examples[row.pk]) for row in waiting}
    return [_account(row, why.get(row.pk, [])) for row in batches]


def _account(row: Import, why: list[tuple[str, str, int]]) -> dict[str, Any]:
    return {
        "batch": row,
        "job": row.job,
        "refusal": loading.refusal_words(row),
        "commonest": why[:COMMONEST],
        "others": sum(n for _code, _words, n in why[COMMONEST:]),
    }


@require_GET
def bad_csv(request: HttpRequest, slug: str, import_id: int) -> HttpResponseBase:
    row = find_import(request, slug, import_id)
    header = [_("line"), _("column"), _("code"), _("reason"), _("row")]
    rows = (
        (bad.line, bad.column, bad.code, tasks.words(bad.code, bad.args), bad.text)
        for bad in row.bad_rows.order_by("line", "pk")
    )
    return csv_response(f"{slug}-{row.pk}-bad-rows", header, rows)


@require_GET
def file(request: HttpRequest, slug: str, import_id: int) -> HttpResponseBase:
    """The bytes as they came: to keep, never to look at in the browser (SEC-15)."""
    row = find_import(request, slug, import_id)
    if not row.path.is_file():
        raise Http404
    response = FileResponse(
        row.path.open("rb"),
        as_attachment=True,
        filename=f"upload-{row.pk}.bin",
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_POST
def decide(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    row = find_import(request, slug, import_id)
    wanted = request.POST.get("decision")
    if wanted == "accept":
        try:
            job = imports.accept(row, person(request))
        except (orders.Quota, imports.AlreadyThere, imports.BadFile) as error:
            messages.error(request, str(error))
            return redirect("import", slug, import_id)
        if job is not None:
            audit.record(request, "import-accept", f"{slug}/{row.pk}")
            return redirect("dataset-check", slug)
    elif wanted == "again":
        return _again(request, row)
    elif wanted == "discard" and imports.discard(row):
        audit.record(request, "import-discard", f"{slug}/{row.pk}")
        messages.success(request, _("The file was discarded; nothing of it was imported."))
        return redirect("import", slug, import_id)
    messages.error(request, _("This file does not wait for a decision (any more)."))
    return redirect("import", slug, import_id)


def _again(request: HttpRequest, row: Import) -> HttpResponse:
    """What a refusal asks for can only be said where the columns are mapped."""
    slug = row.dataset.slug
    try:
        if imports.again(row):
            audit.record(request, "import-again", f"{slug}/{row.pk}")
            return redirect("dataset-map", slug)
        messages.error(request, _("This file does not wait for a decision (any more)."))
    except imports.AlreadyThere as error:
        messages.error(request, str(error))
    return redirect("import", slug, row.pk)


OPEN = (ImportState.UPLOADED, ImportState.CHECKING, ImportState.WAITING)
