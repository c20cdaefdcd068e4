"""Forget one user everywhere (ABU-10).

1. ask     an admin names the user and types the name again; the keyed hash of it goes on a list
           that also lies outside the database, so that a restored backup is erased again
2. scrub   uploads that name the user go, and so do bad rows, notes, logs and remembered answers
3. forget  one transaction: events go, the user's row becomes nobody's, old versions' arrays are
           redacted, other apps forget labels and published models, a new version is made
4. vacuum  the database gives up the dead rows and its log of them
What stays is the hash: a file that brings the user back has those rows refused, and counted.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.datasets import (
    exclusion,
    exports,
    partitions,
    people,
    privacy,
    renewal,
    rows,
    scrub,
    vacuum,
    versions,
)
from recweb.datasets.models import Dataset, Erased, Person, Version
from recweb.jobs import orders
from recweb.jobs.models import Job
from recweb.jobs.run import Run
from recweb.people import audit
from recweb.runtime import home

if TYPE_CHECKING:
    from django.http import HttpRequest

    from recweb.people.models import User

NOWHERE = -1  # the code of somebody who stands in bad rows alone
Forget = Callable[[int, int], dict[str, int]]  # (dataset, user code) -> what was removed
_forgetting: list[Forget] = []


class NobodyThere(LookupError):
    """There is no such user, or not any more."""


def provide(forget: Forget) -> None:
    """An app to the right says how it forgets a user (in AppConfig.ready)."""
    if forget not in _forgetting:
        _forgetting.append(forget)


def ask(dataset: Dataset, outside_id: str, request: "HttpRequest", owner: "User") -> Job:
    """The job that forgets this user. The id itself is written nowhere, but for one that stands
    in bad rows alone, until these are gone. Raises NobodyThere.
    """
    code = rows.user_code(dataset.pk, outside_id)
    if code is None and privacy.wants_pseudonyms(dataset):
        code = rows.user_code(dataset.pk, privacy.pseudonym(dataset.pk, outside_id))
    sought = outside_id if code is None and scrub.quotes(dataset, outside_id) else ""
    if code is None and not sought:
        raise NobodyThere
    known = privacy.mac(dataset.pk, outside_id)
    with transaction.atomic():
        job = order(dataset, NOWHERE if code is None else code, known, owner, sought)
        audit.record(request, "erase", dataset.slug, user_hash=known)
    return job


def order(dataset: Dataset, code: int, known: str, owner: "User", sought: str = "") -> Job:
    row, _made = Erased.objects.get_or_create(dataset=dataset, mac=known, defaults={"owner": owner})
    if sought:
        Erased.objects.filter(pk=row.pk).update(sought=sought)
    note_outside(dataset, known)
    return orders.order(
        "erase",
        owner=owner,
        title=lambda: _("Erase a user of %(name)s") % {"name": dataset.name[:80]},
        dataset_id=dataset.pk,
        target_id=row.pk,
        params={"user": code},
        quota=False,  # a right of the user's, not a wish of the admin's
    )


def erase(run: Run) -> None:
    row = Erased.objects.select_related("dataset").get(pk=run.target_id or 0)
    dataset, code = row.dataset, int(run.params["user"])
    run.progress(0, 4, _("Waiting for another import of this dataset"))
    with partitions.one_at_a_time(dataset.pk, renewal.patience(run)):
        counts: dict[str, int] = dict(row.counts)
        person = Person.objects.filter(dataset=dataset, code=code).first()
        if person is not None and _is(person, row):
            run.progress(1, 4, _("Removing uploads, logs and remembered answers"))
            counts |= scrub.everywhere(dataset, person.outside_id)
            run.progress(2, 4, _("Removing events, labels and published models"))
            counts |= _forget(run, dataset, code, row)
        elif row.sought:
            run.progress(1, 4, _("Removing uploads, logs and remembered answers"))
            counts |= scrub.everywhere(dataset, row.sought)
            with run.fenced():
                Erased.objects.filter(pk=row.pk).update(sought="", counts=counts)
    run.progress(3, 4, _("Giving the space back"))
    counts["traces_kept"] = len(vacuum.traces(dataset.pk))
    with run.fenced():
        Erased.objects.filter(pk=row.pk).update(counts=counts)
    run.progress(4, 4, _("Erased"))


def _is(person: Person, row: Erased) -> bool:
    """Not erased yet: the row still has the user's id, or the pseudonym made of it."""
    known = privacy.mac(person.dataset_id, person.outside_id)
    return row.mac == known or person.outside_id == row.mac[: privacy.LONG]


