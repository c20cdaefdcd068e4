"""The analyst's side of a queue: order it, watch it, pause it, learn from it."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recweb.experiments import orders as experiments
from recweb.jobs import orders as jobs
from recweb.labeling import agreement, bought, gold, orders, prelabels, shadows, tallies
from recweb.labeling.access import find, person
from recweb.labeling.forms import QueueForm
from recweb.labeling.models import VALUES, Queue

HINTS = {
    "chance": gettext_lazy("known answers: no better than chance"),
    "fast": gettext_lazy("over three times as fast as usual"),
    "always": gettext_lazy("nearly always the same answer"),
}


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """?run=: the run to choose from."""
    user = person(request)
    if request.method == "GET":
        form = QueueForm(user, initial={"experiment": request.GET.get("run")})
        return render(request, "labeling/new.html", {"form": form})
    form = QueueForm(user, request.POST)
    if form.is_valid():
        try:
            return redirect("queue", orders.create(owner=user, **form.cleaned_data).pk)
        except orders.Refused as error:
            form.add_error(error.field or None, error.message)
        except jobs.Quota as quota:
            form.add_error(None, quota.message)
    return render(request, "labeling/new.html", {"form": form}, status=422)


@require_GET
def queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    found = find(request, queue_id)
    rows = bought.retrains(found)
    job = found.job
    cells = tallies.cells(found)
    given = tallies.given(found, cells)
    given["people"] = people(found, cells, given["people"])
    ctx: dict[str, Any] = {
        "queue": found,
        "job": job if job and (job.is_live or job.state == "failed") else None,
        "given": given,
        "values": VALUES,
        "agreement": agreement.of(found) if found.overlap > 1 else None,
        "shadow": shadows.shown(found),
        "retrains": rows,
        "chart": bought.curve(rows),
        "live": any(row["live"] for row in rows),
        "wanted": (found.size - found.golds) * found.overlap,
    }
    return render(request, "labeling/queue.html", ctx)


def people(
    queue: Queue, cells: list[tallies.Cell], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows of the annotators, each with how they did on known answers, and hints."""
    known = gold.accuracy(queue)
    hints = gold.careless(known, cells)
    return [
        {
            **row,
            "known": known.get(row["name"]),
            "hints": [HINTS[c] for c in hints.get(row["name"], ())],
        }
        for row in rows
    ]


@require_POST
def state(request: HttpRequest, queue_id: int) -> HttpResponse:
    found = find(request, queue_id)
    try:
        orders.set_state(found, request.POST.get("state", ""))
    except orders.Refused as error:
        messages.error(request, error.message)
    return redirect("queue", found.pk)


@require_POST
def shadow(request: HttpRequest, queue_id: int) -> HttpResponse:
    found = find(request, queue_id)
    try:
        shadows.order(found, person(request))
    except (orders.Refused, jobs.Quota) as error:
        messages.error(request, error.message)
    return redirect("queue", found.pk)


@require_http_methods(["GET", "POST"])
def prelabel(request: HttpRequest, queue_id: int) -> HttpResponse:
    """GET: the queue page's part on them, which it loads by itself: few queues have any."""
    found = find(request, queue_id)
    if request.method == "GET":
        ctx = {"queue": found, "prelabels": prelabels.shown(found)}
        return render(request, "labeling/_prelabels.html", ctx)
    try:
        prelabels.order(found, person(request))
    except (orders.Refused, jobs.Quota) as error:
        messages.error(request, error.message)
    return redirect("queue", found.pk)


@require_POST
def known(request: HttpRequest, queue_id: int, sample_id: int) -> HttpResponse:
    """Mark a sample as one whose answer is known, or no longer."""
    found = find(request, queue_id)
    sample = get_object_or_404(found.samples, pk=sample_id)
    given = request.POST.get("gold", "")
    if given not in ("", *map(str, VALUES)):
        messages.error(request, _("Choose one of the four answers, 0 to 3. Nothing was changed."))
    else:
        gold.mark(sample, int(given) if given else None, person(request))
        words = _("The known answer is now %(value)s.") if given else _("No answer is known now.")
        messages.success(request, words % {"value": given})
    back = urlsplit(request.POST.get("back", "")).query
    return redirect(f"{reverse('label-review', args=[found.pk])}?{back}#sample-{sample.pk}")


@require_POST
def retrain(request: HttpRequest, queue_id: int) -> HttpResponse:
    found = find(request, queue_id)
    try:
        child = orders.retrain(found, person(request))
        words = _("Training with these labels has begun: %(name)s.")
        messages.success(request, words % {"name": child.name})
    except (orders.Refused, experiments.Refused, jobs.Quota) as error:
        messages.error(request, error.message)
    return redirect("queue", found.pk)
