"""/api/v1/tuning/: order a study, watch it, pause it, go on, train what it found."""

from typing import Any, cast

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import schemas as datasets
from recweb.experiments import api as runs
from recweb.jobs.api import job_json
from recweb.jobs.models import LIVE, Job, State
from recweb.lib.api import (
    ApiError,
    Conflict,
    Unprocessable,
    accepted,
    idempotent,
    known_params,
    paged,
)
from recweb.people.models import User
from recweb.studies import access, objectives, orders, schemas, table
from recweb.studies.models import ENDED, Study, Trial, TrialState

FIELDS = {
    "dataset", "version", "models", "trials", "objectives", "split", "seed", "minutes", "workers",
    "name",
}  # fmt: skip
NUMBERS = ("trials", "seed", "minutes", "workers")


def study_json(study: Study, rows: list[Trial], job: Job | None) -> dict[str, Any]:
    top = best_of(rows)
    front = objectives.best_of(rows, objectives.chosen(study.objectives))
    return {
        "id": study.pk,
        "name": str(study),
        "dataset": study.dataset.slug,
        "version": study.version.number,
        "models": study.model_ids,
        "trials": study.trials,
        "budget": study.budget,
        "ended": sum(row.state in ENDED for row in rows),
        "objectives": study.objectives,
        "split": study.split,
        "split_facts": study.split_facts,
        "seed": study.seed,
        "minutes": study.minutes,
        "workers": study.workers,
        "space": study.space,
        "importances": study.importances,
        "best": trial_json(top, front) if top else None,
        "state": study.state,
        "stale": study.stale,
        "owner": study.owner.get_username(),
        "created": study.created,
        "started": study.started,
        "finished": study.finished,
        "job": job_json(job) if job else None,
    }


def best_of(rows: list[Trial]) -> Trial | None:
    done = [row for row in rows if row.state == TrialState.DONE and row.value is not None]
    return max(done, key=lambda row: (row.value or 0.0, -row.number, -row.pk), default=None)


def trial_json(row: Trial, front: set[int]) -> dict[str, Any]:
    plain = ("model", "number", "state", "params", "values", "steps", "seconds", "cpu_seconds",
             "peak_mb", "error")  # fmt: skip
    out: dict[str, Any] = {"id": row.pk} | {name: getattr(row, name) for name in plain}
    return out | {"non_dominated": row.pk in front, "experiment": row.experiment_id}


@extend_schema(
    methods=["GET"],
    operation_id="studies",
    parameters=schemas.PARAMETERS,
    responses=schemas.STUDIES,
)
@extend_schema(
    methods=["POST"],
    operation_id="study_new",
    request=schemas.NEW,
    responses={202: schemas.STUDY},
)
@api_view(["GET", "POST"])
@idempotent
def studies(request: Request) -> Response:
    """Studies, newest first. POST orders one: 202, and its `job` says how far it is."""
    if request.method == "POST":
        return order(request)
    known_params(request, {"page", "dataset", "state"})
    found = Study.objects.visible(cast(User, request.user))
    if (slug := request.GET.get("dataset")) is not None:
        found = found.filter(dataset__slug=slug.replace("\x00", ""))
    if (state := request.GET.get("state")) is not None:
        found = found.filter(state__in=_states(state))
    found = found.select_related("dataset", "version", "owner").order_by("-pk")
    response = paged(request, found, lambda row: row, also=("dataset", "state"))
    page: list[Study] = response.data["results"]
    jobs = Job.objects.select_related("owner").in_bulk([one.job_id for one in page if one.job_id])
    trials: dict[int, list[Trial]] = {one.pk: [] for one in page}
    for row in Trial.objects.filter(study__in=page).defer("steps").order_by("number", "pk"):
        trials[row.study_id].append(row)
    response.data["results"] = [
        study_json(one, trials[one.pk], jobs.get(one.job_id or 0)) for one in page
    ]
    return response


def _states(state: str) -> list[str]:
    if state == "live":
        return list(LIVE)
    if state not in State.values:
        words = _("“%(value)s” is no state of a study. Known: %(known)s.")
        facts = {"value": state[:40], "known": ", ".join(["live", *State.values])}
        raise ApiError(400, "malformed", words % facts, field="state")
    return [state]


