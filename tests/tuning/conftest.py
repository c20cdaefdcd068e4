"""One planted shop for all tests of this folder: ann owns, bob tunes, cat is a stranger."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from recweb.datasets import partitions
from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.people.models import Token, User
from recweb.tuning.models import Frontier
from tests.cast import client, person
from tests.tuning import planted


@dataclass
class Shop:
    ann: User
    bob: User
    cat: User
    dan: User
    dataset: Dataset
    run: Experiment
    frontier: Frontier

    def browser(self, user: User | None = None) -> Client:
        return client(user or self.bob)

    def api(self, user: User | None = None, dataset_id: int | None = None) -> "Api":
        token = Token.make(user or self.bob, "test", dataset_id)
        return Api(Client(headers={"Authorization": f"Token {token}"}))


class Api:
    def __init__(self, browser: Client) -> None:
        self.browser = browser

    def get(self, path: str, **query: Any) -> Any:
        return self.browser.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.browser.post(
            f"/api/v1/{path}", body if body is not None else {}, content_type="application/json"
        )


def make(root: Path) -> Shop:
    planted.folders(root)
    names = {"ann": "admin", "bob": "analyst", "cat": "analyst", "dan": "annotator"}
    people = {name: person(name, role) for name, role in names.items()}
    dataset = planted.shop(people["ann"], people["bob"], people["dan"])
    run = planted.train(dataset, people["bob"])
    return Shop(**people, dataset=dataset, run=run, frontier=planted.tune(run, people["bob"]))


@pytest.fixture
def shop(db: None, tmp_path: Path, settings: Any) -> Iterator[Shop]:
    names = ("UPLOADS", "ARTIFACTS", "SPOOL", "JOB_LOGS")
    before = {name: getattr(settings, name) for name in names}
    yield make(tmp_path)
    for name, value in before.items():
        setattr(settings, name, value)
    for dataset in Dataset.objects.all():
        partitions.drop_dataset(dataset.pk)
