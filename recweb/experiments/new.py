"""/experiments/new/: three presets, or every setting; what it takes is said before it starts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from recweb.datasets.models import Dataset, Version
from recweb.experiments import access, estimates, forms, needs, orders, words
from recweb.experiments.access import person
from recweb.experiments.models import Experiment
from recweb.jobs.orders import Quota
from training import registry


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    again = access.numbers([asked.get("from", "")])
    run = access.find(request, again[0]) if again else None
    datasets = list(Dataset.objects.visible(person(request)).order_by("name"))
    dataset = _dataset(datasets, asked.get("dataset", ""), run)
    versions = list(dataset.versions.order_by("-number")[:50]) if dataset else []
    version = _version(versions, asked.get("version", ""), run)
    if dataset is None or version is None:
        ctx = {"datasets": datasets, "dataset": dataset}
        return render(request, "experiments/new_empty.html", ctx)
    if request.method == "POST":
        form = forms.RunForm(request.POST)
        if form.is_valid() and (made := _start(request, form, dataset, version, run)):
            return redirect("experiment", made.pk)
        return _page(request, form, dataset, version, datasets, versions, run, status=422)
    model, params = forms.preset(request.GET.get("preset", ""))
    if request.GET.get("model", "") in registry.models():
        model, params = request.GET["model"], {}
    form = forms.RunForm(initial=forms.initial(run, model, params))
    return _page(request, form, dataset, version, datasets, versions, run)


def _dataset(rows: list[Dataset], slug: str, run: Experiment | None) -> Dataset | None:
    if run is not None and not slug:
        return run.dataset
    named = next((row for row in rows if row.slug == slug), None)
    return named or next((row for row in rows if row.version), rows[0] if rows else None)


def _version(rows: list[Version], number: str, run: Experiment | None) -> Version | None:
    if run is not None and not number:
        number = str(run.version.number)
    return next((row for row in rows if str(row.number) == number), rows[0] if rows else None)


def _start(
    request: HttpRequest,
    form: forms.RunForm,
    dataset: Dataset,
    version: Version,
    again: Experiment | None,
) -> Experiment | None:
    """None when it was refused; the form then says why, beside the field."""
    data = form.cleaned_data
    try:
        return orders.start(
            dataset,
            model=data["model"],
            owner=person(request),
            params=form.params(),
            split=data["split"],
            seed=data["seed"],
            version=version,
            name=data["name"],
            **kept(again, dataset),
        )
    except orders.Refused as refused:
        field = refused.field.replace("params.", f"{data['model']}.")
        form.add_error(field if field in form.fields else None, refused.message)
    except Quota as quota:
        form.add_error(None, quota.message)
    form.look()
    return None


def kept(again: Experiment | None, dataset: Dataset) -> dict[str, Any]:
    """What a duplicate takes over that the form does not show: event rules and labels."""
    if again is None or again.dataset_id != dataset.pk:
        return {}
    return {
        "rules": again.rules,
        "parent": again.parent,
        "labels_from": again.labels_from,
        "label_pairs": again.label_pairs,
    }


def _page(
    request: HttpRequest,
    form: forms.RunForm,
    dataset: Dataset,
    version: Version,
    datasets: list[Dataset],
    versions: list[Version],
    run: Experiment | None,
    status: int = 200,
) -> HttpResponse:
    model = str(form["model"].value() or "ease")
    known = estimates.by_model(version)
    version.dataset = dataset
    rules = kept(run, dataset).get("rules") or dataset.rules
    unfit = needs.unfits(needs.data_of(version, rules))
    ctx: dict[str, Any] = {
        "form": form,
        "dataset": dataset,
        "version": version,
        "datasets": datasets,
        "versions": versions,
        "again": run,
        "blocks": [
            one | {"estimate": known[one["id"]], "unfit": unfit.get(one["id"], "")}
            for one in form.blocks(model)
        ],
        "presets": presets(known, request.GET.get("preset", "")),
        "open": bool(form.errors or run or request.GET.get("model") or request.GET.get("preset")),
        "line": estimates.line(),
        "rules": forms.rules_in_words(rules),
        "n_labels": len(kept(run, dataset).get("label_pairs") or []),
        "auto": auto(version),
    }
    return render(request, "experiments/new.html", ctx, status=status)


def presets(known: dict[str, estimates.Estimate], on: str) -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "name": label,
            "model": orders.model_name(model),
            "model_id": model,
            "params": [(f"{model}.{name}", value) for name, value in params.items()],
            "help": forms.PRESET_HELP[key],
            "seconds": round(known[model].seconds * longer),
            "mb": known[model].mb,
            "on": key == on,
        }
        for key, label, model, params, longer in forms.PRESETS
    ]


def auto(version: Version) -> str:
    """What "auto" would be here, and why, as the profile worked it out."""
    found = (version.profile.get("splits") or {}).get("auto") or {}
    name = found.get("name")
    if not name:
        return ""
    reason = words.because(str(found.get("because") or ""))
    here = _("Here auto is %(name)s.") % {"name": name}
    return f"{here} {reason}".strip()
