"""/jobs/, one job, and the block that renews itself on every page with a running job."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from recweb.jobs import access, kinds, logfile, orders
from recweb.jobs.api import log_json
from recweb.jobs.models import LIVE, Job, State
from recweb.jobs.workers import crew
from recweb.lib.paging import page, query

STOP_POLLING = 286  # htmx's own status


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    rows = access.mine(request)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    there = rows.order_by("kind").values_list("kind", flat=True).distinct()
    shown = rows.filter(kind=kind) if kind else rows
    if state:
        shown = shown.filter(state__in=LIVE if state == "live" else [state])
    found = page(request, shown.order_by("-pk"))
    ctx = {
        "page": found,
        "live": any(job.is_live for job in found),
        "changeable": {job.pk for job in found if access.may_change(request, job)},
        "state": state,
        "kind": kind,
        "kinds": list(there),
        "states": [("live", _("going on")), *State.choices],
        "crew": crew(),
        "here": query(request),
    }
    return render(request, "jobs/jobs.html", ctx)


@require_GET
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    row = access.one(request, job_id)
    # without script the log is there too
    tail = logfile.read(row.pk)
    made = {"tail": tail, "crew": crew(), "made": kinds.page(row.kind, row, request.user)}
    return render(request, "jobs/job.html", _ctx(request, row) | made)


@require_GET
def block(request: HttpRequest, job_id: int) -> HttpResponse:
    """204 when nothing changed since ?stamp=; 286 once it has ended."""
    row = access.one(request, job_id)
    seen = request.GET.get("stamp", "")
    if seen == row.stamp and row.is_live:
        return HttpResponse(status=204)
    state, _dot, rest = seen.partition(".")
    ctx = {
        **_ctx(request, row),
        "state_changed": state != row.state,
        "quarter_changed": rest.partition(".")[0] != str(row.quarter),
    }
    response = render(request, "jobs/_fragment.html", ctx)
    if not row.is_live:
        response.status_code = STOP_POLLING
        response["HX-Trigger"] = "job-done"
    elif ctx["state_changed"]:
        response["HX-Trigger"] = "job-state"
    return response


def _ctx(request: HttpRequest, row: Job) -> dict[str, Any]:
    return {"job": row, "changeable": access.may_change(request, row)}


@require_POST
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    row = _changeable(request, job_id)
    if orders.cancel(row) in (State.DONE, State.FAILED):
        messages.info(request, _("Job %(id)d had ended before.") % {"id": row.pk})
    return redirect(_back(request, row))


@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    row = _changeable(request, job_id)
    try:
        orders.retry(row)
    except ValueError:
        words = _("Job %(id)d cannot be tried again: only failed and cancelled ones can.")
        messages.error(request, words % {"id": row.pk})
    except orders.Quota as quota:
        messages.error(request, quota.message)
    return redirect(_back(request, row))


@require_GET
def log(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """?after=N: new lines as JSON, for job.js; else the whole file to keep."""
    row = access.one(request, job_id)
    after = request.GET.get("after")
    if after is not None:
        return JsonResponse(
            log_json(row, int(after) if after.isdecimal() and len(after) < 19 else 0)
        )
    path = logfile.path(row.pk)
    if not path.exists():
        return HttpResponse(content_type="text/plain; charset=utf-8")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"job-{row.pk}.log",
        content_type="text/plain; charset=utf-8",
    )  # fmt: skip


def _changeable(request: HttpRequest, job_id: int) -> Job:
    row = access.one(request, job_id)
    if not access.may_change(request, row):
        raise PermissionDenied
    return row


def _back(request: HttpRequest, row: Job) -> str:
    """The page that the button stood on, else the job's own."""
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()):
        parts = urlsplit(came_from)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return f"/jobs/{row.pk}/"