def _forget(run: Run, dataset: Dataset, code: int, row: Erased) -> dict[str, int]:
    old = exports.folders(dataset)
    counts = {"events": 0}
    with run.fenced():
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM datasets_interaction WHERE dataset_id = %s AND user_code = %s",
                [dataset.pk, code],
            )
            counts["events"] = cursor.rowcount
        # the code stays, for arrays count on codes without holes; it is nobody's from here on
        Person.objects.filter(dataset=dataset, code=code).update(
            outside_id=people.nobody(), attributes={}, n_events=0
        )
        for forget in _forgetting:
            counts |= forget(dataset.pk, code)
        counts["versions"] = _redact(run, dataset, code)
        if dataset.versions.exists():
            left = [each for each in exclusion.standing(dataset) if each["user"] != code]
            versions.again(run, dataset, run.owner_id, left)
        Erased.objects.filter(pk=row.pk).update(counts=counts)
    exports.remove(old - exports.folders(dataset))
    return counts


def _redact(run: Run, dataset: Dataset, code: int) -> int:
    """Old versions keep their number and their figures; the user goes from their arrays."""
    n = 0
    for version in Version.objects.filter(dataset=dataset).order_by("number"):
        run.check()
        events = exports.redact(version, code, f"j{run.job.pk}a{run.attempt}")
        _note(version, code, events)
        bots = version.profile.get("quality", {}).get("bots", [])
        version.profile.setdefault("quality", {})["bots"] = [b for b in bots if b[0] != code]
        version.excluded = [row for row in version.excluded if row["user"] != code]
        version.save(update_fields=["profile", "excluded"])
        Version.objects.filter(pk=version.pk).update(redacted=Now())
        version.reports.all().delete()
        n += 1
    return n


def _note(version: Version, code: int, events: int | None) -> None:
    """What is gone, for the pages to say: the version's own figures stay as it was made. Once a
    number is unknown it stays so."""
    earlier = version.profile.get("gone")
    if earlier is None:
        unknown = version.redacted is not None  # by an erasure of before anybody counted
        earlier = {"users": None, "events": None} if unknown else {"users": 0, "events": 0}
    users = int(code < version.n_users and code not in exclusion.left_out(version))
    known = earlier["events"] is not None and events is not None
    version.profile["gone"] = {
        "users": None if earlier["users"] is None else earlier["users"] + users,
        "events": earlier["events"] + events if known else None,
    }


def _list() -> Path:
    return home.home() / "secrets" / "erased.jsonl"


def note_outside(dataset: Dataset, known: str) -> None:
    """One line more, synced, in a file that no backup of the database holds."""
    line = json.dumps({"dataset": dataset.pk, "slug": dataset.slug, "mac": known}) + "\n"
    handle = os.open(_list(), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def replay() -> int:
    """Erase again whom the list names and a restored backup brought back; how many jobs."""
    path = _list()
    wanted: dict[tuple[int, str], set[str]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        entry: dict[str, Any] = json.loads(line)
        wanted.setdefault((entry["dataset"], entry["slug"]), set()).add(entry["mac"])
    ordered = 0
    for (pk, slug), macs in wanted.items():
        dataset = Dataset.objects.filter(pk=pk, slug=slug, deleted=None).first()
        if dataset is None:
            continue
        macs -= set(Erased.objects.filter(dataset=dataset).values_list("mac", flat=True))
        ordered += _erase_again(dataset, macs) if macs else 0
    return ordered


def _erase_again(dataset: Dataset, macs: set[str]) -> int:
    secret = privacy.key(dataset.pk)
    n = 0
    found_rows = Person.objects.filter(dataset=dataset).values_list("code", "outside_id")
    found = {}
    for code, outside_id in found_rows.iterator():
        if (known := privacy.of(secret, outside_id)) in macs:
            found[known] = code
    set_aside = scrub.quoted(dataset, secret, macs - set(found))
    for known in macs:
        if known in found or known in set_aside:
            code = found.get(known, NOWHERE)
            order(dataset, code, known, dataset.owner, set_aside.get(known, ""))
            n += 1
        else:  # not in the backup either: it need not be looked for again
            Erased.objects.get_or_create(dataset=dataset, mac=known)
    return n
