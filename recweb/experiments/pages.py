"""/experiments/<id>/: one run, tab by tab, from its first second on."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from recweb.datasets.explore import some
from recweb.datasets.links import later
from recweb.experiments import access, control, curves, figures, files, orders, words
from recweb.experiments.models import Experiment, Role
from recweb.jobs import logfile
from recweb.jobs.access import may_change
from recweb.jobs.models import LIVE, Job
from recweb.people import audit
from training import registry

TABS = (
    ("overview", gettext_lazy("Overview")),
    ("curves", gettext_lazy("Curves")),
    ("tradeoff", gettext_lazy("Trade-off")),
    ("lists", gettext_lazy("Lists")),
    ("config", gettext_lazy("Config")),
    ("log", gettext_lazy("Log")),
    ("files", gettext_lazy("Files")),
)
Ctx = dict[str, Any]


@require_GET
def experiment(request: HttpRequest, experiment_id: int) -> HttpResponse:
    run = access.find(request, experiment_id)
    tab = request.GET.get("tab", "overview")
    if tab not in PARTS:
        tab = "overview"
    job = Job.objects.select_related("owner").filter(pk=run.job_id or 0).first()
    if job is not None and job.is_live and run.state in LIVE:
        run.state = job.state  # the row itself follows when its process has come up
    ctx = {
        "run": run,
        "job": job,
        "live": run.state in LIVE and job is not None and job.is_live,
        "changeable": job is not None and may_change(request, job),
        "tab": tab,
        "tabs": tabs(run),
        "verdict": (control.verdict if run.role == Role.CONTROL else words.verdict)(run),
        "model_name": orders.model_name(run.model),
        "because": words.because(str(run.split_facts.get("because") or "")),
        "notes": [words.say(note) for note in run.split_facts.get("notes") or []],
        "compare_with": baseline_of(run),
        **PARTS[tab](request, run, job),
    }
    return render(request, f"experiments/{tab}.html", ctx)


def tabs(run: Experiment) -> list[tuple[str, Any, str]]:
    """(code, name, address): the trade-off has a page of its own once the run is done."""
    page = later("tradeoff") if run.state == "done" else ""
    straight = {"tradeoff": f"{page}?run={run.pk}"} if page else {}
    return [(code, name, straight.get(code, f"?tab={code}")) for code, name in TABS]


def baseline_of(run: Experiment) -> Experiment | None:
    """The pinned baseline of the dataset, when it is another run."""
    rows = Experiment.objects.filter(dataset=run.dataset_id, is_baseline=True, archived=None)
    return rows.exclude(pk=run.pk).defer("label_pairs").first()


def _overview(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    return {
        "groups": figures.groups(run),
        "gaps": figures.gaps(run),
        "segments": figures.segments(run),
        "segment_chart": figures.segment_bars([run]),
        "labels": words.labels(run),
        "control": control.shown(run),
        "children": list(
            run.children.filter(archived=None).exclude(role=Role.CONTROL).order_by("-pk")[:10]
        ),
    }


def _curves(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    curve = curves.of(run, job)
    smooth = curves.smoothing(request.GET.get("smooth", ""))
    log = request.GET.get("scale") == "log"
    return {
        "curve": curve,
        "at_once": curves.solved_at_once(run.model),
        "metric_chart": curves.metric_chart(curve, smooth),
        "loss_chart": curves.loss_chart(curve, smooth, log=log),
        "best": curves.best(curve),
        "smooth": f"{smooth:g}",
        "smoothings": [f"{one:g}" for one in curves.SMOOTHING],
        "log": log,
    }


def _tradeoff(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    link = later("tradeoff")
    return {"tradeoff": f"{link}?run={run.pk}" if link else ""}


def _lists(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    """A few people, other ones each time: the explorer shows what this run would give them."""
    return {"some_people": some(run.dataset, "users"), "explore": reverse("explore")}


def _config(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    other = baseline_of(run)
    return {
        "params": params(run, other),
        "whole": json.dumps(whole(run), indent=2, ensure_ascii=False, default=str),
        "packages": sorted((run.config.get("packages") or {}).items()),
    }


def _log(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    return {"tail": logfile.read(job.pk) if job else None}


def _files(request: HttpRequest, run: Experiment, job: Job | None) -> Ctx:
    return {"files": files.listed(run)}


PARTS: dict[str, Callable[[HttpRequest, Experiment, Job | None], Ctx]] = {
    "overview": _overview,
    "curves": _curves,
    "tradeoff": _tradeoff,
    "lists": _lists,
    "config": _config,
    "log": _log,
    "files": _files,
}


def params(run: Experiment, other: Experiment | None) -> list[dict[str, Any]]:
    """Each parameter with its usual value and that of the pinned baseline of the same model."""
    spec = registry.models().get(run.model, {"params": {}})
    theirs = other.params if other is not None and other.model == run.model else {}
    return [
        {
            "name": name,
            "value": words.setting(value),
            "usual": words.setting(spec["params"].get(name, {}).get("default")),
            "changed": value != spec["params"].get(name, {}).get("default"),
            "baseline": words.setting(theirs.get(name)),
            "help": words.say(spec["params"].get(name, {}).get("help")),
        }
        for name, value in run.params.items()
    ]


def whole(run: Experiment) -> dict[str, Any]:
    """All that is needed to do it again."""
    return {
        "id": run.pk,
        "dataset": run.dataset.slug,
        "version": run.version.number,
        "fingerprint": run.config.get("fingerprint") or run.version.fingerprint,
        "model": run.model,
        "params": run.params,
        "split": run.split,
        "split_facts": run.split_facts,
        "rules": run.rules,
        "seed": run.seed,
        "parent": run.parent_id,
        "labels_from": run.labels_from,
        "n_label_pairs": len(run.label_pairs),
        "config": run.config,
        "resources": run.resources,
    }


@require_POST
def change(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Name and tags, the pinned baseline, away and back."""
    run = access.find(request, experiment_id)
    deed = request.POST.get("do", "")
    if deed == "baseline":
        return pin(request, run)
    elif deed == "archive":
        orders.archive([run])
        audit.record(request, "experiments-archive", str(run.pk))
        return redirect(f"{reverse('experiments')}?archived={run.pk}")
    elif deed == "restore":
        Experiment.objects.filter(pk=run.pk).update(archived=None)
        messages.success(request, _("The run is back in the table."))
    elif deed == "rename":
        wrong = rename(run, request.POST.get("name", ""), request.POST.get("tags", ""))
        (messages.error if wrong else messages.success)(request, wrong or _("Saved."))
    else:
        messages.error(request, _("Nothing was changed."))
    return redirect("experiment", run.pk)


