"""Queues made by hand for speed, and a real run on planted data where the model matters."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recweb.datasets.models import Dataset, Item, Member, Version
from recweb.experiments.models import Experiment
from recweb.labeling.models import Queue, Sample
from recweb.people.models import User
from tests.datasets.conftest import ann, bob, cat, folders, login, person, shop
from tests.experiments.conftest import films

__all__ = ["ann", "bob", "cat", "films", "folders", "login", "person", "shop"]


@pytest.fixture
def dan(shop: Dataset) -> User:
    return annotator(shop, "dan")


@pytest.fixture
def eva(shop: Dataset) -> User:
    return annotator(shop, "eva")


def annotator(dataset: Dataset, name: str) -> User:
    user = person(name, "Annotator")
    Member.objects.create(dataset=dataset, user=user)
    return user


def run_of(dataset: Dataset, owner: User) -> Experiment:
    version, _new = Version.objects.get_or_create(
        dataset=dataset, number=1, fingerprint="f" * 64, n_interactions=9, n_users=9, n_items=9,
        owner=owner,
    )  # fmt: skip
    return Experiment.objects.create(
        dataset=dataset, version=version, model="pop", name="pop", state="done", owner=owner
    )


def make_queue(
    dataset: Dataset, owner: User, size: int = 6, overlap: int = 1, **more: Any
) -> Queue:
    """An open queue of `size` samples: users 0..2, items 0.., every other one random."""
    queue = Queue.objects.create(
        dataset=dataset,
        experiment=run_of(dataset, owner),
        name="Which films?",
        guideline="Think of **their** taste.",
        size=size,
        overlap=overlap,
        state=more.pop("state", "open"),
        owner=owner,
        **more,
    )
    Item.objects.bulk_create(
        [
            Item(dataset=dataset, code=code, outside_id=f"i{code}", title=f"Film {code}",
                 topics=["Drama", "War"], year=1950 + code % 60, text="A tale.")
            for code in range(size)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    Sample.objects.bulk_create(
        [
            Sample(queue=queue, order=n, user_code=n % 3, item_code=n, wanted=overlap,
                   arm=("uncertain", "random")[n % 2],
                   context=[[(n + 1) % size, 1_500_000_000], [(n + 2) % size, None]])
            for n in range(size)
        ]
    )  # fmt: skip
    return queue


@pytest.fixture
def queue(shop: Dataset, bob: User) -> Queue:
    return make_queue(shop, bob)


Ask = Callable[..., Any]


class Api:
    """JSON calls of one user, by session."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1/{path}", body if body is not None else {},
            content_type="application/json", headers=headers,
        )  # fmt: skip

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}")

    def next(self, queue: Queue, **body: Any) -> dict[str, Any]:
        answer = self.post(f"queues/{queue.pk}/next/", body)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def label(self, queue: Queue, found: dict[str, Any], value: int = 2, **more: Any) -> Any:
        path = f"queues/{queue.pk}/samples/{found['sample']}/label/"
        return self.post(path, {"lease": found["lease"], "value": value, **more})
