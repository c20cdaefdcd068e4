"""How much each kind of event foretells a purchase: learned by a job, shown, taken by one press."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recweb.datasets import people, reports
from recweb.datasets.access import find, person
from recweb.datasets.models import Dataset, Report, ReportKind
from recweb.jobs import orders
from recweb.jobs.models import Job
from recweb.people import audit

BOUGHT = (
    *("purchase", "transaction", "buy", "order", "pay", "购买", "支付", "下单", "成交"),
    *("subscribe", "enrol", "book", "gift", "follow", "订阅", "报名", "预订"),
)
DAYS = (1, 7, 30)
SMALL, LARGE = 0.001, 1000.0  # the weights that a rule may have


@dataclass(frozen=True)
class Learned:
    """What the settings page shows: names to choose from, and what the last job found."""

    events: list[str]
    target: str
    days: int
    job: Job | None
    report: Report | None
    rows: list[dict[str, Any]]  # event, times, low, high, pairs, bought, now (None: no rule)
    refused: str
    choices: tuple[int, ...] = DAYS

    @property
    def takes(self) -> bool:
        """Some rule of the dataset would change."""
        return any(row["now"] is not None for row in self.rows)


def shown(dataset: Dataset) -> Learned | None:
    """None where there is nothing to compare: fewer than three kinds of event."""
    version = dataset.version
    events = list(people.event_names(dataset.pk))
    if version is None or len(events) < 3:
        return None
    report = reports.find(version, ReportKind.WEIGHTS)
    figures = report.figures if report else {}
    now = {rule["event"]: rule["weight"] for rule in dataset.rules}
    rows = [{**row, "now": now.get(row["event"])} for row in figures.get("weights", ())]
    words = figures.get("refused") or {}
    return Learned(
        events=events,
        target=figures.get("target") or target_of(dataset, events),
        days=figures.get("days") or 7,
        job=reports.job_of(version, ReportKind.WEIGHTS),
        report=report,
        rows=rows,
        refused=words.get("zh-hans" if (get_language() or "").startswith("zh") else "en", ""),
    )


def target_of(dataset: Dataset, events: list[str]) -> str:
    """The event that is worth foretelling: by its name, else the one that weighs most so far."""
    named = [event for name in BOUGHT for event in events if event.casefold() == name]
    if named:
        return named[0]
    weights = {rule["event"]: float(rule["weight"]) for rule in dataset.rules}
    return max(events, key=lambda event: weights.get(event, 0.0))


def asked(dataset: Dataset, target: object, days: object) -> dict[str, Any] | None:
    """The job's parameters, where both are possible."""
    known = str(target) in people.event_names(dataset.pk)
    if not known or str(days) not in map(str, DAYS):
        return None
    return {"target": str(target), "days": int(str(days))}


@require_POST
def weights(request: HttpRequest, slug: str) -> HttpResponse:
    """do=learn with target=, days=; do=take makes the learned weights those of the rules."""
    dataset = find(request, slug)
    if request.POST.get("do") == "take":
        _take(request, dataset)
    else:
        _learn(request, dataset)
    return redirect(f"{reverse('dataset', args=[slug])}?tab=settings#learned")


def _learn(request: HttpRequest, dataset: Dataset) -> None:
    wanted = asked(dataset, request.POST.get("target"), request.POST.get("days"))
    if dataset.version is None or wanted is None:
        messages.error(request, _("Choose an event and a number of days. Nothing was started."))
        return
    try:
        reports.order(dataset.version, ReportKind.WEIGHTS, person(request), **wanted)
    except orders.Quota as quota:
        messages.error(request, quota.message)


def _take(request: HttpRequest, dataset: Dataset) -> None:
    found = shown(dataset)
    if found is None or not found.takes:
        messages.error(request, _("There are no learned weights to take. Nothing was changed."))
        return
    changed = taken(dataset.rules, found)
    dataset.rules = changed
    dataset.save(update_fields=["rules"])
    learned = {row["event"]: round(row["times"], 3) for row in found.rows}
    audit.record(request, "dataset-weights", dataset.slug, weights=learned)
    n = sum(row["now"] is not None for row in found.rows)
    words = ngettext(
        "%(n)d rule has its learned weight now. New experiments use it.",
        "%(n)d rules have their learned weights now. New experiments use them.",
        n,
    )
    messages.success(request, words % {"n": n})


def taken(rules: list[dict[str, Any]], found: Learned) -> list[dict[str, Any]]:
    """The rules with the learned weights; the event that was foretold weighs no less than any."""
    times = {row["event"]: float(row["times"]) for row in found.rows}
    most = max(times.values())
    made = []
    for rule in rules:
        weight = times.get(rule["event"], float(rule["weight"]))
        if rule["event"] == found.target:
            weight = max(weight, most)
        made.append({**rule, "weight": round(min(max(weight, SMALL), LARGE), 3)})
    return made
