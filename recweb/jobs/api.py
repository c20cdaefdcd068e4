"""/api/v1/jobs/: watch, cancel, try again, read the log."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.jobs import access, live, logfile, orders
from recweb.jobs.models import LIVE, Job, State
from recweb.lib.api import ApiError, Conflict, idempotent, known_params, paged
from recweb.people.models import User

PROGRESS = inline_serializer(
    "Progress",
    {
        "done": serializers.FloatField(),
        "total": serializers.FloatField(),
        "unit": serializers.CharField(),
        "step": serializers.CharField(),
        "fraction": serializers.FloatField(),
        "eta_seconds": serializers.FloatField(allow_null=True),
        "eta_range": serializers.ListField(child=serializers.FloatField(), allow_null=True),
    },
)
JOB = inline_serializer(
    "Job",
    {
        "id": serializers.IntegerField(),
        "kind": serializers.CharField(),
        "title": serializers.CharField(),
        "state": serializers.ChoiceField(State.choices),
        "attempt": serializers.IntegerField(help_text="how often a worker began it"),
        "progress": PROGRESS,
        "error": serializers.CharField(help_text="in words; empty unless it failed"),
        "created": serializers.DateTimeField(),
        "started": serializers.DateTimeField(allow_null=True),
        "finished": serializers.DateTimeField(allow_null=True),
        "owner": serializers.CharField(),
        "dataset": serializers.IntegerField(allow_null=True),
        "target_id": serializers.IntegerField(allow_null=True),
        "trace": serializers.CharField(required=False, help_text="for admins"),
    },
)
PAGE = inline_serializer(
    "JobPage",
    {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializers.ListField(child=JOB),
    },
)
LOG = inline_serializer(
    "JobLog",
    {
        "lines": serializers.ListField(child=serializers.CharField()),
        "after": serializers.IntegerField(help_text="ask again with this"),
        "cut": serializers.BooleanField(help_text="older lines were left out"),
        "ended": serializers.BooleanField(),
    },
)
FILTERS = ("state", "kind", "dataset", "target_id")


def job_json(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "kind": job.kind,
        "title": job.name,
        "state": job.state,
        "attempt": job.attempt,
        "progress": progress_json(job),
        "error": job.error,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
        "owner": job.owner.get_username(),
        "dataset": job.dataset_id,
        "target_id": job.target_id,
    }


def progress_json(job: Job) -> dict[str, Any]:
    left = live.eta(job)
    return {
        "done": job.done,
        "total": job.total,
        "unit": job.unit,
        "step": job.doing,
        "fraction": round(job.fraction, 4),
        "eta_seconds": round(left.middle, 1) if left else None,
        "eta_range": [round(left.low, 1), round(left.high, 1)] if left else None,
    }


@extend_schema(
    operation_id="jobs",
    parameters=[
        OpenApiParameter("state", str, description="a state, or `live`", enum=["live", *State]),
        OpenApiParameter("kind", str),
        OpenApiParameter("dataset", int),
        OpenApiParameter("target_id", int),
        OpenApiParameter("page", int),
    ],
    responses={200: PAGE},
)
@api_view(["GET"])
def jobs(request: Request) -> Response:
    """Jobs that you own or whose dataset you belong to, newest first."""
    rows = access.mine(request._request).order_by("-pk")
    for name in FILTERS:
        if (value := request.GET.get(name)) is not None:
            rows = rows.filter(**_filter(name, value))
    return paged(request, rows, job_json, also=FILTERS)


def _filter(name: str, value: str) -> dict[str, Any]:
    if name == "state":
        if value == "live":
            return {"state__in": LIVE}
        if value not in State.values:
            known = ", ".join(["live", *State.values])
            words = _("“%(value)s” is no state of a job. Known: %(known)s.")
            message = words % {"value": value[:40], "known": known}
            raise ApiError(400, "malformed", message, field="state")
        return {"state": value}
    if name == "kind":
        if "\0" in value:
            raise ApiError(400, "malformed", _("The value cannot be read."), field="kind")
        return {"kind": value}
    return {"dataset_id" if name == "dataset" else name: _number(name, value)}


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        words = _("“%(name)s” must be a whole number from 0, not “%(value)s”.")
        message = words % {"name": name, "value": value[:40]}
        raise ApiError(400, "malformed", message, field=name)
    return int(value)


@extend_schema(operation_id="job", responses={200: JOB})
@api_view(["GET"])
def job(request: Request, job_id: int) -> Response:
    """One job. An admin also gets `trace` of a failed one."""
    known_params(request, ())
    row = access.one(request._request, job_id)
    found = job_json(row)
    if isinstance(request.user, User) and request.user.is_admin:
        found["trace"] = row.trace
    return Response(found)


@extend_schema(operation_id="job_cancel", request=None, responses={202: JOB, 200: JOB})
@api_view(["POST"])
@idempotent
def cancel(request: Request, job_id: int) -> Response:
    """200 when it is cancelled already, 202 while its process is being ended, 409 when it has
    ended. What it had published stays."""
    row = _changeable(request, job_id)
    if row.state in (State.DONE, State.FAILED):
        raise Conflict(_("Job %(id)d has ended already.") % {"id": row.pk})
    state = orders.cancel(row)
    return Response(job_json(row), status=200 if state == State.CANCELLED else 202)


@extend_schema(operation_id="job_retry", request=None, responses={202: JOB})
@api_view(["POST"])
@idempotent
def retry(request: Request, job_id: int) -> Response:
    """Queue a failed or cancelled job again: it goes on from its last checkpoint."""
    row = _changeable(request, job_id)
    try:
        orders.retry(row)
    except ValueError:
        words = _("Job %(id)d cannot be tried again: only failed and cancelled ones can.")
        raise Conflict(words % {"id": row.pk}) from None
    return Response(job_json(row), status=202)


@extend_schema(
    operation_id="job_log",
    parameters=[OpenApiParameter("after", OpenApiTypes.INT, description="0, or the last `after`")],
    responses={200: LOG},
)
@api_view(["GET"])
def log(request: Request, job_id: int) -> Response:
    """The last 500 lines behind `after`."""
    known_params(request, {"after"})
    row = access.one(request._request, job_id)
    return Response(log_json(row, _number("after", request.GET.get("after", "0"))))


def log_json(row: Job, after: int) -> dict[str, Any]:
    ended = not row.is_live  # asked first: what it says last is then in the file
    tail = logfile.read(row.pk, after)
    return {"lines": tail.lines, "after": tail.after, "cut": tail.cut, "ended": ended}


def _changeable(request: Request, job_id: int) -> Job:
    known_params(request, ())
    row = access.one(request._request, job_id)
    if not access.may_change(request._request, row):
        raise ApiError(403, "forbidden", _("Only its owner or an analyst may do this to a job."))
    return row
