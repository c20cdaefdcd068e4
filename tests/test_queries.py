"""No page asks the database more than fifteen times: every page of the resolver, with rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from recweb.jobs.models import Job
from tests import cast, walk
from tests.cast import Play

pytestmark = pytest.mark.django_db
MOST = 15
TABS = {
    "dataset": "overview interactions users items quality versions members settings".split(),
    "experiment": "overview curves config log files".split(),
}


def asked(client: Client, path: str) -> list[str]:
    """The page's statements, but for the marks of transactions."""
    with CaptureQueriesContext(
        connection,
    ) as found:
        client.get(path)
    marks = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
    return [row["sql"] for row in found if not row["sql"].startswith(marks)]


def pages(made: Play) -> list[str]:
    found = []
    for route in walk.routes():
        if ":" in route.name or "(?P" in route.pattern or route.is_api or "<path" in route.pattern:
            continue
        path = walk.address(made, route)
        found += [f"{path}?tab={tab}" for tab in TABS.get(route.name, [])] or [path]
    return found


@pytest.mark.parametrize("name", ["ann", "bob", "dan"])
def test_no_page_asks_more_than_fifteen_times(name: str) -> None:
    made = cast.play()
    for title in ("first", "second", "third", "fourth"):
        Job.objects.create(
            kind="import",
            queue="import",
            title=title,
            owner=made.users["bob"],
            dataset_id=made.dataset.pk,
        )
    client = cast.client(made.users[name], raise_request_exception=False)
    counts = {}
    for path in pages(made):
        client.get(path)  # what a first visit notes is not the page's
        counts[path] = len(asked(client, path))
    assert len(counts) > 60 and max(counts.values()) > 5, "nothing was looked at"
    assert not {path: n for path, n in counts.items() if n > MOST}
