"""The trade-off page's own address, as a form of that page sends it along."""

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from recweb.datasets import rows
from recweb.experiments.models import Experiment
from recweb.lib.api import ApiError
from recweb.tuning import board, params

LONGEST = 4000
WEIGHTS = ("diversity", "a", "b")


def way_back(request: HttpRequest, run: Experiment, weight: float | None = None) -> str:
    """Our own path, and of the query only what the page knows; weight: in place of the one sent."""
    given = QueryDict(request.POST.get("back", "")[:LONGEST].lstrip("?"))
    query = QueryDict(mutable=True)
    query["run"] = str(run.pk)
    for name in WEIGHTS:
        try:
            query[name] = f"{params.number(given[name], name):g}"
        except (KeyError, ApiError):
            continue
    if weight is not None:
        query["diversity"] = f"{weight:g}"
    query.setlist("users", [rows.clean(name) for name in given.getlist("users")][: board.PEOPLE])
    return f"{reverse('tradeoff')}?{query.urlencode()}"
