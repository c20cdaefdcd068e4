"""The analyst's side of a queue: order it, watch it, pause it, learn from it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recweb.experiments import orders as experiments
from recweb.jobs import orders as jobs
from recweb.labeling import agreement, bought, orders, tallies
from recweb.labeling.access import find, person
from recweb.labeling.forms import QueueForm
from recweb.labeling.models import VALUES


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
    ctx: dict[str, Any] = {
        "queue": found,
        "job": job if job and (job.is_live or job.state == "failed") else None,
        "given": tallies.given(found),
        "values": VALUES,
        "agreement": agreement.same(found),
        "retrains": rows,
        "chart": bought.curve(rows),
        "live": any(row["live"] for row in rows),
        "wanted": found.size * found.overlap,
    }
    return render(request, "labeling/queue.html", ctx)


@require_POST
def state(request: HttpRequest, queue_id: int) -> HttpResponse:
    found = find(request, queue_id)
    try:
        orders.set_state(found, request.POST.get("state", ""))
    except orders.Refused as error:
        messages.error(request, error.message)
    return redirect("queue", found.pk)


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
