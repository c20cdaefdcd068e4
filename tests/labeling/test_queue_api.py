"""The analyst's side of a queue by the API."""

import pytest

from recweb.labeling.models import Queue
from recweb.people.models import User
from tests.labeling.conftest import Api

pytestmark = pytest.mark.django_db


def test_annotators_only_label(queue: Queue, dan: User) -> None:
    api = Api(dan)
    assert api.post("queues/", {"experiment": queue.experiment_id}).status_code == 403
    assert api.post(f"queues/{queue.pk}/retrain/").status_code == 403
    assert api.client.patch(f"/api/v1/queues/{queue.pk}/").status_code == 403
    assert api.get("queues/").json()["results"][0]["waiting"] == 6


def test_an_analyst_orders_a_queue(queue: Queue, bob: User) -> None:
    body = {"experiment": queue.experiment_id, "name": "N", "size": 40, "overlap": 2}
    answer = Api(bob).post("queues/", body)
    assert answer.status_code == 202
    made = Queue.objects.get(pk=answer.json()["queue"]["id"])
    assert (made.state, made.size, made.overlap, made.job_id) == (
        "selecting", 40, 2, answer.json()["job"]["id"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"experiment": 0}, "experiment"),
        ({}, "experiment"),
        ({"size": 0}, "size"),
        ({"size": 99_999}, "size"),
        ({"overlap": 9}, "overlap"),
        ({"guideline": "g" * 6000}, "guideline"),
        ({"seed": -1}, "seed"),
    ],
)
def test_it_refuses_a_queue_that_cannot_be(
    queue: Queue, bob: User, body: dict[str, object], field: str
) -> None:
    given = {"experiment": queue.experiment_id, **body} if body else {}
    answer = Api(bob).post("queues/", given)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert Queue.objects.count() == 1


def test_pausing_and_opening(queue: Queue, bob: User) -> None:
    client = Api(bob).client
    for state, status in (("paused", 200), ("open", 200), ("selecting", 422), ("x", 422)):
        answer = client.patch(
            f"/api/v1/queues/{queue.pk}/", {"state": state}, content_type="application/json"
        )
        assert answer.status_code == status
    assert Queue.objects.get(pk=queue.pk).state == "open"


def test_retrain_refuses_without_relevant_answers(queue: Queue, bob: User, dan: User) -> None:
    path = f"queues/{queue.pk}/retrain/"
    assert "Nobody has answered" in Api(bob).post(path).json()["error"]["message"]
    Api(dan).label(queue, Api(dan).next(queue), 1)
    refused = Api(bob).post(path)
    assert refused.status_code == 422 and "2 or 3" in refused.json()["error"]["message"]


def test_retrain_pins_the_answers_and_the_parents_settings(
    queue: Queue, bob: User, dan: User
) -> None:
    for value in (3, 0, 2):
        Api(dan).label(queue, Api(dan).next(queue), value)
    answer = Api(bob).post(f"queues/{queue.pk}/retrain/")
    assert answer.status_code == 202
    child = queue.experiment.children.get(pk=answer.json()["experiment"])
    assert child.label_pairs == [
        [0, 0, 3, "uncertain"], [1, 1, 0, "random"], [2, 2, 2, "uncertain"],
    ]  # fmt: skip
    assert (child.labels_from, child.model, child.version) == (
        queue.pk,
        "pop",
        queue.experiment.version,
    )
