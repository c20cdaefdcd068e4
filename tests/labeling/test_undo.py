"""Skip, undo and change by the API: rows close, others follow, nothing is lost."""

from collections.abc import Callable

import pytest
from django.test import Client

from recweb.labeling import tallies
from recweb.labeling.models import Label, Lease, Queue
from recweb.people.models import User
from tests.labeling.conftest import Api

pytestmark = pytest.mark.django_db


def test_skipping_leaves_it_to_others(
    queue: Queue, dan: User, eva: User, login: Callable[[User], Client]
) -> None:
    found = Api(dan).next(queue)
    path = f"queues/{queue.pk}/samples/{found['sample']}/skip/"
    body = {"lease": found["lease"], "flagged": True, "note": "no title"}
    assert [Api(dan).post(path, body).status_code for _ in range(2)] == [200, 200]
    assert Api(dan).next(queue)["sample"] != found["sample"]
    assert Api(eva).next(queue)["sample"] == found["sample"]
    lease = Lease.objects.get(token=found["lease"])
    assert (lease.state, lease.flagged, lease.note) == ("skipped", True, "no title")
    assert Api(dan).label(queue, found).status_code == 409
    dans = next(row for row in tallies.given(queue, tallies.cells(queue))["people"])
    assert (dans["name"], dans["skipped"], dans["flags"]) == ("dan", 1, 1)
    page = login(queue.owner).get(f"/label/{queue.pk}/review/").content.decode()
    assert "no title" in page and "flagged" in page


def test_undo_goes_back_step_by_step_and_hands_the_sample_again(queue: Queue, dan: User) -> None:
    api = Api(dan)
    done = []
    for value in (0, 3):
        found = api.next(queue)
        api.label(queue, found, value)
        done.append(found["sample"])
    skipped = api.next(queue)
    path = f"queues/{queue.pk}"
    api.post(f"{path}/samples/{skipped['sample']}/skip/", {"lease": skipped["lease"]})
    undone = [api.post(f"{path}/undo/").json() for _ in range(3)]
    assert [row["sample"] for row in undone] == [skipped["sample"], *reversed(done)]
    assert [row["value"] for row in undone] == [None, 3, 0]
    assert api.post(f"{path}/undo/").status_code == 409
    assert Label.objects.filter(closed=None).count() == 0 and Label.objects.count() == 2
    held = {row["sample"]: row["lease"] for row in api.next(queue, count=3)["assignments"]}
    assert held == {row["sample"]: row["lease"] for row in undone}
    again = {"sample": done[1], "lease": held[done[1]]}
    assert api.label(queue, again, 1).status_code == 200
    assert Label.objects.get(closed=None).value == 1


def test_undo_of_one_sample_leaves_the_others(queue: Queue, dan: User) -> None:
    api = Api(dan)
    first = api.next(queue)
    api.label(queue, first)
    second = api.next(queue)
    api.label(queue, second)
    path = f"queues/{queue.pk}/samples/{first['sample']}/undo/"
    assert api.post(path).json()["sample"] == first["sample"]
    assert Label.objects.get(closed=None).sample_id == second["sample"]


def test_a_skip_that_somebody_took_cannot_be_undone(queue: Queue, dan: User, eva: User) -> None:
    found = Api(dan).next(queue)
    Api(dan).post(f"queues/{queue.pk}/samples/{found['sample']}/skip/", {"lease": found["lease"]})
    Api(eva).next(queue)
    answer = Api(dan).post(f"queues/{queue.pk}/undo/")
    assert answer.status_code == 409 and answer.json()["error"]["code"] == "taken"


def test_changing_an_answer_closes_the_old_row(queue: Queue, dan: User) -> None:
    api = Api(dan)
    found = api.next(queue)
    api.label(queue, found, 0)
    path = f"queues/{queue.pk}/samples/{found['sample']}/change/"
    changed = [api.post(path, {"value": 3}).json() for _ in range(2)]
    assert changed[0] == changed[1] and changed[0]["value"] == 3
    rows = Label.objects.order_by("pk").values_list("value", "closed")
    assert [(value, closed is None) for value, closed in rows] == [(0, False), (3, True)]