def order(request: Request) -> Response:
    known_params(request, ())
    given = datasets.body(request, FIELDS)
    dataset = runs.dataset_of(request, given.get("dataset"))
    more = {name: value for name in NUMBERS if (value := runs._number(given, name)) is not None}
    try:
        made = orders.start(
            dataset,
            owner=cast(User, request.user),
            models=_texts(given, "models"),
            objectives=_texts(given, "objectives"),
            version=runs._version(given, dataset),
            split=runs._text(given, "split") or "auto",
            name=runs._text(given, "name"),
            **more,
        )
    except orders.Refused as refused:
        raise Unprocessable(refused.message, field=refused.field) from None
    return Response(_whole(made), status=202)


def _texts(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name) or []
    if not isinstance(value, list) or len(value) > 100 or not all(_plain(one) for one in value):
        raise Unprocessable(_("“%(name)s” must be a list of texts.") % {"name": name}, field=name)
    return value


def _plain(one: object) -> bool:
    return isinstance(one, str) and "\x00" not in one and len(one) <= 120


def _whole(study: Study) -> dict[str, Any]:
    rows = list(Trial.objects.filter(study=study).order_by("number", "pk"))
    return study_json(study, rows, orders.job_of(study))


@extend_schema(operation_id="study", responses=schemas.STUDY)
@api_view(["GET"])
def study(request: Request, study_id: int) -> Response:
    """One study: its budget, how far it is, what mattered, its best trial."""
    known_params(request, ())
    return Response(_whole(access.find(request._request, study_id)))


@extend_schema(
    operation_id="study_trials", parameters=schemas.TRIAL_PARAMETERS, responses=schemas.TRIALS
)
@api_view(["GET"])
def trials(request: Request, study_id: int) -> Response:
    """Its trials, the most relevant first unless ?sort= says otherwise."""
    known_params(request, {"page", "model", "state", "sort"})
    found = access.find(request._request, study_id)
    rows = Trial.objects.filter(study=found)
    every = list(rows.defer("steps"))
    front = objectives.best_of(every, objectives.chosen(found.objectives))
    for name in ("model", "state"):
        if (value := request.GET.get(name)) is not None:
            rows = rows.filter((name, value.replace("\x00", "")))
    asked = request.GET.get("sort", table.USUAL)
    if asked.removeprefix("-") not in table.PATHS:
        words = _("There is no column “%(name)s”. Known: %(known)s.")
        facts = {"name": asked[:40], "known": ", ".join(table.PATHS)}
        raise ApiError(400, "malformed", words % facts, field="sort")
    sorted_rows, _sort = table.ordered(rows, asked)
    return paged(
        request, sorted_rows, lambda row: trial_json(row, front), also=("model", "state", "sort")
    )


@extend_schema(operation_id="study_cancel", request=None, responses={202: schemas.ORDERED})
@api_view(["POST"])
@idempotent
def cancel(request: Request, study_id: int) -> Response:
    """Pause: its trials are kept, and /resume/ goes on with them."""
    known_params(request, ())
    found = access.find(request._request, study_id)
    try:
        orders.pause(found)
    except orders.Refused as refused:
        raise Conflict(refused.message, field=refused.field) from None
    return accepted(orders.job_of(found))


@extend_schema(operation_id="study_resume", request=None, responses={202: schemas.ORDERED})
@api_view(["POST"])
@idempotent
def resume(request: Request, study_id: int) -> Response:
    """Go on with a paused or failed study, up to the budget that it was ordered with."""
    known_params(request, ())
    found = access.find(request._request, study_id)
    try:
        orders.resume(found, cast(User, request.user))
    except orders.Refused as refused:
        raise Conflict(refused.message, field=refused.field) from None
    return accepted(orders.job_of(found))


@extend_schema(operation_id="study_train", request=schemas.TRAIN, responses={202: schemas.TRAINED})
@api_view(["POST"])
@idempotent
def train(request: Request, study_id: int) -> Response:
    """An ordinary run with the settings of the best trial, or of the one that is named."""
    known_params(request, ())
    found = access.find(request._request, study_id)
    number = runs._number(datasets.body(request, {"trial"}), "trial")
    trial = orders.best(found) if number is None else _trial(found, number)
    if trial is None:
        raise Conflict(_("No trial has come to its end yet."))
    try:
        made = orders.train(found, trial, cast(User, request.user))
    except orders.Refused as refused:
        raise Unprocessable(refused.message, field=refused.field) from None
    job = Job.objects.select_related("owner").filter(pk=made.job_id or 0).first()
    return Response(runs.experiment_json(made, job), status=202)


def _trial(study: Study, pk: int) -> Trial:
    if pk < 0:
        raise Http404
    return get_object_or_404(Trial, study=study, pk=pk)
