"""Time left, time between two looks, and what makes a fragment new."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from recweb.experiments.steps import STEPS
from recweb.jobs import live
from recweb.jobs.models import Job

NOW = timezone.now()


def job(**values: object) -> Job:
    usual = {"state": "running", "total": 10.0, "claimed": NOW - timedelta(seconds=20)}
    usual |= {"created": NOW, "progress_at": NOW, "started": NOW}
    return Job(pk=1, **(usual | values))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_said_in_the_readers_language(step: str) -> None:
    found = Job(step=f"fit: {step}")
    with translation.override("en"):
        assert found.doing == f"fit: {step}"
    with translation.override("zh-hans"):
        assert found.doing.startswith("拟合：") and step not in found.doing
        assert Job(step="trial 3 of EASE").doing == "trial 3 of EASE" and Job(step="").doing == ""


def test_half_in_twenty_seconds_leaves_about_twenty() -> None:
    left = live.eta(job(done=5.0, base=0.0), NOW)
    assert left and left.low == 15.0 and left.high == 27.0


def test_what_an_earlier_attempt_had_done_does_not_count() -> None:
    left = live.eta(job(done=6.0, base=4.0), NOW)
    assert left and left.low == 0.75 * 40


def test_no_guess_before_there_is_a_pace() -> None:
    assert live.eta(job(done=0.0), NOW) is None
    assert live.eta(job(done=1.0, claimed=NOW - timedelta(seconds=1)), NOW) is None
    assert live.eta(job(done=1.0, total=0.0), NOW) is None
    assert live.eta(job(done=1.0, state="queued"), NOW) is None


def test_no_guess_after_its_time_is_over() -> None:
    late = NOW + timedelta(seconds=25)
    assert live.eta(job(done=5.0, base=0.0), late) is None


def test_it_looks_less_and_less_often() -> None:
    waits = [
        live.poll_seconds(job(started=timezone.now() - timedelta(seconds=s))) for s in (1, 60, 600)
    ]
    assert waits == [1, 2, 5]


def test_one_in_line_is_looked_at_every_other_second_at_least() -> None:
    waits = [
        live.poll_seconds(
            job(state="queued", started=None, created=timezone.now() - timedelta(seconds=s))
        )
        for s in (1, 60, 600, 86_400)
    ]
    assert waits == [1, 2, 2, 2]


def test_the_stamp_changes_with_what_is_shown() -> None:
    first = job(done=1.0, finished=NOW)
    assert live.stamp(first) == live.stamp(job(done=1.0, finished=NOW))
    for other in (job(done=2.0), job(done=1.0, step="x"), job(done=1.0, state="done")):
        other.finished = NOW
        assert live.stamp(other) != live.stamp(first)
