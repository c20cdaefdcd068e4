"""The trials of a study as a table: what it is sorted by, page by page."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recweb.lib.paging import query
from recweb.studies.models import Trial

# key, heading, path in the database, arrow, whether it is a number
COLUMNS: tuple[tuple[str, str | Promise, str, str, bool], ...] = (
    ("model", _("Model"), "model", "", False),
    ("trial", _("Trial"), "number", "", True),
    ("state", _("State"), "state", "", False),
    ("ndcg@10", "nDCG@10", "value", "↑", True),
    ("ild@10", "ILD@10", "values__ild@10", "↑", True),
    ("seconds", _("Fit"), "seconds", "↓", True),
    ("cpu", _("CPU"), "cpu_seconds", "↓", True),
    ("memory", _("Peak memory"), "peak_mb", "↓", True),
)
PATHS = {key: path for key, _name, path, _arrow, _number in COLUMNS}
USUAL = "-ndcg@10"


def ordered(rows: "QuerySet[Trial]", sort: str) -> "tuple[QuerySet[Trial], str]":
    """(rows, what they are by); what cannot be read is the usual: the best first."""
    down, key = sort.startswith("-"), sort.removeprefix("-")
    if key not in PATHS:
        down, key, sort = True, "ndcg@10", USUAL
    by = F(PATHS[key])
    order = by.desc(nulls_last=True) if down else by.asc(nulls_last=True)
    return rows.order_by(order, "model", "number"), sort


def heads(request: HttpRequest, sort: str) -> list[dict[str, Any]]:
    """A link for each head: best first, then the other way round."""
    out = []
    for key, name, _path, arrow, number in COLUMNS:
        first = f"-{key}" if arrow == "↑" else key
        other = key if first.startswith("-") else f"-{key}"
        now = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        link = query(request, sort=other if sort == first else first, page=None)
        out.append({"name": name, "arrow": arrow, "number": number, "now": now, "link": link})
    return out
