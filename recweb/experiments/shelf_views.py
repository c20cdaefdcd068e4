"""/experiments/shelf/: all models on one dataset by one click, ending in the comparison."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from recweb.datasets.models import Dataset
from recweb.experiments import orders, shelf
from recweb.experiments.access import person
from recweb.experiments.shelf import Shelf
from recweb.experiments.words import HEADLINE
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """POST starts what is missing; GET shows how far it is, and asks again until all has ended."""
    asked = request.POST if request.method == "POST" else request.GET
    mine = Dataset.objects.visible(person(request)).order_by("name")
    slug = asked.get("dataset", "").replace("\x00", "")
    dataset = mine.filter(slug=slug).first() if slug else None
    if dataset is None and (slug or request.method == "POST"):
        messages.error(request, _("There is no such dataset, or it is not yours."))
        return redirect("experiments")
    dataset = dataset or next((row for row in mine if row.version), mine.first())
    version = dataset.version if dataset else None
    if dataset is None or version is None:
        return render(request, "experiments/new_empty.html", {"dataset": dataset})
    if request.method == "POST":
        return started(request, dataset)
    found = shelf.before(version, person(request))
    rows, stay = lines(found), request.GET.get("stay") == "1"
    # only to somebody who watched them end: not after a cancel, nor on a way here
    watched = request.GET.get("watch") == "1" and not stay
    if watched and not found.live and request.headers.get("HX-Request") and len(found.done) > 1:
        return HttpResponseClientRedirect(compare_link(found))
    ctx = {
        "shelf": found,
        "dataset": dataset,
        "datasets": mine,
        "compare": compare_link(found) if len(found.done) > 1 and not found.live else "",
        "apart": len(found.done) - len(found.best),
        "lines": rows,
        "again": f"{address(dataset)}&{'stay' if stay else 'watch'}=1",
        "stay": stay,
        "most": settings.QUOTA_QUEUED,
    }
    return render(request, "experiments/shelf.html", ctx)


def lines(found: Shelf) -> list[dict[str, Any]]:
    """A place with the job of its run, for the bar; whether it runs is the job's to say."""
    jobs_ = Job.objects.in_bulk([run.job_id for run in found.live if run.job_id])
    for run in found.live:
        job = jobs_.get(run.job_id or 0)
        if job is not None and job.is_live:
            run.state = job.state
    return [
        {
            "place": place,
            "run": place.run,
            "job": jobs_.get(place.run.job_id or 0) if place.run else None,
            "cell": (place.run.metrics.get("validation") or {}).get(HEADLINE)
            if place.run
            else None,
        }
        for place in found.places
    ]


def started(request: HttpRequest, dataset: Dataset) -> HttpResponse:
    try:
        found = shelf.start(dataset, person(request))
    except orders.Refused as refused:
        messages.error(request, refused.message)
        return redirect("experiments")
    if found.left:
        say = messages.info if found.follows else messages.warning
        say(request, shelf.kept_back(found))
    return redirect(address(dataset))


def address(dataset: Dataset) -> str:
    return f"{reverse('experiments-shelf')}?dataset={dataset.slug}"


def compare_link(found: Shelf) -> str:
    """Of the best; while some train, of as many as fit, so that the address is good at the end."""
    runs = found.runs[: shelf.SIDE_BY_SIDE] if found.live else found.best
    ids = ",".join(str(run.pk) for run in runs)
    return f"{reverse('experiment-compare')}?ids={ids}" if len(runs) > 1 else ""


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """All of one's own trainings of the shelf that still wait, and those that would follow."""
    mine = Dataset.objects.visible(person(request))
    slug = request.POST.get("dataset", "").replace("\x00", "")
    dataset = mine.filter(slug=slug).first()
    version = dataset.version if dataset else None
    if dataset is None or version is None:
        messages.error(request, _("There is no such dataset, or it is not yours."))
        return redirect("experiments")
    with transaction.atomic():
        n = shelf.stop(version, person(request))  # first: what ends would order the next
    ids = [run.job_id for run in shelf.plan(version).live if run.job_id]
    waiting = Job.objects.filter(pk__in=ids, owner=person(request), state=State.QUEUED)
    ended = [jobs.cancel(job) for job in waiting]
    n += ended.count(State.CANCELLED)
    messages.success(
        request,
        ngettext("%(n)d waiting training was cancelled; what runs goes on.",
                 "%(n)d waiting trainings were cancelled; what runs goes on.", n) % {"n": n},
    )  # fmt: skip
    return redirect(f"{address(dataset)}&stay=1")
