"""What event rules would make of real events, before anybody saves them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from recweb.datasets import rows, tasks
from recweb.datasets.access import find
from recweb.datasets.clock import moment
from recweb.datasets.exports import version_folder
from recweb.datasets.manage import rule_forms
from recweb.datasets.models import Version

ROWS = 20


@dataclass(frozen=True)
class Tried:
    """An event, and the confidence (0: no positive) that the rules give it."""

    user: str
    item: str  # "" for a search
    title: str
    event: str
    value: float | None
    at: datetime | None
    confidence: float


def tried(version: Version, rules: list[dict[str, Any]]) -> list[Tried]:
    found = tasks.try_rules(version_folder(version), rules, ROWS)
    users = rows.user_ids(version.dataset_id, {row[0] for row in found})
    items = rows.titles(version.dataset_id, {row[1] for row in found if row[1] >= 0})
    return [
        Tried(
            user=users.get(user, ""),
            item=items[item].outside_id if item in items else "",
            title=items[item].name if item in items else "",
            event=event,
            value=value,
            at=moment(at),
            confidence=confidence,
        )
        for user, item, event, value, at, confidence in found
    ]


@require_POST
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules as they stand in the form, unsaved."""
    dataset = find(request, slug)
    forms = rule_forms(dataset, request.POST)
    valid = all([form.is_valid() for form in forms])
    wanted = [rule for rule in (form.rule() for form in forms) if rule] if valid else []
    version = dataset.version
    shown = tried(version, wanted) if version and valid else []
    ctx = {"dataset": dataset, "rows": shown, "valid": valid, "any": bool(wanted)}
    status = 200 if valid else 422
    return render(request, "datasets/_tried.html", ctx, status=status)
