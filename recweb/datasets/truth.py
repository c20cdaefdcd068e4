"""The pages that tell the truth about a dataset: its health, and what a version changed."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from recweb.datasets import exclusion, findings, moves, reports, rows, tasks
from recweb.datasets.access import find, person
from recweb.datasets.manage import TABS
from recweb.datasets.models import Dataset, ReportKind, Version
from recweb.jobs import orders
from recweb.people import audit

Ctx = dict[str, Any]


def chosen(dataset: Dataset, number: str) -> Version | None:
    """The version of that number (404 when there is none), or the newest."""
    if number.isascii() and number.isdigit() and len(number) < 9:
        return get_object_or_404(dataset.versions.all(), number=int(number))
    return dataset.version


def frame(dataset: Dataset, version: Version | None, tab: str) -> Ctx:
    """What datasets/frame.html and its tabs need."""
    return {"dataset": dataset, "version": version, "tab": tab, "tabs": TABS}


@require_http_methods(["GET", "POST"])
def health(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    version = chosen(dataset, request.POST.get("version") or request.GET.get("version", ""))
    if request.method == "POST":
        if version is not None:
            _ordered(request, version, ReportKind.HEALTH)
        return _back("dataset-health", dataset, version=version.number if version else "")
    report = job = None
    told: list[findings.Told] = []
    if version is not None:
        report = reports.find(version, ReportKind.HEALTH)
        job = reports.job_of(version, ReportKind.HEALTH)
        newest = dataset.version
        out = exclusion.left_out(newest) if newest else []
        told = findings.tell(dataset, report, out) if report else []
    ctx: Ctx = {"report": report, "job": job, "told": told, "numbers": _numbers(dataset)}
    ctx["left"] = _left(dataset)
    return render(request, "datasets/health.html", frame(dataset, version, "health") | ctx)


SHOWN = 20  # users of each reason


class Left(NamedTuple):
    """Users whom the newest version leaves out for one reason; no report of it names them."""

    why: str
    words: str
    n: int
    users: list[str]
    may_return: bool  # whoever did not consent may not


def _left(dataset: Dataset) -> list[Left]:
    newest = dataset.version
    reasons = sorted({str(row["why"]) for row in newest.excluded}) if newest else []
    if newest is None or not reasons:
        return []
    titles = {code: findings.words(both) for code, both in tasks.check_titles().items()}
    titles |= {"consent": _("without consent"), "chosen": _("chosen by hand")}
    found = {why: exclusion.left_for(newest, why) for why in reasons}
    # one question for all: a reason is any text that somebody gave
    names = rows.user_ids(dataset.pk, {code for codes in found.values() for code in codes[:SHOWN]})
    return [
        Left(
            why,
            titles.get(why, why),
            len(codes),
            [names[code] for code in codes[:SHOWN] if code in names],
            why != "consent",
        )
        for why, codes in found.items()
        if codes
    ]


@require_POST
def exclude(request: HttpRequest, slug: str) -> HttpResponse:
    """do=exclude or do=keep, check=the finding whose suspects are meant, version=its version;
    do=return, check=the reason for which the newest version leaves out whom to take in."""
    dataset = find(request, slug)
    version = chosen(dataset, request.POST.get("version", ""))
    why = request.POST.get("check", "")
    keep = request.POST.get("do") in ("keep", "return")
    users: list[int] = []
    if version is not None and request.POST.get("do") == "return":
        users = exclusion.left_for(version, why)
    elif version is not None:
        users = suspects(version, why)
    if not users:
        messages.error(request, _("That check names no users. Nothing was changed."))
        return _back("dataset-health", dataset)
    try:
        job = exclusion.order(dataset, person(request), users, why, keep=keep)
    except orders.Quota as quota:
        messages.error(request, quota.message)
        return _back("dataset-health", dataset)
    audit.record(request, "exclude" if not keep else "include", slug, why=why, n=len(users))
    words = _("Job %(job)d makes the new version; runs on old versions keep what they had.")
    messages.success(request, words % {"job": job.pk})
    return redirect("job", job.pk)


def suspects(version: Version, code: str) -> list[int]:
    """Codes of the users that a check of the version's health report names."""
    report = reports.find(version, ReportKind.HEALTH)
    found = report.figures["checks"] if report else []
    return next((list(row["suspects"]) for row in found if row["code"] == code), [])


@require_http_methods(["GET", "POST"])
def diff(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    asked = request.POST if request.method == "POST" else request.GET
    numbers = _numbers(dataset)
    after, before = _two(dataset, numbers, asked.get("from", ""), asked.get("to", ""))
    if before is None or after is None or before.pk == after.pk:
        ctx = {"numbers": numbers, "alone": True}
        return render(request, "datasets/diff.html", frame(dataset, after, "diff") | ctx)
    if request.method == "POST":
        _ordered(request, after, ReportKind.DIFF, before)
        return _back("dataset-diff", dataset, **{"from": before.number, "to": after.number})
    report = reports.find(after, ReportKind.DIFF, before)
    ctx = {
        "numbers": numbers,
        "before": before,
        "after": after,
        "report": report,
        "job": reports.job_of(after, ReportKind.DIFF, before),
        "moves": moves.tell(dataset, report) if report else None,
        "files": moves.files(before, after),
        "out": [len(exclusion.left_out(side)) for side in (before, after)],
    }
    return render(request, "datasets/diff.html", frame(dataset, after, "diff") | ctx)


def _two(
    dataset: Dataset, numbers: list[int], first: str, last: str
) -> tuple[Version | None, Version | None]:
    """(after, before): as asked, else the newest and the one before it. 404: no such version."""
    asked = [
        int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
        for text in (first, last)
    ]
    to = asked[1] if asked[1] is not None else max(numbers, default=0)
    others = [number for number in numbers if number != to]
    start = asked[0] if asked[0] is not None else max(others, default=0)
    found = {row.number: row for row in dataset.versions.filter(number__in=(start, to))}
    if any(number is not None and number not in found for number in asked):
        raise Http404
    return found.get(to), found.get(start)


def _numbers(dataset: Dataset) -> list[int]:
    return list(dataset.versions.order_by("-number").values_list("number", flat=True)[:200])


def _ordered(
    request: HttpRequest, version: Version, kind: ReportKind, against: Version | None = None
) -> None:
    try:
        reports.order(version, kind, person(request), against)
    except orders.Quota as quota:
        messages.error(request, quota.message)


def _back(name: str, dataset: Dataset, **query: object) -> HttpResponse:
    asked = "&".join(f"{key}={value}" for key, value in query.items() if value != "")
    return redirect(reverse(name, args=[dataset.slug]) + (f"?{asked}" if asked else ""))
