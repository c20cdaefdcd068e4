"""A study done for real: equal budgets, validation alone, pause and resume, a killed worker."""

import os
import signal
import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from recweb.datasets.models import Dataset
from recweb.experiments import data
from recweb.experiments.models import Experiment
from recweb.jobs import child, ends, fence
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.jobs.run import Run, Stopped
from recweb.people.models import User
from recweb.studies import orders, search
from recweb.studies.models import ENDED, Study, Trial
from tests.datasets.conftest import perform, work_off
from tests.studies.conftest import found, ordered, searched, trials
from tests.training.tune.test_trial import Poison
from training import registry
from training.split import Split

pytestmark = pytest.mark.django_db


def test_every_model_gets_the_same_number_of_trials(films: Dataset, bob: User) -> None:
    study = searched(films, bob, models=["itemknn", "ials"], trials=4)
    rows = trials(study)
    assert Counter(row.model for row in rows) == {"itemknn": 4, "ials": 4}
    assert all(row.state in ENDED and row.finished for row in rows)
    assert study.state == State.DONE and study.finished and study.split_facts["n_validation"] > 0
    for row in rows:
        assert 0 < row.value < 1 and row.value == row.values["ndcg@10"]
        assert {"ild@10", "coverage@10", "cpu_seconds"} <= set(row.values)
        assert row.seconds and row.peak_mb and row.peak_mb > 10 and row.tries == 1
        assert set(row.params) == set(study.space[row.model])
    first = {row.model: row for row in rows if row.number == 0}
    for model, usual in first.items():
        known = registry.check_params(model, {})
        known |= {"alpha": 3.0, "regularization": 30.0} if model == "ials" else {}  # of this log
        assert usual.params == {name: known[name] for name in usual.params}
    shares = study.importances["ials"]
    assert max(shares.values()) > 0.05 and sum(shares.values()) == pytest.approx(1.0)
    best = orders.best(study)
    assert best is not None and best.value == max(row.value for row in rows)
    assert best.value >= max(usual.value for usual in first.values())


def test_the_run_trained_with_the_best_reaches_what_the_trial_promised(
    films: Dataset, bob: User
) -> None:
    study = searched(films, bob, models=["ials"], trials=3, seed=4)
    best = orders.best(study)
    assert best is not None
    run = orders.train(study, best, bob)
    assert orders.train(study, best, bob) == run  # two clicks, one run
    assert work_off("train").state == "done"
    run.refresh_from_db()
    assert run.params == registry.check_params("ials", best.params)
    assert (run.split, run.seed, run.version) == (study.split, 4, study.version)
    assert run.mean("ndcg@10") == pytest.approx(best.value, abs=1e-5)
    Experiment.objects.filter(pk=run.pk).update(archived=run.finished)
    best.refresh_from_db()
    assert orders.train(study, best, bob) != run  # what is put away counts no more


