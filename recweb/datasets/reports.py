"""What jobs found out about versions: ordered, looked up, put away."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from recweb.datasets.models import Report, ReportKind, Version
from recweb.jobs import orders
from recweb.jobs.models import Job
from recweb.jobs.run import Run

if TYPE_CHECKING:
    from recweb.people.models import User

LOCK_SPACE = 7304  # of pg_advisory_xact_lock: one order of a version's reports at a time


def titles(kind: str) -> str:
    return {
        ReportKind.HEALTH: _("Health of %(name)s"),
        ReportKind.DIFF: _("Difference between versions of %(name)s"),
        ReportKind.ANONYMITY: _("k-anonymity of %(name)s"),
        ReportKind.WEIGHTS: _("Event weights of %(name)s"),
        ReportKind.PICTURES: _("Vectors of the pictures of %(name)s"),
        # not from where: who may see this dataset need not know of the other one
        ReportKind.TRANSFER: _("Transfer through texts to %(name)s"),
    }[ReportKind(kind)]


def find(version: Version, kind: str, against: Version | None = None) -> Report | None:
    return Report.objects.filter(version=version, kind=kind, against=against).first()


def job_of(version: Version, kind: str, against: Version | None = None) -> Job | None:
    """The newest job that was to make this report."""
    rows = Job.objects.of(kind, version.pk).order_by("-pk")
    if against is not None:
        rows = rows.filter(params__against=against.pk)
    return rows.first()


def order(
    version: Version,
    kind: str,
    owner: "User",
    against: Version | None = None,
    **more: Any,
) -> Job:
    """The job that makes it; one that already waits or runs is the same one. more: its params.
    Raises Quota."""
    name = f"{version.dataset.name[:80]} v{version.number}"
    with transaction.atomic():
        with connection.cursor() as cursor:  # two clicks, one job
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, version.pk])
        found = job_of(version, kind, against)
        if found is not None and found.is_live:
            return found
        return orders.order(
            kind,
            owner=owner,
            title=lambda: titles(kind) % {"name": name},
            dataset_id=version.dataset_id,
            target_id=version.pk,
            params={"against": against.pk, **more} if against else more,
        )


@contextmanager
def making(run: Run, kind: str) -> Iterator[tuple[Version, Version | None, dict[str, Any]]]:
    """(version, against, figures to fill); stored at the end, if the job is still ours."""
    rows = Version.objects.select_related("dataset")
    version = rows.get(pk=run.target_id or 0)
    against = rows.get(pk=run.params["against"]) if run.params.get("against") else None
    figures: dict[str, Any] = {}
    begun = time.monotonic()
    yield version, against, figures
    seconds = round(time.monotonic() - begun, 3)
    with run.fenced():
        Report.objects.update_or_create(
            version=version,
            against=against,
            kind=kind,
            defaults={"figures": figures, "seconds": seconds},
        )
    run.progress(1, 1, _("Done"))
