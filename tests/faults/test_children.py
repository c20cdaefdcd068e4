"""A job's process dies, is cancelled, eats memory, or hears its order ten times.

The scenarios run side by side; each test asks for its own. Those named `without_...` run where the
guard is taken out (tests/faults/drill/holes.py) and show that the promise then breaks.
"""

import os
import random
import re
import signal
import time
from functools import partial
from typing import Any

import pytest

from tests.faults.checks import EPOCHS, alive, begun, unkilled
from tests.faults.conftest import Crowd, Scenario
from tests.faults.stand import LEASE, PERIOD, Stand

pytestmark = pytest.mark.fault


def kill_mid_epoch(stand: Stand, number: int, kind: str = "drill-parse") -> tuple[int, int, float]:
    """(the job, epochs that were whole at the kill, seconds until it was claimed again)."""
    luck = random.Random(number)
    job = stand.order(kind, f"killed-{kind}-{number}", seed=11, epochs=EPOCHS, seconds=0.5)
    goal = luck.randint(1, EPOCHS - 2)  # a slow machine looks late: the last epoch is not over
    stand.wait(lambda: len(stand.epochs(job)) >= goal, 60)
    time.sleep(luck.uniform(0.0, 0.4))  # somewhere inside the next epoch
    whole, child = len(stand.epochs(job)), stand.child(job)
    os.kill(child, signal.SIGKILL)
    gap = stand.wait(lambda: stand.job(job)["attempt"] >= 2, 30)
    stand.until(job, "done", seconds=60)
    return job, whole, gap


def resumed_well(stand: Stand, job: int, whole: int, gap: float) -> float:
    """Seconds until somebody went on with it."""
    assert stand.digests(job) == [unkilled(stand)]
    assert len(begun(stand, job)) <= EPOCHS + 1, "more than the broken epoch was done again"
    assert sorted(set(stand.epochs(job))) == stand.epochs(job)
    return gap


def flt_01(stand: Stand, number: int) -> float:
    return resumed_well(stand, *kill_mid_epoch(stand, number))


flt_01_first, flt_01_second, flt_01_third = (partial(flt_01, number=n) for n in (1, 2, 3))


def flt_01_without_checkpoints(stand: Stand) -> None:
    resumed_well(stand, *kill_mid_epoch(stand, 4, "drill-forgetful"))


def flt_04(stand: Stand) -> dict[str, Any]:
    job = stand.order("drill-poison", "poisoner")
    other = stand.order("drill-parse", "neighbour", epochs=2, seconds=0.1)
    stand.until(other, "done")
    stand.until(job, "done", "failed")
    found = stand.job(job)
    assert "lost 3 times" in found["error"] and "SIGKILL" in found["error"]
    assert stand.sql("SELECT state FROM drill_ended WHERE job_id = %s", job) == [("failed",)]
    return found


def flt_04_in_the_pool_process(stand: Stand) -> dict[str, Any]:
    job = stand.order("drill-poison-pool", "pool-poisoner")
    stand.until(job, "failed", seconds=3 * (LEASE + PERIOD + 6))
    return stand.job(job)


def flt_04_without_a_limit(stand: Stand) -> None:
    job = stand.order("drill-lab-a-poison", "lab-poisoner")
    try:
        stand.wait(lambda: stand.job(job)["lost"] >= 4 or stand.state(job) == "failed", 60)
        assert stand.state(job) == "failed"
    finally:
        stand.ask("cancel", id=job)


def flt_26(stand: Stand, kind: str = "drill-quick") -> dict[str, Any]:
    job = stand.order(kind, f"ten-{kind}", epochs=2, seconds=0.5)
    assert stand.ask("ring", id=job, copies=10)["rung"] == 10
    stand.until(job, "done")
    stand.wait(lambda: not stand.running(kind), 60)
    assert stand.epochs(job) == [0, 1] and len(stand.digests(job)) == 1
    return stand.job(job)


def flt_26_without_a_claim(stand: Stand) -> None:
    flt_26(stand, "drill-lab-c")


def gone(stand: Stand, job: int, pids: list[int]) -> float:
    """Seconds of a cancel after which nothing is left: no process, no memory, no late write."""
    began = time.monotonic()
    stand.ask("cancel", id=job)
    stand.until(job, "cancelled", seconds=10)
    assert not [pid for pid in pids if alive(pid)], "its processes live on"
    spent = time.monotonic() - began
    rows = stand.sql("SELECT count(*) FROM drill_epoch WHERE job_id = %s", job)
    assert stand.sql("SELECT state FROM drill_ended WHERE job_id = %s", job) == [("cancelled",)]
    stand.never(
        lambda: stand.sql("SELECT count(*) FROM drill_epoch WHERE job_id = %s", job) != rows
    )
    return spent


def flt_28_running(stand: Stand) -> float:
    job = stand.order("drill-parse", "canceller", epochs=100)
    stand.wait(lambda: len(stand.epochs(job)) >= 1, 60)
    return gone(stand, job, [stand.child(job)])


