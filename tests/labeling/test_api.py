"""What an annotator gets and gives by the API."""

import pytest
from django.utils import timezone

from recweb.datasets.models import Dataset
from recweb.labeling.models import Label, Lease, Queue, Sample
from recweb.people.models import User
from tests.labeling.conftest import Api, make_queue

pytestmark = pytest.mark.django_db


def expire(queue: Queue) -> None:
    Lease.objects.filter(sample__queue=queue).update(until=timezone.now())


def test_the_next_sample_comes_with_the_person_and_the_item(queue: Queue, dan: User) -> None:
    found = Api(dan).next(queue)
    assert found["item"] == {
        "item": "i0", "title": "Film 0", "topics": ["Drama", "War"], "year": 1950,
        "text": "A tale.",
    }  # fmt: skip
    assert [past["title"] for past in found["history"]] == ["Film 1", "Film 2"]
    assert found["history"][0]["at"] == "2017-07-14T02:40:00Z" and not found["history"][1]["at"]


def test_nothing_tells_the_arm_or_the_score(queue: Queue, dan: User) -> None:
    text = str(Api(dan).next(queue, count=6)) + str(Api(dan).get(f"queues/{queue.pk}/").json())
    assert not any(word in text for word in ("arm", "random", "score"))


def test_samples_come_in_the_queues_order_to_one_person_each(
    queue: Queue, dan: User, eva: User
) -> None:
    first = Api(dan).next(queue, count=2)["assignments"]
    second = Api(eva).next(queue, count=2)["assignments"]
    orders = [Sample.objects.get(pk=row["sample"]).order for row in first + second]
    assert orders == [0, 1, 2, 3]


def test_asking_again_gives_what_is_in_hand(queue: Queue, dan: User) -> None:
    api = Api(dan)
    assert api.next(queue)["lease"] == api.next(queue)["lease"]
    assert len(api.next(queue, count=3)["assignments"]) == 3
    assert Lease.objects.count() == 3


def test_an_answer_is_one_row_however_often_it_is_sent(queue: Queue, dan: User) -> None:
    api = Api(dan)
    found = api.next(queue)
    first, second = (api.label(queue, found, 3, seconds=2.5) for _ in range(2))
    assert first.status_code == second.status_code == 200 and first.json() == second.json()
    label = Label.objects.get()
    assert (label.value, label.seconds, label.annotator) == (3, 2.5, dan)
    assert not label.late and str(label.lease) == found["lease"]


def test_the_same_lease_with_another_value_is_a_clash(queue: Queue, dan: User) -> None:
    api = Api(dan)
    found = api.next(queue)
    api.label(queue, found, 3)
    clash = api.label(queue, found, 0)
    assert clash.status_code == 409 and clash.json()["error"]["code"] == "answered"
    assert Label.objects.get().value == 3


def test_an_annotator_never_gets_a_sample_twice(shop: Dataset, bob: User, dan: User) -> None:
    queue = make_queue(shop, bob, size=3, overlap=2)
    api, seen = Api(dan), []
    while (answer := api.post(f"queues/{queue.pk}/next/")).status_code == 200:
        seen.append(answer.json()["sample"])
        assert api.label(queue, answer.json()).status_code == 200
    assert answer.status_code == 204 and len(seen) == len(set(seen)) == 3


def test_overlap_asks_as_many_people_and_no_more(
    shop: Dataset, bob: User, dan: User, eva: User, ann: User
) -> None:
    queue = make_queue(shop, bob, size=1, overlap=2)
    for user in (dan, eva):
        assert Api(user).label(queue, Api(user).next(queue)).status_code == 200
    assert Api(ann).post(f"queues/{queue.pk}/next/").status_code == 204


def test_a_lost_lease_returns_at_once_and_the_late_answer_is_kept(
    queue: Queue, dan: User, eva: User
) -> None:
    mine = Api(dan).next(queue)
    expire(queue)
    theirs = Api(eva).next(queue)
    assert theirs["sample"] == mine["sample"] and theirs["lease"] != mine["lease"]
    late = Api(dan).label(queue, mine, 1)
    assert late.status_code == 200 and late.json()["late"] is True
    assert "kept as an extra" in late.json()["message"]
    assert Api(dan).label(queue, mine, 1).json() == late.json()
    assert Api(dan).label(queue, mine, 2).status_code == 409
    counted = Api(eva).label(queue, theirs, 3)
    assert counted.json()["late"] is False
    assert Api(dan).get(f"queues/{queue.pk}/progress/").json()["answered"] == 1
    assert sorted(Label.objects.values_list("value", "late")) == [(1, True), (3, False)]
    assert Api(dan).next(queue)["sample"] != mine["sample"]


def test_an_expired_lease_that_nobody_wanted_still_counts(queue: Queue, dan: User) -> None:
    mine = Api(dan).next(queue)
    expire(queue)
    assert Api(dan).label(queue, mine, 1).json()["late"] is False


def test_a_late_answer_counts_when_the_other_one_skipped(
    queue: Queue, dan: User, eva: User
) -> None:
    mine = Api(dan).next(queue)
    expire(queue)
    theirs = Api(eva).next(queue)
    Api(eva).post(f"queues/{queue.pk}/samples/{theirs['sample']}/skip/", {"lease": theirs["lease"]})
    assert Api(dan).label(queue, mine, 1).json()["late"] is False
    assert Sample.objects.get(pk=mine["sample"]).wanted == 0


