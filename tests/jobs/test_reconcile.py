"""Signs of life, who is missing, and the worker that stands in for a stuck reconciler."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from recweb.jobs import beats, fence, orders, reconcile, signs
from recweb.jobs.models import Beat, Job, State
from recweb.jobs.workers import crew
from recweb.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def overdue(owner: User) -> Job:
    orders.order("test-count", owner=owner, title="Count")
    job = fence.claim("quick", "here:1")
    assert job
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET lease_until = clock_timestamp() - interval '1 s'")
    return job


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


def test_an_overdue_job_is_queued_again(ann: User) -> None:
    job = overdue(ann)
    reconcile.reconcile()
    assert state(job) == State.QUEUED and job.lost == 1
    assert Beat.objects.filter(name="reconciler").exists()


def test_a_live_lease_is_left_alone(ann: User) -> None:
    orders.order("test-count", owner=ann, title="Count")
    job = fence.claim("quick", "here:1")
    assert job
    reconcile.reconcile()
    assert state(job) == State.RUNNING


def test_an_overdue_cancel_is_finished(ann: User) -> None:
    job = overdue(ann)
    orders.cancel(job)
    reconcile.reconcile()
    assert state(job) == State.CANCELLED


def test_one_reconciler_at_a_time(ann: User) -> None:
    job = overdue(ann)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [reconcile.LOCK])
        reconcile.reconcile()
        assert state(job) == State.RUNNING
        cursor.execute("SELECT pg_advisory_unlock(%s)", [reconcile.LOCK])
    other.close()
    reconcile.reconcile()
    assert state(job) == State.QUEUED


def at_once(deed: Callable[[], object]) -> None:
    """Three times, each on a connection of its own."""
    gate = threading.Barrier(3)

    def one() -> None:
        try:
            gate.wait(10)
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        for ended in [pool.submit(one) for _ in range(3)]:
            ended.result(30)


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without the lock"])
def test_flt_29_three_reconcilers_at_once_give_each_job_back_once(locked: bool) -> None:
    """The rows themselves are a second guard, should the lock be another server's."""
    jobs = [overdue(User.objects.create(username=f"owner{n}")) for n in range(8)]
    numbers = [job.pk for job in jobs]
    at_once(
        reconcile.reconcile
        if locked
        else lambda: [reconcile._give_back(number) for number in numbers]
    )
    for job in jobs:
        assert state(job) == State.QUEUED
        assert (job.lost, job.attempt) == (1, 1), "it was given back twice"


def test_a_worker_stands_in_when_the_reconciler_is_stuck(ann: User) -> None:
    job = overdue(ann)
    assert beats.stand_in()
    assert state(job) == State.QUEUED
    assert not beats.stand_in()  # it has just shown itself


def test_the_crew_is_counted_and_the_silent_named() -> None:
    signs.show("worker:train", {"a:1": {"slots": 1, "at": _now()}})
    signs.show("worker:train", {"b:1": {"slots": 2, "at": _now()}})
    signs.show("worker:quick", {"b:1": {"slots": 2, "at": _now()}})
    found = crew()
    assert (found.workers, found.slots, found.silent) == (2, 3, ["reconciler"])
    assert found.age is not None and found.age < 5


def test_who_was_silent_for_a_minute_is_forgotten() -> None:
    signs.show("worker:train", {"a:1": {"slots": 1, "at": _now() - 61}})
    signs.show("worker:train", {"b:1": {"slots": 1, "at": _now()}})
    assert list(Beat.objects.get(name="worker:train").facts) == ["b:1"]


def _now() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])
