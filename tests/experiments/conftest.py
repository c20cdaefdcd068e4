"""A planted dataset, imported and trained for real, inside the test's transaction."""

from collections.abc import Iterator

import pytest

from recweb.datasets import partitions
from recweb.datasets.models import Dataset, Member
from recweb.experiments import orders
from recweb.experiments.models import Experiment
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import ann, bob, bring, cat, folders, login, person, shop, work_off

__all__ = ["ann", "bob", "cat", "folders", "login", "person", "shop"]


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


def member(dataset: Dataset, user: User) -> User:
    Member.objects.get_or_create(dataset=dataset, user=user)
    return user
