"""*Use this weight*: the form, with the figures of the very weight that stands in it."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from recweb.datasets.access import person
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.lib.api import ApiError
from recweb.tuning import cards, choice, params, releases
from recweb.tuning.forms import PolicyForm
from recweb.tuning.models import Frontier, Policy, PolicyState
from recweb.tuning.orders import Refused

SAME = 5e-4  # the re-ranker reads thousandths


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """POST saves the policy and starts its refit, once the figures of its weight were shown."""
    number = request.GET.get("run", "") or request.POST.get("run", "")
    if not number:
        messages.info(request, _("Choose a run and a weight first, then press “Use this weight”."))
        return redirect("tradeoff")
    run = choice.asked(request, number)
    if request.method == "GET":
        weight, wrong = _asked(request)
        return _form(request, run, PolicyForm(initial=_initial(request, run, weight)), wrong=wrong)
    form = PolicyForm(_followed(request, run))
    if not form.is_valid():
        return _form(request, run, form, 422)
    if unseen(request, form.cleaned_data["diversity"]):
        return _form(request, run, form, 422, changed=True)
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


def _asked(request: HttpRequest) -> tuple[float | None, str]:
    """The weight of the address and what is wrong with it."""
    try:
        given = params.number(request.GET.get("diversity", "0"), "diversity")
    except ApiError as error:
        return None, error.message
    return round(given, 3), ""


def _initial(request: HttpRequest, run: Experiment, weight: float | None) -> dict[str, Any]:
    name = follow(request.GET.get("name"), run, _weight(request.GET.get("shown")), weight)
    return {"name": name, "diversity": weight, "lowest": 0.0, "highest": 1.0}


def proposed(run: Experiment, weight: float | None) -> str:
    if weight is None:
        return str(run)[:120]
    words = _("%(run)s at %(weight)s") % {"run": run, "weight": f"{weight:g}"}
    return words[:120]


def follow(name: str | None, run: Experiment, before: float | None, weight: float | None) -> str:
    """A name that nobody touched says the new weight; one that somebody wrote stays."""
    own = name is not None and name.strip() != proposed(run, before)
    return str(name) if own else proposed(run, weight)


def _weight(value: object) -> float | None:
    """None when it is no weight."""
    try:
        weight = float(str(value))
    except ValueError:
        return None
    return weight if 0.0 <= weight <= 1.0 else None


def unseen(request: HttpRequest, weight: float) -> bool:
    """The figures that stood beside the form were those of another weight, or none stood there."""
    shown = _weight(request.POST.get("shown"))
    return shown is None or abs(shown - weight) > SAME


def _followed(request: HttpRequest, run: Experiment) -> QueryDict:
    """What was sent, with a name that follows the weight."""
    given, weight = request.POST.copy(), _weight(request.POST.get("diversity"))
    if given.get("name", "").strip() and weight is not None:
        given["name"] = follow(str(given["name"]), run, _weight(given.get("shown")), weight)
    return given


def _form(
    request: HttpRequest,
    run: Experiment,
    form: PolicyForm,
    status: int = 200,
    *,
    wrong: str = "",
    changed: bool = False,
) -> HttpResponse:
    weight = _weight(form["diversity"].value())
    rows = Frontier.objects.filter(experiment=run, reranker="mmr").exclude(points={})
    row = rows.order_by("pk").first()
    ctx = {
        "run": run,
        "form": form,
        "serving": Policy.objects.filter(
            dataset=run.dataset_id, state=PolicyState.PUBLISHED
        ).first(),
        "weight": weight,
        "shown": "" if weight is None else str(weight),
        "wrong": wrong,
        "changed": changed,
        "figures": cards.chosen(row, weight) if row and weight is not None else [],
        "n": row.points.get("n") if row else None,
    }
    return render(request, "tuning/policy_new.html", ctx, status=status)
