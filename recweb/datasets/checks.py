"""The health of a version: each check with its verdict, what it found, and what it means.

What the health report judges, too, is judged here by the same figure and the same bounds
(training.bounds); dominance, the catalogue, the split and rows put aside are judged here alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from recweb.datasets import examining, tasks
from recweb.datasets.models import Version
from recweb.lib.numbers import count, pct

PASS, WARN, FAIL = "pass", "warn", "fail"
Figures = dict[str, Any]  # Version.profile


@dataclass(frozen=True)
class Check:
    code: str
    level: str  # pass, warn, fail
    title: str
    found: str
    meaning: str = ""
    rows: str = ""  # query of the tab that shows the rows behind it

    @property
    def word(self) -> str:
        return {PASS: _("pass"), WARN: _("warning"), FAIL: _("fail")}[self.level]


def health(version: Version) -> list[Check]:
    """Worst first."""
    figures = version.profile
    made = [check(figures) for check in CHECKS]
    made += [_quarantine(version), _duplicates(version)]
    return sorted(made, key=lambda check: (FAIL, WARN, PASS).index(check.level))


def _totals(version: Version) -> dict[str, int]:
    sums = version.imports.aggregate(rows=Sum("rows_in"), bad=Sum("quarantined"))
    return {name: value or 0 for name, value in sums.items()}


def _quarantine(version: Version) -> Check:
    totals = _totals(version)
    share = totals["bad"] / totals["rows"] if totals["rows"] else 0.0
    return Check(
        "quarantine",
        PASS if not share else WARN if share <= 0.05 else FAIL,
        _("Rows put aside"),
        _("%(bad)s of %(rows)s rows (%(share)s)")
        % {"bad": count(totals["bad"]), "rows": count(totals["rows"]), "share": pct(share)},
        _("Bad rows are kept out. Versions lists the files; each shows its rows and the reasons."),
        "?tab=versions",
    )


def _duplicates(version: Version) -> Check:
    totals = examining.totals(version)
    twice = totals["dropped"]
    share = twice / max(totals["rows_in"], version.n_interactions + twice, 1)
    return Check(
        "duplicates",
        tasks.verdict("duplicates", share),
        _("Duplicate rows"),
        _("%(n)s rows said what another row says (%(share)s)")
        % {"n": count(twice), "share": pct(share)},
        _("Of rows with the same user, item, event and time the last line counts."),
        "?tab=versions",
    )


def _unlisted(figures: Figures) -> Check:
    found, counts = figures["quality"], figures["counts"]
    used = counts["items_with_events"]
    share = found["unlisted_items"] / used if used else 0.0
    none = not counts["items_listed"]
    return Check(
        "unlisted-items",
        PASS if not share else WARN if share <= 0.5 and not none else FAIL,
        _("Items without catalogue entry"),
        _("no item file was uploaded")
        if none
        else _("%(n)s of %(used)s items with events (%(share)s)")
        % {"n": count(found["unlisted_items"]), "used": count(used), "share": pct(share)},
        _("Without titles and categories, diversity and text models have nothing to read."),
        "?tab=items&only=unlisted",
    )


def _cold(figures: Figures) -> Check:
    items = figures["counts"]["items"]
    n = items - figures["counts"]["items_with_events"]
    share = n / max(items, 1)
    return Check(
        "cold-items",
        tasks.verdict("cold", share),
        _("Cold items"),
        _("%(n)s of %(items)s items have no event (%(share)s)")
        % {"n": count(n), "items": count(items), "share": pct(share)},
        _("Only models that read text or categories can recommend them."),
        "?tab=items&only=cold",
    )


def _ties(figures: Figures) -> Check:
    share = figures["quality"]["tie_share"]
    return Check(
        "ties",
        tasks.verdict("ties", share),
        _("Ties in time"),
        _("%(share)s of the events share user and second with another") % {"share": pct(share)},
        _("The order within a tie is the file's order. Splits by time cut through it."),
    )


def _temporal(figures: Figures) -> Check:
    quality = figures["quality"]
    splits = figures.get("splits", {})
    auto = splits.get("auto", {})
    enough = splits.get("temporal", {}).get("test_users", 0)
    if not quality["has_times"]:
        level, found = FAIL, _("the log has no times")
    elif quality.get("order_only"):
        level, found = WARN, _("the log has an order and no times")
    elif quality["one_time"]:
        level, found = FAIL, _("all events carry the same time")
    elif auto.get("name") == "temporal" or not splits:
        level, found = PASS, _("one cut in time is possible")
    else:
        level = WARN
        found = _("one cut in time leaves %(n)s test users with history") % {"n": count(enough)}
    return Check(
        "temporal-split",
        level,
        _("Split by time"),
        found,
        _("One cut for all tells most about the future; it needs 200 test users with history."),
    )


def _bots(figures: Figures) -> Check:
    bots = figures["quality"]["bots"]
    return Check(
        "bots",
        PASS if not bots else WARN,  # the report knows their share of the events, and may fail
        _("Users above 1,000 events an hour"),
        _("%(n)s users") % {"n": count(len(bots))},
        _("Nobody reads that fast: probably a program. Look before you train."),
        "?tab=users",
    )


def _dominant(figures: Figures) -> Check:
    quality = figures["quality"]
    share = max(quality["busiest_user_share"], quality["busiest_item_share"])
    return Check(
        "dominance",
        PASS if share <= 0.2 else WARN if share < 0.9 else FAIL,
        _("One user or item has most events"),
        _("the busiest user has %(user)s of the events, the busiest item %(item)s")
        % {"user": pct(quality["busiest_user_share"]), "item": pct(quality["busiest_item_share"])},
        _("Then the numbers say something about that one, and little about the others."),
    )


def _enough(figures: Figures) -> Check:
    counts = figures["counts"]
    users, items = counts["users_with_events"], counts["items_with_events"]
    events = counts["interactions"]
    return Check(
        "enough",
        tasks.verdict("enough", events if users >= 2 and items >= 2 else 0),
        _("Enough to train on"),
        _("%(events)s events of %(users)s users and %(items)s items")
        % {"events": count(events), "users": count(users), "items": count(items)},
        _(
            "Training needs at least 2 users and 2 items; below about a thousand events every "
            "interval is wider than the differences between models."
        ),
    )


CHECKS: tuple[Callable[[Figures], Check], ...] = (
    _enough,
    _temporal,
    _unlisted,
    _cold,
    _ties,
    _bots,
    _dominant,
)
