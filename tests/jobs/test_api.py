"""/api/v1/jobs/: the same as the pages, for programs."""

from collections.abc import Callable

import pytest
from django.test import Client

from recweb.jobs import ends, fence, logfile, orders
from recweb.jobs.models import Job, State
from recweb.people.models import Token, User

pytestmark = pytest.mark.django_db
NAMES = {"id", "kind", "title", "state", "attempt", "progress", "error", "created", "started"}
NAMES |= {"finished", "owner", "dataset", "target_id"}
JSON = "application/json"


@pytest.fixture
def by() -> Callable[[User], Client]:
    def with_token(user: User) -> Client:
        token = Token.make(user, "test")
        return Client(headers={"Authorization": f"Token {token}"})

    return with_token


By = Callable[[User], Client]


def order(owner: User, kind: str = "test-count") -> Job:
    return orders.order(kind, owner=owner, title="Count", dataset_id=7, target_id=9)


def test_a_job(ann: User, by: By) -> None:
    job = order(ann)
    answer = by(ann).get(f"/api/v1/jobs/{job.pk}/").json()
    assert set(answer) == NAMES
    assert answer["state"] == "queued" and answer["owner"] == "ann" and answer["dataset"] == 7


def test_the_list(ann: User, by: By) -> None:
    jobs = [order(ann) for _ in range(3)]
    answer = by(ann).get("/api/v1/jobs/?state=live&kind=test-count&dataset=7&target_id=9").json()
    assert answer["count"] == 3
    assert [row["id"] for row in answer["results"]] == [job.pk for job in reversed(jobs)]
    assert by(ann).get("/api/v1/jobs/?dataset=8").json()["count"] == 0


def test_it_needs_a_token(client: Client) -> None:
    assert client.get("/api/v1/jobs/").status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=stuck", "state"),
        ("dataset=x", "dataset"),
        ("target_id=-1", "target_id"),
        ("a=1", "a"),
    ],
)
def test_a_wrong_filter_is_named(ann: User, by: By, query: str, field: str) -> None:
    answer = by(ann).get(f"/api/v1/jobs/?{query}")
    assert answer.status_code == 400 and answer.json()["error"]["field"] == field


def test_strangers_find_nothing(ann: User, bob: User, by: By) -> None:
    number = order(ann).pk
    client = by(bob)
    assert client.get("/api/v1/jobs/").json()["count"] == 0
    answers = [client.get(f"/api/v1/jobs/{number}/{path}") for path in ("", "log/")]
    answers += [
        client.post(f"/api/v1/jobs/{number}/{path}/", content_type=JSON)
        for path in ("cancel", "retry")
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert Job.objects.get(pk=number).state == State.QUEUED


def test_cancel_waiting(ann: User, by: By) -> None:
    number = order(ann).pk
    answer = by(ann).post(f"/api/v1/jobs/{number}/cancel/", content_type=JSON)
    assert answer.status_code == 200 and answer.json()["state"] == "cancelled"
    assert answer.json()["finished"]


def test_cancel_running_then_ended(ann: User, by: By) -> None:
    order(ann)
    job = fence.claim("quick", "here:1")
    assert job
    answer = by(ann).post(f"/api/v1/jobs/{job.pk}/cancel/", content_type=JSON)
    assert answer.status_code == 202 and answer.json()["state"] == "cancelling"
    ends.end(job.pk, job.attempt, State.DONE)
    assert by(ann).post(f"/api/v1/jobs/{job.pk}/cancel/", content_type=JSON).status_code == 409


def test_retry(ann: User, by: By) -> None:
    job = order(ann)
    assert by(ann).post(f"/api/v1/jobs/{job.pk}/retry/", content_type=JSON).status_code == 409
    orders.cancel(job)
    answer = by(ann).post(f"/api/v1/jobs/{job.pk}/retry/", content_type=JSON)
    assert answer.status_code == 202 and answer.json()["state"] == "queued"
    assert answer.json()["finished"] is None


def test_the_log(ann: User, by: By) -> None:
    number = order(ann).pk
    logfile.path(number).unlink(missing_ok=True)
    assert by(ann).get(f"/api/v1/jobs/{number}/log/").json()["lines"] == []
    for line in range(600):
        logfile.write(number, f"line {line}")
    answer = by(ann).get(f"/api/v1/jobs/{number}/log/?after=0").json()
    assert (
        len(answer["lines"]) == 500 and answer["cut"] and answer["lines"][-1].endswith("line 599")
    )
    again = by(ann).get(f"/api/v1/jobs/{number}/log/?after={answer['after']}").json()
    assert again["lines"] == [] and not again["cut"]
    assert by(ann).get(f"/api/v1/jobs/{number}/log/?after=x").status_code == 400


def test_the_trace_is_for_the_admin(ann: User, ada: User, by: By) -> None:
    number = order(ann).pk
    assert "trace" not in by(ann).get(f"/api/v1/jobs/{number}/").json()
    assert "trace" in by(ada).get(f"/api/v1/jobs/{number}/").json()


def test_the_schema_describes_it(ada: User, by: By) -> None:
    paths = by(ada).get("/api/schema/?format=json").json()["paths"]
    for path in ("/api/v1/jobs/", "/api/v1/jobs/{job_id}/cancel/", "/api/v1/jobs/{job_id}/log/"):
        assert path in paths
    short = [row.get("summary", "") for methods in paths.values() for row in methods.values()]
    assert all(0 < len(text) <= 121 for text in short)
    for path, methods in paths.items():  # what each does, not the same of all
        said = [row["summary"] for row in methods.values()]
        assert len(set(said)) == len(said), path
