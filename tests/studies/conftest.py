"""A planted dataset and studies on it, done for real."""

from typing import Any

import pytest

from recweb.datasets.models import Dataset, Version
from recweb.jobs.models import Job
from recweb.people.models import User
from recweb.studies import orders
from recweb.studies.models import Study, Trial
from tests.datasets.conftest import work_off
from tests.experiments.conftest import ann, bob, cat, films, folders, login, shop

__all__ = ["ann", "bob", "cat", "films", "folders", "login", "shop"]


@pytest.fixture
def bare(shop: Dataset) -> Dataset:
    """A version without a row: enough to order a study, and for pages of what one found."""
    profile = {"quality": {"has_times": True}, "events": [["rating", 2880]]}
    Version.objects.create(
        dataset=shop, number=1, fingerprint="f" * 64, n_interactions=2880, n_users=120,
        n_items=90, owner=shop.owner, profile=profile,
    )  # fmt: skip
    shop.rules = [{"event": "rating", "minimum": 2.5}]
    shop.save(update_fields=["rules"])
    return shop


def ordered(dataset: Dataset, owner: User, **more: Any) -> Study:
    dataset.refresh_from_db()  # the import set its event rules
    facts: dict[str, Any] = {"models": ["itemknn"], "trials": 4, **more}
    return orders.start(dataset, owner=owner, **facts)


def searched(dataset: Dataset, owner: User, **more: Any) -> Study:
    """Order and do a study, as the worker does."""
    study = ordered(dataset, owner, **more)
    job = work_off("train")
    assert job.state == "done", job.error or job.trace
    study.refresh_from_db()
    return study


def trials(study: Study) -> list[Trial]:
    return list(Trial.objects.filter(study=study).order_by("model", "number"))


def found(study: Study) -> list[tuple[Any, ...]]:
    """What a study found, without what differs from run to run: seconds and memory."""
    return [(row.model, row.number, row.state, row.params, row.value) for row in trials(study)]


def made(dataset: Dataset, owner: User, **more: Any) -> Study:
    """Rows without a search: for what the pages do with rows."""
    facts: dict[str, Any] = {"model_ids": ["itemknn", "ease"], "trials": 3, "state": "done", **more}
    facts.setdefault("objectives", ["relevance"])
    job = Job.objects.create(kind="study", queue="train", owner=owner, title="Tune", state="done",
                             dataset_id=dataset.pk)  # fmt: skip
    study = Study.objects.create(
        dataset=dataset, version=dataset.version, owner=owner, job_id=job.pk, **facts
    )
    Job.objects.filter(pk=job.pk).update(target_id=study.pk)
    return study


def row(study: Study, model: str, number: int, ndcg: float | None, **more: Any) -> Trial:
    values = {} if ndcg is None else {"ndcg@10": ndcg, "ild@10": 1 - ndcg, "cpu_seconds": 0.5}
    params = {"l2": 10.0 * (number + 1), "recency": 1.0} if model == "ease" else {"k": 20 + number}
    facts: dict[str, Any] = {
        "state": "done" if ndcg is not None else "failed", "params": params, "values": values,
        "value": ndcg, "seconds": 0.5, "cpu_seconds": 0.5, "peak_mb": 200.0, "attempt": 1,
        "job_id": study.job_id, **more,
    }  # fmt: skip
    return Trial.objects.create(study=study, model=model, number=number, **facts)
