"""The page on which rows that were put aside are mended."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from recweb.datasets import imports, mending, tasks
from recweb.datasets.access import find_import, person
from recweb.datasets.models import Import
from recweb.jobs import orders
from recweb.lib.paging import page
from recweb.people import audit


@require_http_methods(["GET", "POST"])
def rows(request: HttpRequest, slug: str, import_id: int) -> HttpResponse:
    batch = find_import(request, slug, import_id)
    wrong, texts = "", changed(request, batch) if request.method == "POST" else {}
    if request.method == "POST":
        try:
            made, _job = mending.mend(batch, texts, person(request))
            audit.record(request, "import-mend", f"{slug}/{made.pk}", rows=len(texts))
            return redirect("dataset-check", slug)
        except (mending.Unmendable, imports.AlreadyThere) as error:
            wrong = str(error)
        except orders.Quota as quota:
            messages.error(request, quota.message)
    found = page(request, batch.bad_rows.order_by("line", "pk"))
    for row in found:
        row.words = tasks.words(row.code, row.args)
        row.editable = mending.editable(row)
        row.now = texts.get(row.pk, row.text)
    ctx = {
        "dataset": batch.dataset,
        "batch": batch,
        "page": found,
        "wrong": wrong,
        "columns": (batch.facts.get("delimiter") or ",").join(batch.facts.get("columns", [])),
        "here": "",
    }
    return render(request, "datasets/mend.html", ctx, status=422 if wrong else 200)


def changed(request: HttpRequest, batch: Import) -> dict[int, str]:
    """The rows whose text is no longer what was put aside."""
    sent = {
        int(name[4:]): str(text)
        for name, text in request.POST.items()
        if name.startswith("row-") and name[4:].isascii() and name[4:].isdigit()
    }
    old = dict(batch.bad_rows.filter(pk__in=sent).values_list("pk", "text"))
    return {pk: sent[pk] for pk, text in old.items() if sent[pk].strip() != text.strip()}
