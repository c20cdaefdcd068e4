"""The jobs that examine one version: its health, and how well its users hide."""

import numpy as np
from django.db.models import Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from recweb.datasets import reports, tasks
from recweb.datasets.models import Item, Kind, ReportKind, Version
from recweb.jobs.run import Run


def health(run: Run) -> None:
    with reports.making(run, ReportKind.HEALTH) as (version, _against, figures):
        run.progress(0, 1, _("Reading the events"))
        titles = tasks.check_titles()
        language = get_language() or "en"

        def progress(done: int, total: int, code: str) -> None:
            said = titles[code].get(language, titles[code]["en"])
            run.progress(done, total, said)

        found = tasks.examine(version, listed(version), totals(version), progress)
        figures["checks"] = found
        levels = [row["level"] for row in found]
        figures["levels"] = {level: levels.count(level) for level in ("fail", "warn", "pass")}


def anonymity(run: Run) -> None:
    with reports.making(run, ReportKind.ANONYMITY) as (version, _against, figures):
        run.progress(0, 1, _("Counting who hides among whom"))
        figures |= tasks.crowds(version)


def weights(run: Run) -> None:
    """params: target, days."""
    with reports.making(run, ReportKind.WEIGHTS) as (version, _against, figures):
        run.progress(0, 1, _("Learning what comes before a purchase"))
        figures |= tasks.learn_weights(version, run.params["target"], run.params["days"])


def listed(version: Version) -> np.ndarray:
    """bool (n_items,): an item file names it."""
    rows = Item.objects.filter(dataset=version.dataset_id, code__lt=version.n_items)
    codes = rows.filter(in_catalogue=True).values_list("code", flat=True)
    made = np.zeros(version.n_items, dtype=bool)
    made[np.fromiter(codes.iterator(), dtype=np.int64)] = True
    return made


def totals(version: Version) -> dict[str, int]:
    """Rows of the version's events as they came, and those that said what another one says."""
    events = version.imports.filter(kind=Kind.INTERACTIONS)
    sums = events.aggregate(rows=Sum("rows_in"), twice=Sum("duplicates"))
    dropped = (sums["twice"] or 0) + version.profile.get("replaced", 0)
    return {"rows_in": sums["rows"] or 0, "dropped": dropped}
