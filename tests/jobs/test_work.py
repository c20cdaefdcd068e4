"""What a task sees, and how its failures are told: in the process of the test."""

import errno
import threading
import time
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.utils import translation

from recweb.jobs import ends, failures, fence, kinds, logfile, orders, work
from recweb.jobs.kinds import Kind
from recweb.jobs.models import Job, State
from recweb.jobs.run import Failure, Run, Stopped
from recweb.lib import outage
from recweb.people.models import Preference, User
from tests.jobs.conftest import SAID

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(owner: User, kind: str = "test-count", **params: Any) -> Job:
    orders.order(kind, owner=owner, title="Count", params=params)
    job = fence.claim("quick", "here:1")
    assert job is not None
    return job


def test_a_task_runs_to_its_end(ann: User) -> None:
    job = claimed(ann, to=4)
    work.perform(job, child=False)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.step) == ("done", 4, 4, "step 4")
    assert job.finished and job.lease_until is None and SAID == ["done"]
    assert "attempt 1 begins" in "\n".join(logfile.read(job.pk).lines)


def test_a_failure_is_told_in_its_own_words(ann: User) -> None:
    job = claimed(ann, "test-fail")
    work.perform(job, child=False)
    job.refresh_from_db()
    assert (job.state, job.error, job.trace) == ("failed", "The log has no rows.", "")


def test_a_bug_is_told_without_its_inside(ann: User) -> None:
    job = claimed(ann)  # its parameter is missing: a KeyError
    work.perform(job, child=False)
    job.refresh_from_db()
    assert "KeyError" in job.error and "to" in job.trace and "Traceback" in job.trace
    assert "Traceback" not in job.error


def test_the_words_are_in_the_owners_language(ann: User) -> None:
    Preference.objects.create(user=ann, language="zh-hans")
    seen: list[str] = []
    kinds.register(Kind("test-language", "quick", "tests.jobs.test_work:note", child=False))
    LANGUAGE.append(seen)
    work.perform(claimed(ann, "test-language"), child=False)
    assert seen == ["zh-hans"]


LANGUAGE: list[list[str]] = []


def note(run: Run) -> None:
    LANGUAGE[-1].append(translation.get_language())


def wait_for_cancel(run: Run) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        run.progress(1, 2, "waiting")
        time.sleep(0.02)


kinds.register(Kind("test-wait", "quick", "tests.jobs.test_work:wait_for_cancel", child=False))


def cancel_when_begun(job: Job) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and not Job.objects.filter(pk=job.pk, step="waiting").exists():
        time.sleep(0.02)
    orders.cancel(Job.objects.get(pk=job.pk))
    connection.close()


def test_a_cancel_is_seen_within_two_seconds(ann: User) -> None:
    job = claimed(ann, "test-wait")
    clicker = threading.Thread(target=cancel_when_begun, args=[job])
    clicker.start()
    began = time.monotonic()
    work.perform(job, child=False)
    clicker.join()
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert time.monotonic() - began < 3.5  # half a second until the report, two until it is seen


def test_a_lost_job_stops_and_leaves_nothing(ann: User) -> None:
    job = claimed(ann, "test-wait")
    ends.give_back(job.pk, 1, lost=True, why="test")
    again = fence.claim("quick", "here:2")
    work.perform(job, child=False)
    assert again and again.attempt == 2
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("running", 2)
    assert not Run(claimed_as(job, 1)).folder.exists()


def claimed_as(job: Job, attempt: int) -> Job:
    return Job(pk=job.pk, kind=job.kind, attempt=attempt, owner_id=job.owner_id, params={})


def test_stopped_passes_a_tasks_own_except(ann: User) -> None:
    run = Run(claimed(ann), lambda: "cancel")
    with pytest.raises(Stopped, match="cancel"):
        try:
            run.progress(1, 2, "x")
        except Exception:  # what a careless library does
            pytest.fail("swallowed")


def test_old_attempts_folders_go_and_checkpoints_stay_until_done(ann: User) -> None:
    job = claimed(ann, to=1)
    run = Run(job)
    for folder in (run.folder, run.checkpoints):
        folder.mkdir(parents=True, exist_ok=True)
    ends.give_back(job.pk, 1, lost=True, why="test")
    second = fence.claim("quick", "here:1")
    assert second
    work.perform(second, child=False)
    left = [path.name for path in run.folder.parent.iterdir()]
    assert left == ["attempt-2"]


class OutOfMemoryError(RuntimeError):
    """Stands for torch's class of that name."""


OutOfMemoryError.__module__ = "torch.cuda"


class Refused(ValueError):
    """As training says it about parameters."""


def with_code(error: Exception, code: str | None) -> Exception:
    cause = Exception()
    cause.pgcode = code  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Failure("Just so."), "Just so."),
        (Refused("l2 must be positive, got -1"), "l2 must be positive"),
        (MemoryError(), "more than 700 MB"),
        (OutOfMemoryError("CUDA out of memory"), "graphics card"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (with_code(OperationalError(), "53100"), "disk is full"),
        (ValueError("inner"), "(ValueError)"),
    ],
)
def test_each_class_of_failure_has_words(error: Exception, words: str) -> None:
    found = failures.words(error, 700)
    assert words in found.message
    assert isinstance(error, Failure | Refused) or found.trace


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (with_code(OperationalError(), None), True),
        (with_code(OperationalError(), "57P01"), True),
        (with_code(OperationalError(), "53100"), False),
        (with_code(DatabaseError(), None), True),
        (with_code(DatabaseError(), "42601"), False),
        (ValueError(), False),
    ],
)
def test_a_lost_connection_is_no_failure_of_the_job(error: Exception, away: bool) -> None:
    assert outage.away(error) is away
