"""The difference between two versions in words, with names for the codes."""

from typing import Any

from django.utils.translation import gettext as _

from recweb.datasets import rows
from recweb.datasets.models import Dataset, Import, Report, Version
from recweb.lib import charts


def meaning(code: str) -> str:
    return {
        "none": _("nothing that chance does not give"),
        "small": _("a small change"),
        "clear": _("a clear change: train again"),
    }.get(code, _("a large change: old figures say little about this version"))


def tell(dataset: Dataset, report: Report) -> dict[str, Any]:
    figures = report.figures
    users, items = figures["users"], figures["items"]
    people = rows.user_ids(
        dataset.pk,
        {*users["some_added"], *users["some_removed"], *(row[0] for row in users["moved"])},
    )
    titles = rows.titles(
        dataset.pk,
        {*items["some_added"], *items["some_removed"], *(row[0] for row in items["moved"])},
    )
    return {
        "sums": [
            (_("Rows"), figures["rows"]),
            (_("Users with events"), users),
            (_("Items with events"), items),
        ],
        "drifts": [
            (_("Popularity of the items"), figures["popularity"],
             meaning(figures["popularity"]["meaning"])),
            (_("Activity of the users"), figures["activity"],
             meaning(figures["activity"]["meaning"])),
        ],
        "items": [(titles[code], old, new) for code, old, new in items["moved"] if code in titles],
        "users": [(people[code], old, new) for code, old, new in users["moved"] if code in people],
        "added": [titles[code] for code in items["some_added"] if code in titles],
        "removed": [titles[code] for code in items["some_removed"] if code in titles],
        "events": charts.bars(
            [(name, new - old) for name, old, new in figures["events"]],
            _("Events more (or fewer) than before, by kind."),
            _("event"),
            _("events"),
        ),
    }  # fmt: skip


def files(before: Version, after: Version) -> dict[str, list[Import]]:
    """Files that only one of them is made of."""
    old = {batch.pk: batch for batch in before.imports.all()}
    new = {batch.pk: batch for batch in after.imports.all()}
    return {
        "added": [batch for pk, batch in new.items() if pk not in old],
        "removed": [batch for pk, batch in old.items() if pk not in new],
    }
