"""The page about privacy: what is asked at import, how well users hide, who is erased."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recweb.datasets import erasure, outgoing, reports
from recweb.datasets.access import find, person
from recweb.datasets.models import Dataset, Erased, Report, ReportKind
from recweb.datasets.privacy import wants_pseudonyms
from recweb.datasets.truth import chosen, frame
from recweb.jobs import orders
from recweb.jobs.models import Job
from recweb.lib.csvfile import csv_response
from recweb.people import audit

KNOWS = {
    "items-1": gettext_lazy("one of the user's items"),
    "items-2": gettext_lazy("two of the user's items"),
    "items-3": gettext_lazy("three of the user's items"),
    "rarest-item-day": gettext_lazy("the user's rarest item and its day"),
}
ROUNDS = (
    ("0", gettext_lazy("as they are")),
    ("60", gettext_lazy("to the minute")),
    ("3600", gettext_lazy("to the hour")),
    ("86400", gettext_lazy("to the day")),
)


class PrivacyForm(forms.Form):
    pseudonyms = forms.BooleanField(
        label=gettext_lazy("Keep pseudonyms instead of user ids"), required=False
    )
    round = forms.ChoiceField(
        label=gettext_lazy("Round times"),
        choices=ROUNDS,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    consent = forms.CharField(
        label=gettext_lazy("User attribute that says “consents”"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )

    def privacy(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "pseudonyms": bool(given["pseudonyms"]),
            "round": int(given["round"] or 0),
            "consent": given["consent"].strip(),
        }


@require_http_methods(["GET", "POST"])
def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    given = {**dataset.privacy, "round": str(dataset.privacy.get("round") or 0)}
    form = PrivacyForm(request.POST or None, initial=given)
    if request.method == "POST":
        if form.is_valid() and (wrong := refused(dataset, form.privacy())):
            form.add_error("pseudonyms", wrong)
        if form.is_valid():
            save(request, dataset, form.privacy())
            messages.success(request, _("Saved. It holds for the files that come from now on."))
            return redirect("dataset-privacy", slug)
    return _page(request, dataset, form, status=422 if form.errors else 200)


def refused(dataset: Dataset, wanted: dict[str, Any]) -> str:
    """Ids and pseudonyms in one log would make two users of each."""
    changes = bool(dataset.privacy.get("pseudonyms")) != wanted["pseudonyms"]
    if changes and dataset.versions.exists():
        return _("Users are in the log already. Make a new dataset for pseudonyms.")
    return ""


def save(request: HttpRequest, dataset: Dataset, wanted: dict[str, Any]) -> None:
    dataset.privacy = wanted
    dataset.save(update_fields=["privacy"])
    audit.record(request, "dataset-privacy", dataset.slug, **wanted)


@require_POST
def anonymity(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = find(request, slug)
    if (version := dataset.version) is not None:
        try:
            reports.order(version, ReportKind.ANONYMITY, person(request))
        except orders.Quota as quota:
            messages.error(request, quota.message)
    return redirect("dataset-privacy", slug)


@require_POST
def erase(request: HttpRequest, slug: str) -> HttpResponse:
    """user= and confirm= the same id, typed twice."""
    dataset = find(request, slug)
    given, again = request.POST.get("user", ""), request.POST.get("confirm", "")
    wrong = ""
    if not given or given != again:
        wrong = _("The two ids differ. Nothing was erased.")
    else:
        try:
            return redirect("job", erasure.ask(dataset, given, request, person(request)).pk)
        except erasure.NobodyThere:
            wrong = _("There is no such user here. Nothing was erased.")
    return _page(request, dataset, PrivacyForm(initial=dataset.privacy), wrong=wrong, status=422)


def _page(
    request: HttpRequest, dataset: Dataset, form: PrivacyForm, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    version = dataset.version
    report = reports.find(version, ReportKind.ANONYMITY) if version else None
    ctx = {
        "form": form,
        "wrong": wrong,
        "crowds": told(report) if report else [],
        "job": reports.job_of(version, ReportKind.ANONYMITY) if version else None,
        "erased": Erased.objects.filter(dataset=dataset)
        .select_related("owner")
        .order_by("-pk")[:50],
        "erasing": Job.objects.live().filter(kind="erase", dataset_id=dataset.pk).first(),
    }
    ctx |= frame(dataset, version, "privacy")
    return render(request, "datasets/privacy.html", ctx, status=status)


def told(report: Report) -> list[dict[str, Any]]:
    return [
        {**row, "knows": KNOWS[row["code"]], "two": row["below"]["2"], "five": row["below"]["5"]}
        for row in report.figures["knows"]
    ]


@require_GET
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """?version=, and ids=outside for an admin alone."""
    dataset = find(request, slug)
    version = chosen(dataset, request.GET.get("version", ""))
    if version is None:
        raise Http404
    outside = request.GET.get("ids") == "outside"
    if outside and not person(request).is_admin:
        raise PermissionDenied
    audit.record(request, "export", slug, version=version.number, outside_ids=outside)
    found = outgoing.rows(version, outside=outside)
    # two files of one version must not be taken for each other
    whose = "user-ids" if outside and not wants_pseudonyms(dataset) else "pseudonyms"
    return csv_response(f"{slug}-v{version.number}-{whose}", list(outgoing.HEADER), found)
