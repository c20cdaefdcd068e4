"""Order, quota, claim, fairness, fencing: on a real database, several connections at once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils.translation import gettext, override

from recweb.jobs import ends, fence, orders
from recweb.jobs.models import Job, State
from recweb.jobs.run import Run, Stopped
from recweb.people.models import User

both = pytest.mark.django_db(transaction=True)  # other connections must see the rows


def order(owner: User, kind: str = "test-count", **words: object) -> Job:
    return orders.order(kind, owner=owner, title="Count", **words)  # type: ignore[arg-type]


def at_once(n: int, deed: Callable[[], object]) -> list[object]:
    """The deed in n threads that start together; each its exception or answer."""
    gate = threading.Barrier(n)

    def one(_: int) -> object:
        gate.wait()
        try:
            return deed()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


@pytest.mark.django_db
def test_everybody_reads_a_title_in_their_own_language(ann: User) -> None:
    def title() -> str:
        return gettext("Remove %(dataset)s") % {"dataset": "MovieLens"}

    with override("zh-hans"):  # its owner's
        job = orders.order("test-count", owner=ann, title=title)
        assert job.name == title() != "Remove MovieLens"
    with override("en"):
        assert Job.objects.get(pk=job.pk).name == "Remove MovieLens"


@both
def test_a_rolled_back_request_leaves_no_job(ann: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        order(ann)
        raise RuntimeError
    assert not Job.objects.exists()


@both
def test_abu_04_twenty_rows_under_fifty_orders_at_once(ann: User, bob: User) -> None:
    answers = at_once(50, lambda: order(ann))
    refused = [answer for answer in answers if isinstance(answer, orders.Quota)]
    assert Job.objects.filter(owner=ann).count() == 20
    assert len(refused) == 30 and "20 jobs waiting" in refused[0].message
    order(bob)


@both
def test_abu_04_without_its_lock_more_rows_get_in(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard of the test above: counting alone lets neighbours through."""

    def only_count(owner: User) -> None:
        if Job.objects.filter(owner=owner, state=State.QUEUED).count() >= 20:
            raise orders.Quota("full")
        time.sleep(0.05)  # what a slower machine does by itself

    monkeypatch.setattr(orders, "_keep_quota", only_count)
    at_once(50, lambda: order(ann))
    assert Job.objects.filter(owner=ann).count() > 20


@both
def test_a_job_orders_its_next_step_beyond_the_quota(ann: User) -> None:
    for _ in range(20):
        order(ann)
    assert order(ann, quota=False).state == State.QUEUED


@both
def test_each_job_is_claimed_once(ann: User, settings: LazySettings) -> None:
    settings.QUOTA_RUNNING = 20
    for _ in range(12):
        order(ann)
    claimed = at_once(16, lambda: fence.claim("quick", "here:1"))
    numbers = [job.pk for job in claimed if isinstance(job, Job)]
    assert len(numbers) == 12 == len(set(numbers))
    assert not [answer for answer in claimed if isinstance(answer, Exception)]


@both
def test_the_second_users_job_is_next(ann: User, bob: User) -> None:
    first, second = order(ann), order(ann)
    theirs = order(bob)
    taken = [fence.claim("quick", "here:1") for _ in range(3)]
    assert [job.pk for job in taken if job] == [first.pk, theirs.pk, second.pk]


@both
def test_a_user_runs_two_at_a_time(ann: User) -> None:
    for _ in range(3):
        order(ann)
    taken = [fence.claim("quick", "here:1") for _ in range(3)]
    assert taken[2] is None and not fence.claimable("quick")
    assert taken[0] and ends.end(taken[0].pk, 1, State.DONE)
    assert fence.claimable("quick") and fence.claim("quick", "here:1")


@both
def test_a_newer_codes_job_is_left_alone(ann: User) -> None:
    Job.objects.filter(pk=order(ann).pk).update(code_version=fence.CODE_VERSION + 1)
    assert fence.claim("quick", "here:1") is None


@both
def test_a_taken_over_attempt_writes_nothing(ann: User) -> None:
    job = _claimed(ann)
    run = Run(job)
    ends.give_back(job.pk, 1, lost=True, why="test")
    assert fence.beat(job.pk, 1, done=5, total=5, step="x", unit="") is None
    with pytest.raises(Stopped, match="lost"), run.fenced():
        Job.objects.filter(pk=job.pk).update(title="theirs")
    assert not ends.end(job.pk, 1, State.DONE)
    job.refresh_from_db()
    assert (job.state, job.title, job.lost) == (State.QUEUED, "Count", 1)


@both
def test_the_new_attempts_row_is_safe_from_the_old_one(ann: User) -> None:
    job = _claimed(ann)
    ends.give_back(job.pk, 1, lost=True, why="test")
    again = fence.claim("quick", "here:2")
    assert again and again.attempt == 2
    assert not ends.end(job.pk, 1, State.FAILED, "old news")
    with Run(again).fenced():
        pass
    assert ends.end(job.pk, 2, State.DONE)


@both
def test_a_cancel_wins_over_a_lost_worker(ann: User) -> None:
    job = _claimed(ann)
    assert orders.cancel(job) == State.CANCELLING
    ends.give_back(job.pk, 1, lost=True, why="test")
    job.refresh_from_db()
    assert job.state == State.CANCELLED and job.finished


@both
def test_three_lost_workers_are_enough(ann: User) -> None:
    job = _claimed(ann)
    for attempt in (1, 2, 3):
        ends.give_back(job.pk, attempt, lost=True, why="test")
        fence.claim("quick", "here:1")
    job.refresh_from_db()
    assert job.state == State.FAILED and "lost 3 times" in job.error


@both
def test_a_shutdown_is_no_loss(ann: User) -> None:
    job = _claimed(ann)
    for attempt in range(1, 6):
        ends.give_back(job.pk, attempt, lost=False, why="shutdown")
        assert fence.claim("quick", "here:1")
    job.refresh_from_db()
    assert (job.state, job.attempt, job.lost) == (State.RUNNING, 6, 0)


@both
def test_what_must_not_be_repeated_is_not(ann: User) -> None:
    job = _claimed(ann, "test-once")
    ends.give_back(job.pk, 1, lost=True, why="test")
    job.refresh_from_db()
    assert job.state == State.FAILED
    with pytest.raises(ValueError, match="cannot be tried"):
        orders.retry(job)


@both
def test_a_broken_hook_does_not_keep_a_job_alive(ann: User) -> None:
    job = _claimed(ann, "test-angry")
    assert ends.end(job.pk, 1, State.DONE)
    job.refresh_from_db()
    assert job.state == State.DONE and "RuntimeError: hook" in job.trace


@both
def test_a_dead_broker_holds_nobody(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders.app.conf, "broker_write_url", "redis+socket:///nowhere/valkey.sock")
    began = time.monotonic()
    assert order(ann).state == State.QUEUED
    assert time.monotonic() - began < 1.0


@both
def test_a_broker_that_does_not_answer_holds_nobody(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, says nothing
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr(orders.app.conf, "broker_write_url", url)
        began = time.monotonic()
        job = order(ann)
        assert not orders.ring(job)
        assert time.monotonic() - began < 1.5  # two bells: the order's own, and this one


def _claimed(owner: User, kind: str = "test-count") -> Job:
    order(owner, kind)
    job = fence.claim("quick", "here:1")
    assert job is not None
    return job
