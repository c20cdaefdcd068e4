"""New versions that no file makes: users left out, or taken in again."""

import time
from collections.abc import Iterator

from django.utils.translation import gettext as _

from recweb.datasets import exclusion, partitions, versions
from recweb.datasets.models import Dataset
from recweb.jobs.run import Failure, Run


def patience(run: Run) -> Iterator[None]:
    while True:
        run.progress(0, 1, _("Waiting for another import of this dataset"))
        time.sleep(0.2)
        yield


def exclude(run: Run) -> None:
    """params: users (codes), why, keep."""
    dataset = Dataset.objects.get(pk=run.target_id or 0)
    if dataset.deleted is not None or not dataset.versions.exists():
        raise Failure(_("This dataset has no version. Nothing was changed."))
    with partitions.one_at_a_time(dataset.pk, patience(run)), run.fenced():
        rows = exclusion.merge(
            exclusion.standing(dataset),
            run.params["users"],
            run.params["why"],
            keep=run.params["keep"],
        )
        made = versions.again(run, dataset, run.owner_id, rows)
    run.progress(1, 1, _("Version %(n)d is made") % {"n": made.number})
