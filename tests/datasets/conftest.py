"""The cast: ann the admin owns, bob the analyst is a member, cat is a stranger, dan annotates."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recweb.datasets import imports, partitions
from recweb.datasets.models import Dataset, Import, Member
from recweb.jobs import ends, fence, kinds
from recweb.jobs.models import Job
from recweb.jobs.run import Failure, Run
from recweb.people.models import User

RATINGS = """userId,movieId,rating,timestamp
1,31,2.5,1260759144
1,1029,3.0,1260759179
1,1061,3.0,1260759182
2,31,4.0,835355493
2,10,5.0,835355681
3,1029,1.5,1298861589
3,10,4.5,1298861761
"""
BAD = RATINGS + '4,31,"=cmd|x",1260759144\n'
TABS = "overview interactions users items quality versions members settings".split()
Login = Callable[[User], Client]
MOVIES = """movieId,title,genres
31,Dangerous Minds (1995),Drama
1029,Dumbo (1941),Animation|Children|Drama|Musical
1061,Sleepers (1996),Thriller
10,GoldenEye (1995),Action|Adventure|Thriller
99,变形金刚 (2007),Action|Sci-Fi
"""


def files(**given: str | bytes) -> dict[str, Any]:
    return {
        kind: SimpleUploadedFile(f"{kind}.csv", text.encode() if isinstance(text, str) else text)
        for kind, text in given.items()
    }


def text_of(response: Any) -> str:
    return str(response.content.decode())


def person(name: str, group: str) -> User:
    user = User.objects.create_user(name, password="not the default one")
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


@pytest.fixture
def ann(db: None) -> User:
    return person("ann", "Admin")


@pytest.fixture
def bob(ann: User, shop: Dataset) -> User:
    user = person("bob", "Analyst")
    Member.objects.create(dataset=shop, user=user)
    return user


@pytest.fixture
def cat(db: None) -> User:
    return person("cat", "Analyst")


@pytest.fixture
def shop(ann: User) -> Iterator[Dataset]:
    """An empty dataset; whatever a test loads into it is gone afterwards."""
    yield Dataset.objects.create(slug="shop", name="Shop", owner=ann)
    for dataset in Dataset.objects.all():  # a truncation of the models' tables leaves this one
        partitions.drop_dataset(dataset.pk)


@pytest.fixture
def login() -> Callable[[User], Client]:
    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


def work_off(queue: str = "import") -> Job:
    """Do the next waiting job of the queue here and now, inside the test's transaction."""
    job = fence.claim(queue, "test:1")
    assert job is not None, f"no job waits on queue {queue}"
    return perform(job)


def perform(job: Job) -> Job:
    """Do a claimed job."""
    run = Run(job)
    try:
        ends.load(kinds.get(job.kind).run)(run)
        ends.end(job.pk, job.attempt, "done")
    except Failure as failure:
        ends.end(job.pk, job.attempt, "failed", str(failure))
    job.refresh_from_db()
    return job


def bring(
    dataset: Dataset,
    kind: str,
    text: str | bytes,
    name: str = "a.csv",
    *,
    accept: bool = False,
    **more: Any,
) -> Import:
    """Import a file and wait for its end; accept: the good rows, however many bad ones."""
    data = text.encode() if isinstance(text, str) else text
    batch, job = imports.start_import(dataset, kind, io.BytesIO(data), name, dataset.owner, **more)
    if job is not None:
        work_off()
    batch.refresh_from_db()
    if accept and batch.state == "waiting":
        imports.accept(batch, dataset.owner)
        work_off()
        batch.refresh_from_db()
    return batch


@pytest.fixture
def loaded(shop: Dataset) -> Dataset:
    """Seven ratings of three users, and a catalogue of five films, one of them Chinese."""
    assert bring(shop, "items", MOVIES, "movies.csv").state == "loaded"
    assert bring(shop, "interactions", RATINGS, "ratings.csv").state == "loaded"
    return shop


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    for name in ("uploads", "artifacts", "spool", "jobs"):
        (tmp_path / name).mkdir()
    settings.UPLOADS, settings.ARTIFACTS = tmp_path / "uploads", tmp_path / "artifacts"
    settings.SPOOL, settings.JOB_LOGS = tmp_path / "spool", tmp_path / "jobs"