def test_a_study_never_looks_at_the_test_part(
    films: Dataset, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = found(searched(films, bob, trials=3))
    real = data.load_split

    def poisoned(*given: Any) -> Split:
        return replace(real(*given), test=Poison())  # type: ignore[arg-type]

    monkeypatch.setattr(data, "load_split", poisoned)
    assert found(searched(films, bob, trials=3)) == clean


def stopped_after(job: Job, n: int, why: str = "cancel") -> None:
    """The job's process hears in the middle of a trial that it must stop, after n that ended."""

    def reason() -> str:
        states = list(Trial.objects.values_list("state", flat=True))
        return why if len(states) > n and states.count("running") else ""

    with pytest.raises(Stopped):
        search.search(Run(job, reason))


def test_a_paused_study_goes_on_to_what_it_would_have_found(films: Dataset, bob: User) -> None:
    whole = found(searched(films, bob, models=["itemknn", "ials"], trials=3))
    Study.objects.all().delete()
    study = ordered(films, bob, models=["itemknn", "ials"], trials=3)
    job = fence.claim("train", "here:1")
    assert job is not None
    stopped_after(job, 3)
    assert orders.pause(study) == State.CANCELLING
    ends.give_back(job.pk, job.attempt, lost=False, why="cancel")
    study.refresh_from_db()
    kept = {row.pk: row.finished for row in trials(study) if row.state in ENDED}
    assert study.paused and study.can_resume and len(kept) == 3 and len(trials(study)) == 4
    with pytest.raises(orders.Refused):
        orders.pause(study)
    assert orders.resume(study, bob).state == State.QUEUED
    study.refresh_from_db()
    assert study.state == State.QUEUED
    with pytest.raises(orders.Refused):
        orders.resume(study, bob)
    assert work_off("train").state == "done"
    assert found(study) == whole
    assert {row.pk: row.finished for row in trials(study) if row.pk in kept} == kept
    assert all(row.tries == 1 for row in trials(study))  # to pause is not to lose a worker


def test_a_pause_while_it_waits_ends_at_once(films: Dataset, bob: User) -> None:
    study = ordered(films, bob)
    assert orders.pause(study) == State.CANCELLED
    study.refresh_from_db()
    assert study.paused and not trials(study)


def test_the_time_limit_stops_it_with_equal_budgets(films: Dataset, bob: User) -> None:
    study = ordered(films, bob, models=["itemknn", "ials"], trials=9, minutes=1)
    job = fence.claim("train", "here:1")
    assert job is not None
    stopped_after(job, 3, "shutdown")
    Trial.objects.filter(study=study, number=0).update(seconds=40.0)
    ends.give_back(job.pk, job.attempt, lost=False)
    assert work_off("train").state == "done"
    counts = Counter(row.model for row in trials(study))
    # the one that had been begun is done to its end
    assert sum(counts.values()) == 4 and set(counts.values()) == {2}


def test_settings_that_need_more_memory_than_there_is_are_not_begun(
    films: Dataset, bob: User, settings: Any
) -> None:
    study = ordered(films, bob, trials=2)
    settings.JOB_MEMORY_MB = 1
    job = work_off("train")
    assert job.state == "failed" and "would need about" in job.error
    assert [row.state for row in trials(study)] == ["failed", "failed"]
    study.refresh_from_db()
    assert study.state == State.FAILED and study.can_resume


def test_several_objectives_are_looked_for_together(films: Dataset, bob: User) -> None:
    study = searched(
        films, bob, models=["ials"], trials=3, objectives=["relevance", "diversity", "cost"]
    )
    assert study.objectives == ["relevance", "diversity", "cost"]
    assert all(row.state == "done" and row.values["cpu_seconds"] > 0 for row in trials(study))
    assert all(row.values["ild@10"] > 0 for row in trials(study))


def test_hopeless_trials_of_a_model_that_learns_by_epochs_are_stopped_early(
    films: Dataset, bob: User
) -> None:
    study = searched(films, bob, models=["bpr"], trials=7)
    rows = trials(study)
    stopped = [row for row in rows if row.state == "pruned"]
    assert stopped and {row.state for row in rows} == {"done", "pruned"}
    assert all(row.number >= 4 for row in stopped)  # the first four are never stopped
    for row in stopped:
        assert row.value is None and row.steps and row.seconds
        assert len(row.steps) < max(len(one.steps) for one in rows)
    assert study.state == State.DONE and len(rows) == 7


def test_a_trial_whose_worker_dies_each_time_is_given_up(films: Dataset, bob: User) -> None:
    study = ordered(films, bob, trials=2)
    Trial.objects.create(
        study=study, model="itemknn", number=0, params={"k": 20}, job_id=study.job_id, attempt=99,
        tries=3,
    )  # fmt: skip
    assert work_off("train").state == "done"
    first, second = trials(study)
    assert (first.state, first.error, first.tries) == ("failed", "lost", 4)
    assert second.state == "done" and second.number == 1


def test_a_helper_of_a_paused_study_does_nothing(films: Dataset, bob: User) -> None:
    study = ordered(films, bob, workers=2)
    first, helper = Job.objects.filter(kind="study").order_by("pk")
    assert helper.params == {"helper": 1} and study.job_id == first.pk
    jobs.cancel(first)
    helper.refresh_from_db()
    assert helper.state == State.CANCELLED  # it goes with the study
    search.search(Run(helper))
    assert not trials(study)


# --- several processes ---------------------------------------------------------------------------

both = pytest.mark.django_db(transaction=True)  # other connections must see the rows


@both
def test_two_workers_share_one_budget(films: Dataset, bob: User) -> None:
    study = ordered(films, bob, models=["itemknn", "ials"], trials=5, workers=2)
    mine = [fence.claim("train", f"here:{n}") for n in (1, 2)]
    errors: list[BaseException] = []

    def work(job: Job | None) -> None:
        assert job is not None
        try:
            perform(job)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors and not any(thread.is_alive() for thread in threads)
    rows = trials(study)
    assert Counter(row.model for row in rows) == {"itemknn": 5, "ials": 5}
    assert sorted(row.number for row in rows if row.model == "ials") == list(range(5))
    assert all(row.state == "done" and row.tries == 1 for row in rows)
    study.refresh_from_db()
    assert study.state == State.DONE
    assert set(Job.objects.filter(kind="study").values_list("state", flat=True)) == {"done"}


@pytest.fixture
def same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's child is a process of its own: it finds the rows of this test."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", urlunsplit(parts._replace(path=f"/{name}")))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "recweb.settings")


@both
def test_a_study_whose_process_is_killed_goes_on_and_ends_at_its_budget(
    films: Dataset, bob: User, same_database: None
) -> None:
    study = ordered(films, bob, models=["ials"], trials=9)
    job = fence.claim("train", "here:1")
    assert job is not None
    process = child._start(job)
    until = time.monotonic() + 60
    while Trial.objects.filter(study=study, state__in=ENDED).count() < 2:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {row.pk: (row.number, row.value, row.finished) for row in trials(study)
            if row.state in ENDED}  # fmt: skip
    assert 2 <= len(kept) < 9
    assert ends.give_back(job.pk, job.attempt, lost=True, why="killed")
    again = fence.claim("train", "here:2")
    assert again is not None and again.pk == job.pk
    child.run(again)
    study.refresh_from_db()
    rows = trials(study)
    assert study.state == State.DONE
    assert [row.number for row in rows] == list(range(9))
    assert all(row.state == "done" for row in rows)
    assert {row.pk: (row.number, row.value, row.finished) for row in rows if row.pk in kept} == kept
    # one that was at work when it died was begun a second time, and no other
    assert sum(row.tries - 1 for row in rows) <= 1
