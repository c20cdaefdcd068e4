"""The broker dies and forgets, the database restarts: no job is lost, running ones go on."""

import os
import shutil
import signal
import time
from dataclasses import dataclass, field

import pytest

from tests.faults.checks import EPOCHS, unkilled
from tests.faults.stand import Stand

pytestmark = pytest.mark.fault


@dataclass
class Outage:
    training: list[int] = field(default_factory=list)  # running when it began
    rung: list[int] = field(default_factory=list)  # their messages were in the broker
    ordered: list[int] = field(default_factory=list)  # while it was down
    slowest: float = 0.0  # order during it, seconds
    epochs: int = 0  # that the running ones did meanwhile
    waited: list[str] = field(default_factory=list)  # states when it was back, clock stopped
    drained: float = 0.0  # seconds from the clock's return to the last end


def epochs_of(stand: Stand, jobs: list[int]) -> int:
    return sum(len(stand.epochs(job)) for job in jobs)


@pytest.fixture(scope="module")
def outage(stand: Stand) -> Outage:
    """kill -9 of the broker, 4 s down, its data gone; the clock stands still until it is seen that
    the lost messages do not come back by themselves."""
    seen = Outage()
    seen.training = [stand.order("drill-train", f"t{n}", epochs=30, seconds=0.5) for n in (0, 1)]
    stand.wait(lambda: all(stand.epochs(job) for job in seen.training), 60)
    seen.rung = [stand.order("drill-train", f"r{n}", epochs=1, seconds=0.1) for n in (0, 1)]
    assert stand.valkey.child
    os.kill(stand.valkey.child.pid, signal.SIGKILL)
    stand.valkey.child.wait()
    before = epochs_of(stand, seen.training)
    began = time.monotonic()
    for n in range(18):
        kind = "drill-spare" if n % 3 == 0 else "drill-quick"
        words = {"seed": 1, "epochs": 1, "seconds": 0.1}
        answer = stand.ask("order", kind=kind, owner=f"down{n % 3}", **words)
        seen.ordered.append(answer["id"])
        seen.slowest = max(seen.slowest, answer["seconds"])
    stand.wait(lambda: time.monotonic() - began > 4, 5)
    seen.epochs = epochs_of(stand, seen.training) - before
    beat = stand.processes["beat"].pid
    os.kill(beat, signal.SIGSTOP)
    try:
        forget(stand)
        fresh = stand.order("drill-quick", "fresh", epochs=1, seconds=0.1)
        # until the worker has found its broker again, and for its first bell
        stand.wait(lambda: stand.ask("ring", id=fresh) and stand.state(fresh) == "done", 150)
        seen.waited = [stand.state(job) for job in seen.ordered[::3]]
    finally:
        os.kill(beat, signal.SIGCONT)  # the other tests need the clock
    seen.drained = stand.wait(lambda: all_done(stand, seen), 60)
    return seen


def forget(stand: Stand) -> None:
    for path in stand.valkey.base.iterdir():
        if path.name.startswith("appendonly"):
            shutil.rmtree(path)
    stand.valkey.start()


def all_done(stand: Stand, seen: Outage) -> bool:
    """But for the running trainings, which are long enough to have seen it all."""
    return all(stand.state(job) == "done" for job in seen.ordered)


def test_flt_06_a_dead_broker_loses_no_job(stand: Stand, outage: Outage) -> None:
    assert outage.slowest <= 1.0, "an order waited for the broker"
    assert outage.epochs >= 8, "running jobs noticed"
    assert outage.drained <= 30
    jobs = outage.training + outage.rung + outage.ordered
    assert len(jobs) == 22
    for job in jobs:
        stand.until(job, "done", seconds=60)
        assert len(stand.digests(job)) == 1 and stand.job(job)["attempt"] == 1


def test_flt_06_without_the_reconciler_they_wait_for_ever(outage: Outage) -> None:
    """The worker was back: it did a fresh job. Those whose ring was lost it did not know of."""
    assert outage.waited == ["queued"] * 6


@pytest.fixture(scope="module")
def restarted(stand: Stand) -> dict[str, int]:
    """Postgres stops at once, as in a crash, and is away for three seconds."""
    # the slowest worker to begin comes first: all three have to be at work when it goes
    kinds = ("drill-lab-a", "drill-parse", "drill-train")
    jobs = {
        kind: stand.order(kind, f"restart-{kind}", seed=11, epochs=EPOCHS, seconds=1.6)
        for kind in kinds
    }
    stand.wait(lambda: all(stand.epochs(job) for job in jobs.values()), 60)
    assert stand.postgres.child
    os.kill(stand.postgres.child.pid, signal.SIGQUIT)
    stand.postgres.child.wait(10)
    time.sleep(3)  # the outage itself
    stand.postgres.start()
    for job in jobs.values():
        stand.until(job, "done", seconds=60)
    return jobs


@pytest.mark.parametrize("kind", ["drill-train", "drill-parse"])
def test_flt_08_training_outlives_a_database_restart(
    stand: Stand, restarted: dict[str, int], kind: str
) -> None:
    job = restarted[kind]
    assert stand.job(job)["attempt"] == 1, stand.log(job)
    assert stand.digests(job) == [unkilled(stand)]
    assert stand.epochs(job) == list(range(EPOCHS))


def test_flt_08_without_patience_the_attempt_is_lost(
    stand: Stand, restarted: dict[str, int]
) -> None:
    assert stand.job(restarted["drill-lab-a"])["attempt"] > 1


def test_no_row_says_running_without_a_live_lease(
    stand: Stand, outage: Outage, restarted: dict[str, int]
) -> None:
    """The invariant behind all of these: each job ended once, and nothing is left over."""
    odd = "SELECT id FROM jobs_job WHERE state IN ('running', 'cancelling') AND NOT coalesce("
    stand.wait(lambda: not stand.sql(odd + "lease_until > clock_timestamp(), false)"), 15)
    twice = "SELECT job_id FROM drill_ended GROUP BY job_id HAVING count(*) > 1"
    assert not [job for (job,) in stand.sql(twice) if "lab" not in _kind(stand, job)]


def _kind(stand: Stand, job: int) -> str:
    return str(stand.sql("SELECT kind FROM jobs_job WHERE id = %s", job)[0][0])
