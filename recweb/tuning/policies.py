"""/policies/: what serves, what served, who decided it and why; publish, roll back."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from recweb.datasets.access import person
from recweb.datasets.models import Dataset, Person
from recweb.jobs import orders as jobs
from recweb.lib.paging import page, query
from recweb.tuning import releases
from recweb.tuning.models import Policy, PolicyState
from recweb.tuning.orders import Refused


def visible(request: HttpRequest) -> "QuerySet[Policy]":
    rows = Policy.objects.visible(person(request))
    return rows.select_related("dataset", "experiment", "owner", "final")


@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """Newest first, the one that serves on top; one dataset at a time."""
    known = Dataset.objects.visible(person(request)).order_by("name")
    slug = request.GET.get("dataset", "")
    mine = visible(request)
    dataset: Dataset | None
    if slug:
        dataset = get_object_or_404(known, slug=slug)
    else:
        newest = mine.order_by("-pk").first()
        dataset = newest.dataset if newest else known.first()
    rows = mine.filter(dataset=dataset).order_by("-number")
    current = rows.filter(state=PolicyState.PUBLISHED).first()
    ctx = {
        "dataset": dataset,
        "datasets": known,
        "page": page(request, rows),
        "current": current,
        "back": releases.predecessor(current) if current else None,
        "silent": releases.silenced([dataset]) if dataset else [],
        "call": example(request, current) if current else "",
        "here": query(request, page=None),
    }
    return render(request, "tuning/policies.html", ctx)


def example(request: HttpRequest, policy: Policy) -> str:
    """A call that works as it stands, but for the token."""
    user = Person.objects.filter(dataset=policy.dataset_id).order_by("code").first()
    try:
        path = reverse("api-recommend")
    except NoReverseMatch:
        return ""
    query = f"dataset={policy.dataset.slug}&user={user.outside_id if user else 'anybody'}&k=10"
    address = request.build_absolute_uri(f"{path}?{query}")
    return f"curl -H 'Authorization: Token YOUR_TOKEN' '{address}'"


@require_GET
def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    row = get_object_or_404(visible(request), pk=policy_id)
    serves = row.state == PolicyState.PUBLISHED
    ctx = {"policy": row, "job": row.job, "call": example(request, row) if serves else ""}
    if serves:
        ctx["back"] = releases.predecessor(row)
    return render(request, "tuning/policy.html", ctx)


@require_POST
def publish(request: HttpRequest, policy_id: int) -> HttpResponse:
    row = get_object_or_404(visible(request), pk=policy_id)
    try:
        releases.publish(row, person(request))
    except (Refused, jobs.Quota) as refused:
        messages.error(request, refused.message)
    return redirect("policy", row.pk)


@require_POST
def rollback(request: HttpRequest, policy_id: int) -> HttpResponse:
    row = get_object_or_404(visible(request), pk=policy_id)
    try:
        now = releases.roll_back(row, person(request))
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("policy", row.pk)
    messages.success(request, _("“%(name)s” serves again.") % {"name": now.name})
    return redirect(f"{reverse('policies')}?dataset={row.dataset.slug}")
