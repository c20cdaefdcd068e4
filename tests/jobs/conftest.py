"""The cast: ann owns jobs, bob is an analyst, cat labels, ada administers."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from recweb.jobs import kinds
from recweb.jobs.kinds import Kind
from recweb.jobs.models import Job
from recweb.jobs.run import Failure, Run
from recweb.people.models import User

SAID: list[str] = []


def count_to(run: Run) -> None:
    for done in range(run.params["to"]):
        run.progress(done + 1, run.params["to"], f"step {done + 1}", "steps")


def fail(run: Run) -> None:
    raise Failure("The log has no rows.")


def remember(job: Job) -> None:
    SAID.append(job.state)


def angry(job: Job) -> None:
    raise RuntimeError("hook")


HERE = "tests.jobs.conftest:"
for kind in (
    Kind("test-count", "quick", HERE + "count_to", child=False, on_end=HERE + "remember"),
    Kind("test-fail", "quick", HERE + "fail", child=False),
    Kind("test-once", "quick", HERE + "fail", child=False, retry=False),
    Kind("test-angry", "quick", HERE + "count_to", child=False, on_end=HERE + "angry"),
    Kind("test-train", "train", HERE + "count_to", child=True),
):
    kinds.register(kind)


def person(name: str, group: str) -> User:
    user = User.objects.create_user(name, password="x")
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


@pytest.fixture
def ann(db: None) -> User:
    return person("ann", "Analyst")


@pytest.fixture
def bob(db: None) -> User:
    return person("bob", "Analyst")


@pytest.fixture
def cat(db: None) -> User:
    return person("cat", "Annotator")


@pytest.fixture
def ada(db: None) -> User:
    return person("ada", "Admin")


@pytest.fixture
def at() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture(autouse=True)
def silence() -> None:
    SAID.clear()
