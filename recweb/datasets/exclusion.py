"""Users whom a version leaves out: bots, suspects, those without consent. Rows stay where they are;
a version that leaves somebody out (or takes them in again) is a new one."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from recweb.datasets import profile, tasks
from recweb.datasets.arrays import Rows, pack
from recweb.datasets.models import Dataset, Version
from recweb.jobs import orders
from recweb.jobs.models import Job

if TYPE_CHECKING:
    from recweb.people.models import User

# {"user": code, "why": "bots"}; with "kept": True an admin took them in again
Row = dict[str, Any]
YES = {"1", "true", "yes", "y", "t", "granted", "是", "同意", "有"}
MOST = 100_000


def codes(excluded: Iterable[Row]) -> list[int]:
    return sorted(row["user"] for row in excluded if not row.get("kept"))


def left_out(version: Version) -> list[int]:
    return codes(version.excluded)


def left_for(version: Version, why: str) -> list[int]:
    """Whom the version leaves out for this reason."""
    return sorted(
        row["user"] for row in version.excluded if not row.get("kept") and row["why"] == why
    )


def standing(dataset: Dataset) -> list[Row]:
    """What the newest version leaves out: the next one goes on with it."""
    last = Version.objects.filter(dataset=dataset).order_by("-number").first()
    return list(last.excluded) if last else []


def complete(
    dataset: Dataset,
    rows: Rows,
    attributes: Sequence[dict[str, str]],
    excluded: Iterable[Row],
) -> tuple[list[Row], list[list[int]]]:
    """(excluded, the bots): bots are out by default (BAD-48), and whoever did not consent."""
    known = {row["user"]: row for row in excluded if row["why"] != "consent"}
    bots = profile.bots(rows)
    for user, _busiest in bots:
        known.setdefault(user, {"user": user, "why": "bots"})
    if column := dataset.privacy.get("consent"):
        for user, facts in enumerate(attributes):
            if facts.get(column, "").strip().casefold() not in YES:
                known[user] = {"user": user, "why": "consent"}
    return sorted(known.values(), key=lambda row: int(row["user"])), bots


def without(rows: Rows, excluded: Iterable[Row]) -> Rows:
    """The rows of everybody else. Nobody needs `rows` any more, so no copy is made."""
    users = codes(excluded)
    if not users or not len(rows):
        return rows
    space, n = tasks.workspace(), len(rows)
    last = space.ends(rows.users) or (0, 0)
    out = np.zeros(max(int(last[1]), *users) + 1, dtype=bool)
    out[users] = True
    kept = space.room(n, bool)
    for each in space.slices(n, rows.users, kept):
        kept[each] = ~out[rows.users[each]]
    return pack(rows, kept)


def merge(excluded: Iterable[Row], users: Iterable[int], why: str, *, keep: bool) -> list[Row]:
    """With these users left out (or, keep=True, taken in again)."""
    known = {row["user"]: row for row in excluded}
    for user in users:
        if keep:
            known[user] = {"user": user, "why": known.get(user, {}).get("why", why), "kept": True}
        else:
            known[user] = {"user": user, "why": why}
    return sorted(known.values(), key=lambda row: int(row["user"]))


def order(dataset: Dataset, owner: "User", users: Sequence[int], why: str, *, keep: bool) -> Job:
    """A job that makes the version without (or again with) these users. Raises orders.Quota."""

    def title() -> str:
        named = {"n": len(users), "data": dataset.name[:80]}
        if keep:
            return _("Take %(n)d users in again: %(data)s") % named
        return _("Exclude %(n)d users: %(data)s") % named

    return orders.order(
        "exclude",
        owner=owner,
        title=title,
        dataset_id=dataset.pk,
        target_id=dataset.pk,
        params={"users": list(users)[:MOST], "why": why[:40], "keep": keep},
    )
