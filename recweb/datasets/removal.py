"""A deleted dataset is hidden at once; its rows, files and arrays go in the background."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.datasets import exports, partitions, uploads
from recweb.datasets.models import Dataset, EventName, Import, Upload
from recweb.jobs import orders
from recweb.jobs.models import Job
from recweb.jobs.run import Failure, Run

if TYPE_CHECKING:
    from recweb.people.models import User

TRIES = 30
HOUR = 3600.0


def hide(dataset: Dataset, owner: "User") -> Job:
    """Nobody sees it from here on; its running jobs are told to stop."""
    with transaction.atomic():
        Dataset.objects.filter(pk=dataset.pk, deleted=None).update(
            deleted=Now(), slug=f"deleted-{dataset.pk}"
        )
        for job in Job.objects.live().filter(dataset_id=dataset.pk):
            orders.cancel(job)
        return orders.order(
            "remove",
            owner=owner,
            title=lambda: _("Remove %(dataset)s") % {"dataset": dataset.name},
            dataset_id=dataset.pk,
            target_id=dataset.pk,
        )


def remove(run: Run) -> None:
    dataset = Dataset.objects.get(pk=run.target_id or 0)
    if dataset.deleted is None:
        raise Failure(_("This dataset is not deleted."))
    batches = list(Import.objects.filter(dataset=dataset))
    for done in range(TRIES):
        run.progress(done, TRIES, _("Waiting until nobody reads its events"))
        if partitions.drop_dataset(dataset.pk):
            break
        time.sleep(1.0)
    else:
        raise Failure(_("Its events are still being read. Press Retry later."))
    for batch in batches:
        partitions.drop_staging(batch.pk)
        batch.path.unlink(missing_ok=True)
    exports.drop(dataset)
    with run.fenced(), connection.cursor() as cursor:
        for table in ("datasets_triple", "datasets_person", "datasets_item"):
            cursor.execute(f"DELETE FROM {table} WHERE dataset_id = %s", [dataset.pk])
        EventName.objects.filter(dataset_id=dataset.pk).delete()
        for batch in batches:
            batch.bad_rows.all().delete()
    run.progress(TRIES, TRIES, _("Removed"))


def sweep(older_than: float = HOUR) -> int:
    """Files below UPLOADS and SPOOL that no row speaks of, and folders that no version does."""
    known = set(Import.objects.values_list("stored", flat=True))
    swept = exports.sweep(older_than) + uploads.sweep(older_than)
    known |= {upload.path.name for upload in Upload.objects.all()}
    for folder in (settings.UPLOADS, settings.SPOOL):
        for path in Path(folder).iterdir():
            old = path.is_file() and time.time() - path.stat().st_mtime > older_than
            if old and path.name not in known:
                path.unlink(missing_ok=True)
                swept += 1
    for import_id in partitions.staged_imports():
        if not Job.objects.live().of("import", import_id).exists():
            partitions.drop_staging(import_id)
    return swept
