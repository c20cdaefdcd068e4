"""/api/v1/datasets/{slug}/health/, versions/diff/, exclude/: figures behind the pages."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from recweb.datasets import checks, exclusion, findings, reports, rows, schemas
from recweb.datasets.access import person
from recweb.datasets.api import find
from recweb.datasets.models import Dataset, Report, ReportKind, Version
from recweb.datasets.truth import suspects
from recweb.jobs.models import Job
from recweb.lib.api import ApiError, Unprocessable, accepted, known_params
from recweb.people import audit

JOB = {202: OpenApiResponse(description="job: the report is being made")}
FROM = OpenApiParameter("from", int, required=True, description="a version's number")
TO = OpenApiParameter("to", int, required=True, description="another version's number")
MOST = 1000  # users named in one request


@extend_schema(
    methods=["GET"],
    operation_id="health",
    parameters=[schemas.VERSION],
    responses=schemas.HEALTH,
)
@extend_schema(
    methods=["POST"],
    operation_id="health_new",
    parameters=[schemas.VERSION],
    request=None,
    responses=JOB,
)
@api_view(["GET", "POST"])
def health(request: Request, slug: str) -> Response:
    """The checks, worst first. POST orders the whole report (202); until it is there, GET has the
    quick checks of the import, and "report" is null."""
    version = schemas.version(request, find(request, slug))
    if request.method == "POST":
        return accepted(reports.order(version, ReportKind.HEALTH, person(request._request)))
    report = reports.find(version, ReportKind.HEALTH)
    job = reports.job_of(version, ReportKind.HEALTH)
    return Response(
        {
            "version": version.number,
            "report": about(report),
            "job": job.pk if job else None,
            "checks": findings.api(version, report) if report else quick(version),
            "excluded": len(exclusion.left_out(version)),
        }
    )


def about(report: Report | None) -> dict[str, Any] | None:
    return {"made": report.created, "seconds": report.seconds} if report else None


def quick(version: Version) -> list[dict[str, Any]]:
    return [
        {
            "code": check.code,
            "level": check.level,
            "title": check.title,
            "found": check.found,
            "meaning": check.meaning,
        }
        for check in checks.health(version)
    ]


@extend_schema(methods=["GET"], operation_id="diff", parameters=[FROM, TO], responses=schemas.ANY)
@extend_schema(
    methods=["POST"], operation_id="diff_new", parameters=[FROM, TO], request=None, responses=JOB
)
@api_view(["GET", "POST"])
def diff(request: Request, slug: str) -> Response:
    """What changed from one version to another. POST orders it (202), GET reads it."""
    known_params(request, {"from", "to"})
    dataset = find(request, slug)
    before, after = (_numbered(request, dataset, name) for name in ("from", "to"))
    if before.pk == after.pk:
        raise Unprocessable(_("Compare two different versions."), field="from")
    if request.method == "POST":
        return accepted(reports.order(after, ReportKind.DIFF, person(request._request), before))
    report = reports.find(after, ReportKind.DIFF, before)
    job = reports.job_of(after, ReportKind.DIFF, before)
    return Response(
        {
            "from": before.number,
            "to": after.number,
            "report": about(report),
            "job": job.pk if job else None,
            "difference": _named(dataset, report) if report else None,
        }
    )


def _numbered(request: Request, dataset: Dataset, name: str) -> Version:
    number = request.GET.get(name, "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        words = _("“%(name)s” must be a version's number.") % {"name": name}
        raise ApiError(400, "malformed", words, field=name)
    return schemas.numbered(dataset, number, name)


def _named(dataset: Dataset, report: Report) -> dict[str, Any]:
    """The figures with outside ids in place of codes."""
    made = dict(report.figures)
    for side in ("users", "items"):
        part = dict(made[side])
        codes = {*part["some_added"], *part["some_removed"], *(row[0] for row in part["moved"])}
        names: dict[int, str] = (
            rows.user_ids(dataset.pk, codes)
            if side == "users"
            else {code: row.outside_id for code, row in rows.titles(dataset.pk, codes).items()}
        )
        for name in ("some_added", "some_removed"):
            part[name] = [names.get(code) for code in part[name]]
        part["moved"] = [[names.get(code), old, new] for code, old, new in part["moved"]]
        made[side] = part
    return made


@extend_schema(
    operation_id="exclude",
    request=schemas.EXCLUDE,
    responses={202: OpenApiResponse(description="job: the new version is being made")},
)
@api_view(["POST"])
def exclude(request: Request, slug: str) -> Response:
    """A new version without these users: {"check": "shilling"} names all suspects of that check,
    {"users": [ids]} single ones. "keep": true takes them in again. Nothing is deleted."""
    known_params(request, ())
    dataset = find(request, slug)
    given = schemas.body(request, {"check", "users", "keep"})
    if dataset.version is None:
        raise ApiError(409, "no_version", _("This dataset has no version yet."))
    why, keep = (schemas.text(given, "check") or "chosen")[:40], schemas.flag(given, "keep")
    codes = _users(dataset, given["users"]) if "users" in given else suspects(dataset.version, why)
    if keep and "users" not in given:  # a report of a version names nobody whom it leaves out
        codes = sorted({*codes, *exclusion.left_for(dataset.version, why)})
    if not codes:
        raise Unprocessable(_("That names no users. Nothing was changed."), field="check")
    job: Job = exclusion.order(dataset, person(request._request), codes, why, keep=keep)
    audit.record(request._request, "include" if keep else "exclude", slug, why=why, n=len(codes))
    return accepted(job)


def _users(dataset: Dataset, given: Any) -> list[int]:
    if not isinstance(given, list) or not all(isinstance(user, str) for user in given):
        raise Unprocessable(_("“users” is a list of user ids."), field="users")
    if len(given) > MOST:
        words = _("At most %(most)d users can be named at once; these are %(n)d.")
        raise Unprocessable(words % {"most": MOST, "n": len(given)}, field="users")
    found = rows.user_codes(dataset.pk, given)
    if missing := [user for user in given if user not in found]:
        words = _("There is no user “%(id)s” here.") % {"id": missing[0][:80]}
        raise Unprocessable(words, field="users")
    return sorted(found.values())
