"""/api/v1/experiments/: order a run, read it, hold it against another."""

from typing import Any, cast

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import schemas as datasets
from recweb.datasets.models import Dataset, Version
from recweb.experiments import access, comparison, labels, orders, schemas
from recweb.experiments.figures import SEGMENTS
from recweb.experiments.models import Experiment, Role
from recweb.jobs.api import job_json
from recweb.jobs.models import LIVE, Job, State
from recweb.jobs.run import Failure
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

FIELDS = {
    "dataset", "version", "model", "params", "split", "rules", "seed", "parent", "labels_from",
    "name",
}  # fmt: skip
PARTS = ("validation", "test")
BIG = 2**63


def experiment_json(run: Experiment, job: Job | None) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": str(run),
        "dataset": run.dataset.slug,
        "version": run.version.number,
        "model": run.model,
        "params": run.params,
        "split": run.split,
        "split_facts": run.split_facts,
        "rules": run.rules,
        "seed": run.seed,
        "role": run.role,
        "state": run.state,
        "stale": run.stale,
        "metrics": opened(run),
        "verdict": run.verdict,
        "parent": run.parent_id,
        "labels_from": run.labels_from,
        "labels": run.labels_facts,
        "resources": run.resources,
        "config": run.config,
        "baseline": run.is_baseline,
        "tags": run.tags,
        "owner": run.owner.get_username(),
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "finalised": run.finalised,
        "job": job_json(job) if job else None,
    }


def opened(run: Experiment) -> dict[str, Any]:
    """What may be seen: test only once the run is finalised."""
    shown = PARTS if run.finalised else PARTS[:1]
    return {part: run.metrics[part] for part in shown if part in run.metrics}


@extend_schema(
    methods=["GET"],
    operation_id="experiments",
    parameters=schemas.PARAMETERS,
    responses=schemas.RUNS,
)
@extend_schema(
    methods=["POST"],
    operation_id="experiment_new",
    request=schemas.NEW,
    responses={202: schemas.RUN},
)
@api_view(["GET", "POST"])
@idempotent
def experiments(request: Request) -> Response:
    """Runs, newest first. POST orders one: 202, and its `job` says how far it is."""
    if request.method == "POST":
        return order(request)
    known_params(request, {"page", *schemas.FILTERS})
    rows = visible(request).filter(role=Role.CANDIDATE)
    for name in schemas.FILTERS:
        if (value := request.GET.get(name)) is not None:
            rows = rows.filter(wanted(name, value))
    jobs: dict[int, Job] = {}

    def to_json(run: Experiment) -> dict[str, Any]:
        return experiment_json(run, jobs.get(run.job_id or 0))

    rows = rows.select_related("dataset", "version", "owner").defer("label_pairs")
    response = paged(request, rows.order_by("-pk"), lambda run: run, also=schemas.FILTERS)
    found = response.data["results"]
    jobs |= Job.objects.select_related("owner").in_bulk([run.job_id for run in found if run.job_id])
    response.data["results"] = [to_json(run) for run in found]
    return response


def visible(request: Request) -> Any:
    return Experiment.objects.visible(cast(User, request.user))


def wanted(name: str, value: str) -> Q:
    if name == "state":
        if value == "live":
            return Q(state__in=LIVE)
        if value not in State.values:
            known = ", ".join(["live", *State.values])
            words = _("“%(value)s” is no state of a run. Known: %(known)s.")
            message = words % {"value": value[:40], "known": known}
            raise ApiError(400, "malformed", message, field="state")
        return Q(state=value)
    if "\x00" in value:
        raise ApiError(400, "malformed", _("The value cannot be read."), field=name)
    paths = {
        "dataset": Q(dataset__slug=value),
        "model": Q(model=value),
        "split": Q(split=value) | Q(split_facts__name=value),
        "tag": Q(tags__contains=[value]),
    }
    return paths[name]


def order(request: Request) -> Response:
    known_params(request, ())
    given = datasets.body(request, FIELDS)
    dataset = dataset_of(request, given.get("dataset"))
    parent = _parent(request, given.get("parent"), dataset)
    queue = _number(given, "labels_from")
    pairs = labels.of(queue, dataset) if queue is not None else []
    if pairs is None:
        words = _("“%(dataset)s” has no labelling queue %(id)d.")
        raise Unprocessable(words % {"dataset": dataset.slug, "id": queue}, field="labels_from")
    try:
        run = orders.start(
            dataset,
            model=_text(given, "model", required=True),
            owner=cast(User, request.user),
            params=_params(given),
            split=_text(given, "split") or "auto",
            rules=_rules(given),
            seed=_number(given, "seed") or 0,
            version=_version(given, dataset),
            parent=parent,
            labels_from=queue,
            label_pairs=pairs,
            name=_text(given, "name"),
        )
    except orders.Refused as refused:
        raise Unprocessable(refused.message, field=refused.field) from None
    job = Job.objects.select_related("owner").get(pk=run.job_id or 0)
    return Response(experiment_json(run, job), status=202)


