"""/studies/new/: which models, how many trials of each, what to look for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from recweb.datasets.models import Dataset, Version
from recweb.experiments import estimates, needs, words
from recweb.experiments.access import person
from recweb.experiments.new import auto
from recweb.experiments.prose import prose
from recweb.jobs.orders import Quota
from recweb.studies import forms, objectives, orders
from recweb.studies.forms import StudyForm
from training import registry


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    datasets = list(Dataset.objects.visible(person(request)).order_by("name"))
    named = next((row for row in datasets if row.slug == asked.get("dataset", "")), None)
    dataset = named or next((row for row in datasets if row.version), None)
    versions = list(dataset.versions.order_by("-number")[:50]) if dataset else []
    number = asked.get("version", "")
    version = next((row for row in versions if str(row.number) == number), None)
    version = version or (versions[0] if versions else None)
    if dataset is None or version is None:
        return render(request, "studies/new_empty.html", {"dataset": dataset})
    version.dataset = dataset
    if request.method == "POST":
        form = StudyForm(request.POST, version=version)
        if form.is_valid() and (made := _start(request, form, dataset, version)):
            return redirect("study", made)
        return _page(request, form, dataset, version, datasets, versions, status=422)
    form = StudyForm(initial=_initial(request, version), version=version)
    return _page(request, form, dataset, version, datasets, versions)


def _initial(request: HttpRequest, version: Version) -> dict[str, Any]:
    """?model= names one that the reader comes from."""
    wanted = [name for name in request.GET.getlist("model") if name in orders.tunable(version)]
    return forms.USUAL | ({"models": wanted} if wanted else {})


def _start(request: HttpRequest, form: StudyForm, dataset: Dataset, version: Version) -> int | None:
    """None when it was refused; the form then says why, beside the field."""
    try:
        study = orders.start(dataset, owner=person(request), version=version, **form.order())
        return study.pk
    except orders.Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
    except Quota as quota:
        form.add_error(None, quota.message)
    form.look()
    return None


def _page(
    request: HttpRequest,
    form: StudyForm,
    dataset: Dataset,
    version: Version,
    datasets: list[Dataset],
    versions: list[Version],
    status: int = 200,
) -> HttpResponse:
    known, specs = estimates.by_model(version), registry.models()
    ticked = set(form["models"].value() or [])
    goals = set(form["objectives"].value() or [])
    unfit = needs.unfits(needs.data_of(version))
    ctx = {
        "form": form,
        "dataset": dataset,
        "version": version,
        "datasets": datasets,
        "versions": versions,
        "choices": [
            {
                "id": model,
                "name": words.say(specs[model]["name"]),
                "when": prose(words.say(specs[model]["when"]), link=False),
                "settings": n,
                "seconds": known[model].seconds,
                "on": model in ticked,
                "unfit": unfit.get(model, ""),
            }
            for model, n in form.tunable.items()
        ],
        "goals": [(one, one.code in goals) for one in objectives.OBJECTIVES[1:]],
        "line": estimates.line(),
        "auto": auto(version),
        "most": orders.MOST,
        "seconds": _seconds(form, known, ticked),
    }
    return render(request, "studies/new.html", ctx, status=status)


def _seconds(form: StudyForm, known: dict[str, estimates.Estimate], ticked: set[str]) -> int:
    """Of what stands in the form: a trial takes about as long as a run."""
    try:
        trials = max(0, min(int(form["trials"].value() or 0), orders.MOST_TRIALS))
    except (TypeError, ValueError):
        return 0
    return trials * sum(known[model].seconds for model in ticked if model in known)