def deaf(stand: Stand, kind: str) -> tuple[int, list[int]]:
    job = stand.order(kind, f"deaf-{kind}")
    stand.wait(lambda: "grandchild" in stand.log(job), 60)
    grandchild = re.search(r"grandchild (\d+)", stand.log(job))
    assert grandchild
    return job, [stand.child(job), int(grandchild.group(1))]


def flt_28_deaf(stand: Stand) -> float:
    return gone(stand, *deaf(stand, "drill-deaf"))


def flt_28_without_a_kill(stand: Stand) -> None:
    job, pids = deaf(stand, "drill-lab-a-deaf")
    try:
        gone(stand, job, pids)
    finally:
        os.killpg(pids[0], signal.SIGKILL)


def a_hang(stand: Stand) -> tuple[int, bool]:
    """How often it was lost before the cancel, and whether the hanging process is still there."""
    job = stand.order("drill-hang", "hanger")
    child = stand.wait_for(lambda: stand.child(job), 60)
    stand.wait(lambda: stand.job(job)["lost"] == 1, 30)
    lost = stand.job(job)["lost"]
    stand.wait(lambda: not alive(child), 5)
    stand.ask("cancel", id=job)
    stand.until(job, "cancelled", seconds=15)
    return lost, alive(child)


def eats(stand: Stand, kind: str, limit: int) -> dict[str, Any]:
    job = stand.order(kind, f"eater-{kind}")
    stand.until(job, "failed", "done")
    found = stand.job(job)
    assert f"the limit is {limit} MB" in found["error"]
    return found


def flt_18_parser(stand: Stand) -> dict[str, Any]:
    return eats(stand, "drill-eater", 1500)


def flt_18_trainer(stand: Stand) -> dict[str, Any]:
    return eats(stand, "drill-grower", 400)


SCENARIOS = [
    *(flt_01_first, flt_01_second, flt_01_third, flt_01_without_checkpoints),
    *(flt_04, flt_04_in_the_pool_process, flt_04_without_a_limit),
    *(flt_26, flt_26_without_a_claim),
    *(flt_28_running, flt_28_deaf, flt_28_without_a_kill, a_hang),
    *(flt_18_parser, flt_18_trainer),
]


@pytest.fixture(scope="module")
def crowd(stand: Stand) -> Crowd:
    return Crowd(stand, SCENARIOS)


@pytest.mark.parametrize("scenario", [flt_01_first, flt_01_second, flt_01_third])
def test_flt_01_a_killed_training_goes_on(crowd: Crowd, scenario: partial[float]) -> None:
    assert crowd.result(scenario) <= LEASE + PERIOD + 2


def test_flt_01_without_checkpoints_more_is_lost(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match="more than the broken epoch"):
        crowd.result(flt_01_without_checkpoints)


def test_flt_04_a_poison_job_fails_after_three(crowd: Crowd) -> None:
    found = crowd.result(flt_04)
    assert (found["state"], found["lost"], found["attempt"]) == ("failed", 3, 3)


def test_flt_04_a_poison_job_in_the_pool_fails_too(crowd: Crowd) -> None:
    found = crowd.result(flt_04_in_the_pool_process)
    assert (found["state"], found["lost"]) == ("failed", 3)


def test_flt_04_without_a_limit_it_goes_on_for_ever(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match="running|queued"):
        crowd.result(flt_04_without_a_limit)


def test_flt_26_ten_messages_are_one_run(crowd: Crowd) -> None:
    found = crowd.result(flt_26)
    assert (found["state"], found["attempt"]) == ("done", 1)


def test_flt_26_without_a_claim_it_runs_more_than_once(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match=r"\[0, 1\]"):
        crowd.result(flt_26_without_a_claim)


def test_flt_28_cancel_ends_a_running_job(crowd: Crowd) -> None:
    assert crowd.result(flt_28_running) <= 10


def test_flt_28_cancel_ends_a_job_that_does_not_listen(crowd: Crowd) -> None:
    assert crowd.result(flt_28_deaf) <= 10


def test_flt_28_without_a_kill_it_lives_on(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match="not \\('cancelled',\\)|live on"):
        crowd.result(flt_28_without_a_kill)


def test_a_hang_is_no_life(crowd: Crowd) -> None:
    assert crowd.result(a_hang) == (1, False)


@pytest.mark.parametrize("scenario", [flt_18_parser, flt_18_trainer])
def test_flt_18_who_eats_memory_is_told_the_limit(crowd: Crowd, scenario: Scenario) -> None:
    found = crowd.result(scenario)
    assert found["state"] == "failed" and "needs more than" in found["error"]
    assert found["attempt"] == 1, "the same would only happen again"


@pytest.mark.long
def test_flt_01_twenty_kills(stand: Stand) -> None:
    assert max(flt_01(stand, number) for number in range(100, 120)) <= LEASE + PERIOD + 2
