"""/policies/: what serves, what served, who decided it and why; publish, roll back."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recweb.datasets.access import person
from recweb.datasets.models import Dataset, Person
from recweb.jobs import orders as jobs
from recweb.lib.paging import page, query
from recweb.tuning import cards, choice, params, releases
from recweb.tuning.forms import PolicyForm
from recweb.tuning.models import Frontier, Policy, PolicyState
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


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """*Use this weight*: saves the policy and starts its refit."""
    number = request.GET.get("run", "") or request.POST.get("run", "")
    if not number:
        messages.info(request, _("Choose a run and a weight first, then press “Use this weight”."))
        return redirect("tradeoff")
    run = choice.asked(request, number)
    if request.method == "GET":
        return _form(request, run, PolicyForm(initial=_initial(request, run)))
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _form(request, run, form, 422)
    try:
        with transaction.atomic():
            row = releases.draft(run, person(request), **form.cleaned_data)
            releases.publish(row, person(request))
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return _form(request, run, form, 422)
    except jobs.Quota as quota:
        form.add_error(None, quota.message)
        return _form(request, run, form, 429)
    messages.success(request, _("Saved. It serves as soon as the refit is done."))
    return redirect("policy", row.pk)


def _initial(request: HttpRequest, run: Any) -> dict[str, Any]:
    weight = params.weight(request) or 0.0
    name = _("%(run)s at %(weight)s") % {"run": run, "weight": f"{weight:g}"}
    return {"name": name[:120], "diversity": weight, "lowest": 0.0, "highest": 1.0}


def _weight_of(form: PolicyForm) -> float | None:
    """What stands in the form; None when it is no weight."""
    try:
        weight = float(form["diversity"].value())
    except (TypeError, ValueError):
        return None
    return weight if 0.0 <= weight <= 1.0 else None


def _form(request: HttpRequest, run: Any, form: PolicyForm, status: int = 200) -> HttpResponse:
    serving = Policy.objects.filter(dataset=run.dataset_id, state=PolicyState.PUBLISHED).first()
    weight = _weight_of(form)
    rows = Frontier.objects.filter(experiment=run, reranker="mmr").exclude(points={})
    row = rows.order_by("pk").first()
    ctx = {
        "run": run,
        "form": form,
        "serving": serving,
        "weight": weight,
        "figures": cards.chosen(row, weight) if row and weight is not None else [],
        "n": row.points.get("n") if row else None,
    }
    return render(request, "tuning/policy_new.html", ctx, status=status)


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
