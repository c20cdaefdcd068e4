"""A worker is killed, frozen, shut down, or its clock stands still: real processes and signals."""

import os
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.faults.bomb import Bomb
from tests.faults.checks import EPOCHS, alive, begun, unkilled
from tests.faults.conftest import Crowd
from tests.faults.split import GRACE, flt_09, flt_09_without_a_heart
from tests.faults.stand import LEASE, PERIOD, Stand

pytestmark = pytest.mark.fault
LOST = LEASE + PERIOD + 2  # the promise: claimed again within that


def training(stand: Stand, kind: str, owner: str, epochs: int = EPOCHS) -> int:
    """In its second epoch or later."""
    job = stand.order(kind, owner, seed=11, epochs=epochs, seconds=0.6)
    stand.wait(lambda: len(stand.epochs(job)) >= 1, 60)
    return job


def as_if_nothing_had_happened(stand: Stand, job: int) -> None:
    stand.until(job, "done", seconds=60)
    assert stand.digests(job) == [unkilled(stand)]
    assert len(begun(stand, job)) <= EPOCHS + 1
    assert sorted(set(stand.epochs(job))) == stand.epochs(job)


def flt_02_and_28(stand: Stand) -> dict[str, float]:
    """The worker of two jobs is killed; one of them is cancelled after that."""
    cancelled = training(stand, "drill-parse", "cancelled-orphan", epochs=100)
    goes_on = training(stand, "drill-parse", "orphan")
    tree, began = stand.kill("import"), time.monotonic()
    stand.wait(lambda: not [p for p in tree if alive(p.pid)], 2)
    stand.worker("import")  # as the supervisor does
    stand.ask("cancel", id=cancelled)
    gaps = {"cancel": stand.until(cancelled, "cancelled", seconds=10)}
    stand.wait(lambda: stand.job(goes_on)["lost"] == 1, LOST)
    gaps["found"] = time.monotonic() - began
    as_if_nothing_had_happened(stand, goes_on)
    assert stand.job(cancelled)["attempt"] == 1
    return gaps


def freeze(processes: list[psutil.Process], job: int, stand: Stand) -> None:
    """Until somebody else has taken the job over and is at work on it."""
    for process in processes:
        process.suspend()
    try:
        stand.wait(lambda: stand.job(job)["attempt"] == 2, LEASE + PERIOD + 10)
        stand.wait(lambda: "attempt 2 begins" in stand.log(job), 20)
    finally:
        for process in processes:
            process.resume()


def one_winner(stand: Stand, job: int, frozen: int) -> list[str]:
    """The folders that are left of its attempts."""
    stand.until(job, "done", seconds=60)
    stand.wait(lambda: not alive(frozen), 30)
    assert stand.sql("SELECT attempt FROM drill_result WHERE job_id = %s", job) == [(2,)]
    late = """SELECT 1 FROM drill_epoch old JOIN drill_epoch new USING (job_id)
              WHERE job_id = %s AND old.attempt = 1 AND new.attempt = 2 AND old.id > new.id"""
    assert not stand.sql(late, job)
    kind = stand.sql("SELECT kind FROM jobs_job WHERE id = %s", job)[0][0]
    folders = sorted((stand.home / "artifacts" / f"{kind}-{job}").iterdir())
    return [folder.name for folder in folders]


def flt_05(stand: Stand) -> list[str]:
    with stand.trains:
        job = training(stand, "drill-train", "frozen")
        child = stand.child(job)
        freeze(stand.tree(stand.whose(job)), job, stand)
        return one_winner(stand, job, child)


def flt_05_without_a_fence(stand: Stand) -> None:
    job = training(stand, "drill-lab-b", "lab-frozen")
    child = psutil.Process(stand.child(job))
    parent = child.parent()
    assert parent
    freeze([parent, child], job, stand)
    one_winner(stand, job, child.pid)


def given_back(stand: Stand, job: int) -> float:
    """By a worker that is asked to leave: at once, and not as a loss."""
    name = stand.whose(job)
    stand.processes[name].send_signal(signal.SIGTERM)
    gap = stand.wait(lambda: stand.job(job)["attempt"] == 2, 5)
    assert stand.job(job)["lost"] == 0
    stand.processes[name].wait(20)
    stand.worker(name)
    return gap


def flt_27(stand: Stand) -> float:
    with stand.trains:
        job = training(stand, "drill-train", "deployed")
        gap = given_back(stand, job)
        as_if_nothing_had_happened(stand, job)
        return gap


def flt_27_without_passing_it_on(stand: Stand) -> None:
    job = training(stand, "drill-lab-d", "lab-deployed", epochs=20)
    try:
        given_back(stand, job)
    finally:
        stand.ask("cancel", id=job)


SCENARIOS = [
    flt_02_and_28, flt_05, flt_05_without_a_fence, flt_09, flt_09_without_a_heart, flt_27,
    flt_27_without_passing_it_on,
]  # fmt: skip


@pytest.fixture(scope="module")
def crowd(stand: Stand) -> Crowd:
    return Crowd(stand, SCENARIOS)


