"""A planted dataset, imported and trained for real, inside the test's transaction."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from recweb.datasets import partitions
from recweb.datasets.models import Dataset, Member
from recweb.experiments import orders
from recweb.experiments.models import Experiment
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import ann, bob, bring, cat, folders, login, person, shop, work_off

__all__ = ["ann", "bob", "cat", "folders", "login", "person", "shop"]


Login = Callable[[User], Client]


@pytest.fixture
def films(shop: Dataset) -> Iterator[Dataset]:
    made = planted.files()
    assert bring(shop, "items", made.items, "items.csv").state == "loaded"
    assert bring(shop, "interactions", made.ratings, "ratings.csv").state == "loaded"
    yield shop
    partitions.drop_dataset(shop.pk)


def trained(dataset: Dataset, owner: User, model: str = "ease", **more: object) -> Experiment:
    """Order and do a run, as the worker does."""
    experiment = orders.start(dataset, model=model, owner=owner, **more)  # type: ignore[arg-type]
    job = work_off("train")
    assert job.state == "done", job.error or job.trace
    experiment.refresh_from_db()
    return experiment


def made(dataset: Dataset, owner: User, model: str = "pop", **more: object) -> Experiment:
    """A row without training: for what the table does with rows."""
    rows = {"metrics": {"validation": {"ndcg@10": {"mean": 0.1, "lo": 0.05, "hi": 0.15, "n": 9}}}}
    facts: dict[str, object] = {"state": "done", **rows, **more}
    return Experiment.objects.create(
        dataset=dataset, version=dataset.version, model=model, owner=owner, **facts
    )


def member(dataset: Dataset, user: User) -> User:
    Member.objects.get_or_create(dataset=dataset, user=user)
    return user