def dataset_of(request: Request, slug: Any) -> Dataset:
    if not isinstance(slug, str) or not slug:
        raise Unprocessable(_("“dataset” must name a dataset by its slug."), field="dataset")
    known = Dataset.objects.visible(cast(User, request.user)).filter(slug=slug.replace("\x00", ""))
    found = known.first()
    if found is None:
        words = _("There is no dataset “%(slug)s”, or it is not yours.") % {"slug": slug[:60]}
        raise ApiError(404, "not_found", words, field="dataset")
    return found


def _version(given: dict[str, Any], dataset: Dataset) -> Version | None:
    number = _number(given, "version")
    if number is None:
        return None
    found = dataset.versions.filter(number=number).first() if number < 2**31 else None
    if found is None:
        words = _("“%(dataset)s” has no version %(n)d.") % {"dataset": dataset.slug, "n": number}
        raise Unprocessable(words, field="version")
    return found


def _parent(request: Request, pk: Any, dataset: Dataset) -> Experiment | None:
    if pk is None:
        return None
    number = _number({"parent": pk}, "parent") or 0
    found = visible(request).filter(pk=number, dataset=dataset).first()
    if found is None:
        words = _("Run %(id)s is no run of “%(dataset)s”.")
        raise Unprocessable(words % {"id": number, "dataset": dataset.slug}, field="parent")
    return cast(Experiment, found)


def _number(given: dict[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not -BIG < value < BIG:
        words = _("“%(name)s” must be a whole number.") % {"name": name}
        raise Unprocessable(words, field=name)
    return value


def _text(given: dict[str, Any], name: str, *, required: bool = False) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or "\x00" in value or len(value) > 120:
        words = _("“%(name)s” must be a text of up to 120 characters.") % {"name": name}
        raise Unprocessable(words, field=name)
    if required and not value:
        raise Unprocessable(_("“%(name)s” is missing.") % {"name": name}, field=name)
    return value


def _params(given: dict[str, Any]) -> dict[str, Any]:
    value = given.get("params")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unprocessable(_("“params” must be an object."), field="params")
    return value


def _rules(given: dict[str, Any]) -> list[dict[str, Any]] | None:
    value = given.get("rules")
    if value is None:
        return None
    if not isinstance(value, list) or not value or len(value) > 100:
        raise Unprocessable(_("“rules” must be a list of 1 to 100 rules."), field="rules")
    return datasets.rules(value)


@extend_schema(operation_id="experiment", responses=schemas.RUN)
@api_view(["GET"])
def experiment(request: Request, experiment_id: int) -> Response:
    """One run with its metrics; those of test only once it is finalised."""
    known_params(request, ())
    run = access.find(request._request, experiment_id)
    job = Job.objects.select_related("owner").filter(pk=run.job_id or 0).first()
    return Response(experiment_json(run, job))


@extend_schema(
    operation_id="experiment_metrics",
    parameters=[schemas.SEGMENT, schemas.AGAINST],
    responses={200: schemas.METRICS, 202: schemas.ORDERED},
)
@api_view(["GET"])
def metrics(request: Request, experiment_id: int) -> Response:
    """Mean, 95 % interval and n of each metric. ?against= adds the paired difference; where that
    takes long the answer is 202 with its job: ask again when it is done."""
    known_params(request, {"segment", "against"})
    run = access.find(request._request, experiment_id)
    out = opened(run)
    if (segment := request.GET.get("segment")) is not None:
        out = _segment(run, segment)
    if (asked := request.GET.get("against")) is not None:
        base = _against(request, run, asked)
        try:
            found = comparison.found(base, [run])
        except Failure as failure:
            raise Conflict(str(failure), field="against") from None
        if found is None:
            return accepted(comparison.order(base, [run], cast(User, request.user)))
        out |= {"paired": {"against": base.pk, "part": "validation", **found[str(run.pk)]}}
    return Response(out)


def _segment(run: Experiment, name: str) -> dict[str, Any]:
    known = run.metrics.get("segments") or {}
    if name not in known:
        listed = [kind for kind in SEGMENTS if kind in known]
        words = _("There is no segment “%(name)s” here. Known: %(known)s.")
        message = words % {"name": name[:40], "known": ", ".join(listed) or _("none")}
        raise ApiError(400, "malformed", message, field="segment")
    facts = {key: value for key, value in known[name].items() if key != "metrics"}
    return {"segment": {"name": name, **facts}, "validation": known[name]["metrics"]}


def _against(request: Request, run: Experiment, asked: str) -> Experiment:
    ids = access.numbers([asked])
    if len(ids) != 1:
        raise ApiError(400, "malformed", _("“against” must be the id of a run."), field="against")
    if ids[0] >= BIG:
        ids = [0]
    base: Experiment | None = visible(request).filter(pk=ids[0]).first()
    if base is None:
        words = _("There is no run %(id)s here, or it is not yours.") % {"id": asked[:20]}
        raise ApiError(404, "not_found", words, field="against")
    if run.pk not in [one.pk for one in comparison.pairable(base, [run])]:
        words = _(
            "Runs %(a)d and %(b)d cannot be paired: both must be done, two different ones, on the "
            "same version, split, event rules and labels."
        )
        raise Conflict(words % {"a": run.pk, "b": base.pk}, field="against")
    return base