def test_flt_02_a_killed_worker_is_replaced(crowd: Crowd) -> None:
    assert crowd.result(flt_02_and_28)["found"] <= LOST


def test_flt_28_a_dead_workers_job_can_be_cancelled(crowd: Crowd) -> None:
    assert crowd.result(flt_02_and_28)["cancel"] <= 10


def test_flt_05_a_frozen_worker_wakes_up_a_loser(crowd: Crowd) -> None:
    assert crowd.result(flt_05) == ["attempt-2"]


def test_flt_05_without_a_fence_both_win(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match=r"\[\(2,\)\]"):
        crowd.result(flt_05_without_a_fence)


def test_flt_09_who_is_cut_off_from_the_database_stops_by_itself(crowd: Crowd) -> None:
    gone = crowd.result(flt_09)
    assert LEASE - PERIOD <= gone <= LEASE + GRACE


def test_flt_09_without_its_own_clock_it_works_on(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match=f"waited {LEASE + GRACE:g} s in vain"):
        crowd.result(flt_09_without_a_heart)


def test_flt_27_a_leaving_worker_gives_its_job_back(crowd: Crowd) -> None:
    assert crowd.result(flt_27) <= 5


def test_flt_27_without_passing_it_on_the_job_stays(crowd: Crowd) -> None:
    with pytest.raises(AssertionError, match="waited 5 s in vain"):
        crowd.result(flt_27_without_passing_it_on)


@pytest.fixture
def leaseless(stand: Stand) -> Callable[[str], int]:
    """A row that says running, without a lease, as no code of ours would write it."""
    stand.sql("ALTER TABLE jobs_job DROP CONSTRAINT IF EXISTS running_has_a_lease")

    def insert(owner: str) -> int:
        first = stand.order("drill-quick", owner, epochs=1, seconds=0.1)
        stand.until(first, "done")
        copy = """INSERT INTO jobs_job (kind, queue, owner_id, title, params, code_version, state,
                  attempt, lost, worker, done, total, unit, step, log_path, error, trace)
                  SELECT kind, queue, owner_id, title, params, 1, 'running',
                  1, 0, '', 0, 0, '', '', '', '', '' FROM jobs_job WHERE id = %s RETURNING id"""
        return int(stand.sql(copy, first)[0][0])

    return insert


def test_flt_03_a_job_without_a_lease_is_found(
    stand: Stand, leaseless: Callable[[str], int]
) -> None:
    assert stand.until(leaseless("no-lease"), "done", seconds=15) <= 15


def test_flt_31_a_lost_ring_is_found(stand: Stand) -> None:
    job = stand.order_and_die("drill-quick", "died")
    assert stand.wait(lambda: stand.job(job)["attempt"] == 1, 10) <= PERIOD + 1.5
    stand.until(job, "done")


def test_flt_02_03_31_without_the_clock_nothing_lost_is_found(
    stand: Stand, leaseless: Callable[[str], int]
) -> None:
    """FLT-02, 03 and 31 with their guard switched off, and 03 with a careless reconciler."""
    orphan = training(stand, "drill-parse", "clockless", epochs=15)
    os.kill(stand.processes["beat"].pid, signal.SIGSTOP)
    try:
        time.sleep(PERIOD + 0.5)  # messages on their way
        bare, unrung = leaseless("clockless-bare"), stand.order_and_die("drill-spare", "clockless")
        stand.kill("import")
        stand.worker("import")
        stand.never(lambda: stand.state(unrung) != "queued", LOST)
        assert [stand.state(job) for job in (orphan, bare)] == ["running"] * 2
        assert stand.job(orphan)["attempt"] == 1 == stand.job(bare)["attempt"]
        stand.ask("reconcile", overdue="lease_until < clock_timestamp()")
        stand.wait(lambda: stand.job(orphan)["attempt"] == 2, 10)
        assert stand.job(bare)["attempt"] == 1, "coalesce is not needed after all"
    finally:
        os.kill(stand.processes["beat"].pid, signal.SIGCONT)
    for job in (orphan, bare, unrung):
        stand.until(job, "done", seconds=60)


def test_sec_26_a_pickle_in_the_queue_is_not_opened(stand: Stand, tmp_path: Path) -> None:
    live, canary = tmp_path / "live", tmp_path / "canary"
    pickle.loads(pickle.dumps(Bomb(str(live))))  # what a worker that takes pickles would do
    assert live.exists(), "the bomb is a dud"
    worker = stand.processes["quick"].pid
    stand.ask("smuggle", queue="quick", canary=str(canary))
    log = stand.home / "logs" / "quick.log"
    stand.wait(lambda: "ContentDisallowed" in log.read_text(), 20)
    job = stand.order("drill-quick", "after-the-bomb", epochs=1, seconds=0.1)
    stand.until(job, "done")
    assert not canary.exists() and alive(worker) and stand.processes["quick"].pid == worker


@pytest.mark.long
def test_flt_27_ten_leavings(stand: Stand) -> None:
    assert max(flt_27(stand) for _ in range(10)) <= 5