def pin(request: HttpRequest, run: Experiment) -> HttpResponse:
    try:
        orders.pin_baseline(run)
    except orders.Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("%(run)s is now the pinned baseline.") % {"run": run})
    return redirect("experiment", run.pk)


def rename(run: Experiment, name: str, text: str) -> str:
    """The reason why not, or ""."""
    name = " ".join(name.split())
    tags = list(dict.fromkeys(part.strip() for part in text.replace("，", ",").split(",")))
    tags = [tag for tag in tags if tag]
    if len(name) > 120 or any(len(tag) > 30 for tag in tags) or len(tags) > 10:
        return _(
            "Nothing was saved: a name has up to 120 characters, a run up to 10 tags of up to 30 "
            "characters each, separated by commas."
        )
    if "\x00" in name + text:
        return _("Nothing was saved: the text holds a character that cannot be kept.")
    Experiment.objects.filter(pk=run.pk).update(name=name, tags=tags)
    return ""


@require_GET
def file(request: HttpRequest, experiment_id: int) -> HttpResponseBase:
    """One array or manifest, for admins; the sealed part only once the run is finalised."""
    run = access.find(request, experiment_id)
    found = files.path(run, request.GET.get("name", ""))
    if found is None:
        messages.error(request, _("There is no such file here, or it is sealed until Finalise."))
        return redirect(f"{reverse('experiment', args=[run.pk])}?tab=files")
    audit.record(request, "experiment-file", f"{run.pk} {found.name}")
    return FileResponse(
        found.open("rb"),
        as_attachment=True,
        filename=f"run-{run.pk}-{found.parent.name}-{found.name}",
        content_type="application/octet-stream",
    )