def test_a_sample_handed_to_the_same_person_again_has_one_answer(queue: Queue, dan: User) -> None:
    api, eva = Api(dan), Api(dan)
    old = api.next(queue)
    Lease.objects.update(state="lost")
    Sample.objects.filter(pk=old["sample"]).update(wanted=1)
    new = eva.next(queue)
    assert new["sample"] == old["sample"]
    first = api.label(queue, old, 2).json()
    assert eva.label(queue, new, 2).json() == first and not first["late"]
    assert Label.objects.count() == 1


def test_renewing_says_what_is_still_held(queue: Queue, dan: User, eva: User) -> None:
    mine = Api(dan).next(queue)
    path = f"queues/{queue.pk}/renew/"
    assert Api(dan).post(path).json() == {"held": [mine["lease"]]}
    expire(queue)
    Api(eva).next(queue)
    assert Api(dan).post(path).json() == {"held": []}


@pytest.mark.parametrize("state", ["paused", "closed", "selecting"])
def test_a_queue_that_is_not_open_gives_nothing_but_takes_answers(
    queue: Queue, dan: User, state: str
) -> None:
    api = Api(dan)
    found = api.next(queue)
    Queue.objects.update(state=state)
    refused = api.post(f"queues/{queue.pk}/next/")
    assert refused.status_code == 409 and refused.json()["error"]["code"] == state
    assert api.label(queue, found).status_code == 200
    assert api.post(f"queues/{queue.pk}/undo/").status_code == 409


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"value": 4}, 422, "value"),
        ({"value": -1}, 422, "value"),
        ({"value": True}, 422, "value"),
        ({"value": 1.5}, 422, "value"),
        ({}, 422, "value"),
        ({"value": 1, "seconds": "x"}, 422, "seconds"),
        ({"value": 1, "seconds": -1}, 422, "seconds"),
        ({"value": 1, "seconds": 10**400}, 400, "seconds"),
        ({"value": 1, "note": "n" * 3000}, 422, "note"),
        ({"value": 1, "note": "a\0b"}, 400, "note"),
        ({"value": 1, "flagged": "yes"}, 422, "flagged"),
        ({"value": 1, "annotator": 1}, 400, "annotator"),
        ({"value": 1, "late": False}, 400, "late"),
        ({"value": 1, "lease": "nonsense"}, 400, "lease"),
    ],
)
def test_it_refuses_a_wrong_answer_and_names_the_field(
    queue: Queue, dan: User, body: dict[str, object], status: int, field: str
) -> None:
    found = Api(dan).next(queue)
    path = f"queues/{queue.pk}/samples/{found['sample']}/label/"
    answer = Api(dan).post(path, {"lease": found["lease"], **body})
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert not Label.objects.exists()


def test_somebody_elses_lease_is_not_there(queue: Queue, dan: User, eva: User) -> None:
    mine = Api(dan).next(queue)
    assert Api(eva).label(queue, mine).status_code == 404
    path = f"queues/{queue.pk}/samples/{mine['sample']}"
    assert Api(eva).post(f"{path}/skip/", {"lease": mine["lease"]}).status_code == 404
    Api(dan).label(queue, mine)
    assert Api(eva).post(f"{path}/undo/").status_code == 409
    assert Api(eva).post(f"{path}/change/", {"value": 0}).status_code == 404
    assert Label.objects.get(closed=None).value == 2


def test_other_datasets_queues_are_not_there(queue: Queue, cat: User, dan: User) -> None:
    found = Api(dan).next(queue)
    api, sample = Api(cat), f"queues/{queue.pk}/samples/{found['sample']}"
    assert api.get("queues/").json()["count"] == 0
    assert api.get(f"queues/{queue.pk}/").status_code == 404
    assert api.get(f"queues/{queue.pk}/progress/").status_code == 404
    for path in ("next/", "renew/", "undo/", "retrain/"):
        assert api.post(f"queues/{queue.pk}/{path}").status_code == 404
    assert api.post(f"{sample}/label/", {"lease": found["lease"], "value": 1}).status_code == 404
    assert api.client.patch(
        f"/api/v1/queues/{queue.pk}/", {"state": "closed"}, content_type="application/json"
    ).status_code == 404  # fmt: skip


def test_a_sample_of_another_queue_is_not_there(
    queue: Queue, shop: Dataset, bob: User, dan: User
) -> None:
    other = make_queue(shop, bob)
    found = Api(dan).next(queue)
    path = f"queues/{other.pk}/samples/{found['sample']}/label/"
    assert Api(dan).post(path, {"lease": found["lease"], "value": 1}).status_code == 404


def test_progress_counts_mine_and_everybodys(queue: Queue, dan: User, eva: User) -> None:
    Api(dan).label(queue, Api(dan).next(queue))
    Api(eva).label(queue, Api(eva).next(queue))
    assert Api(dan).get(f"queues/{queue.pk}/progress/").json() == {
        "mine": 1, "mine_today": 1, "late": 0, "skipped": 0, "waiting": 4, "answered": 2,
        "wanted": 6,
    }  # fmt: skip
