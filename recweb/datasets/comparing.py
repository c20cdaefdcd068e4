"""The job that compares two versions of a dataset."""

from django.utils.translation import gettext as _

from recweb.datasets import reports, tasks
from recweb.datasets.models import ReportKind
from recweb.jobs.run import Failure, Run


def diff(run: Run) -> None:
    with reports.making(run, ReportKind.DIFF) as (version, against, figures):
        if against is None:
            raise Failure(_("Nothing to compare with. Choose two versions."))
        words = _("Comparing v%(a)d with v%(b)d")
        said = words % {"a": against.number, "b": version.number}
        figures |= tasks.compare(
            against, version, lambda done, total, _part: run.progress(done, total, said)
        )
