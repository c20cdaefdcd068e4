"""A cancel during an import leaves nothing, whatever it is at."""

import io
import itertools
import time
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from recweb.datasets import filling, imports, loading, partitions, patience
from recweb.datasets.models import Dataset, Import, Person
from recweb.datasets.patience import stoppable
from recweb.jobs import ends, fence, orders
from recweb.jobs.models import Job
from recweb.jobs.run import Run, Stopped
from tests.datasets.conftest import RATINGS

pytestmark = pytest.mark.django_db


def claimed(shop: Dataset) -> Job:
    """The import of a small file, as a worker has just taken it."""
    imports.start_import(shop, "interactions", io.BytesIO(RATINGS.encode()), "a.csv", shop.owner)
    job = fence.claim("import", "test:1")
    assert job is not None
    return job


def test_an_import_cancelled_at_any_moment_leaves_nothing(shop: Dataset) -> None:
    for moment in range(1, 100):
        _, job = imports.start_import(
            shop, "interactions", io.BytesIO(RATINGS.encode()), "a.csv", shop.owner
        )
        taken = fence.claim("import", "test:1")
        assert taken == job
        asked = itertools.count(1)
        run = Run(taken, lambda asked=asked, at=moment: "cancel" if next(asked) >= at else "")
        try:
            loading.load(run)
            break  # it asks fewer times than this: every moment was tried
        except Stopped:
            ends.give_back(taken.pk, taken.attempt, lost=False, why="cancel")
            orders.cancel(taken)
        batch = Import.objects.latest("pk")
        assert batch.state == "cancelled"
        assert partitions.staged_imports() == set()
        assert not Person.objects.filter(dataset=shop).exists()
        assert shop.version is None
        assert partitions.value("SELECT count(*) FROM datasets_interaction") == 0
    assert moment > 5
    assert shop.version is not None


@pytest.mark.parametrize("ask", ["SELECT pg_sleep(30)", "COPY (SELECT pg_sleep(30)) TO STDOUT"])
@pytest.mark.django_db(transaction=True)
def test_a_cancel_stops_the_statement_that_the_database_works_on(shop: Dataset, ask: str) -> None:
    file = io.BytesIO(RATINGS.encode())
    _, job = imports.start_import(shop, "interactions", file, "a.csv", shop.owner)
    assert job is not None
    begun = time.monotonic()
    run = Run(job, lambda: "cancel" if time.monotonic() - begun > 0.3 else "")
    with pytest.raises(Stopped), stoppable(run), connection.cursor() as cursor:
        if ask.startswith("COPY"):
            cursor.copy_expert(ask, io.BytesIO())
        else:
            cursor.execute(ask)
    assert time.monotonic() - begun < 10


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_is_slow_to_give_up_is_left_alone(
    shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would answer when gigabytes are thrown away: here, as the cancel never reaches it."""
    monkeypatch.setattr(patience, "PATIENT", 0.1)
    job = claimed(shop)
    begun = time.monotonic()
    run = Run(job, lambda: "cancel" if time.monotonic() - begun > 0.3 else "")
    before = partitions.value("SELECT pg_backend_pid()")
    deaf = SimpleNamespace(cancel=lambda: None, fileno=connection.connection.fileno)
    monkeypatch.setattr(patience, "connections", {"default": SimpleNamespace(connection=deaf)})
    with (
        pytest.raises(Stopped, match="cancel"),
        stoppable(run),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_sleep(30)")
    assert time.monotonic() - begun < 10
    # over a new line; what sleeps on at the end of the old one would be in the way of other tests
    assert partitions.value("SELECT pg_terminate_backend(%s)", str(before))


@pytest.mark.django_db(transaction=True)
def test_who_cancels_a_large_load_waits_for_no_rollback(
    shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes, and with it the lock and, on the server's time, the hidden table."""
    monkeypatch.setattr(filling, "LARGE", 0)
    job = claimed(shop)
    before = partitions.value("SELECT pg_backend_pid()")
    run = Run(job)
    monkeypatch.setattr(
        Run, "stopping", property(lambda me: "cancel" if "Loading" in str(me.report) else "")
    )
    with pytest.raises(Stopped, match="cancel"):
        loading.load(run)
    assert partitions.value("SELECT pg_backend_pid()") != before
    until = time.monotonic() + 10
    while partitions.value("SELECT 1 FROM pg_stat_activity WHERE pid = %s", str(before)):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert partitions.staged_imports() == set()
    with partitions.one_at_a_time(shop.pk, iter(())):
        assert not Person.objects.filter(dataset=shop).exists()
