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


def test_skipping_leaves_it_to_others(queue: Queue, dan: User, eva: User) -> None:
    found = Api(dan).next(queue)
    path = f"queues/{queue.pk}/samples/{found['sample']}/skip/"
    body = {"lease": found["lease"], "flagged": True, "note": "no title"}
    assert [Api(dan).post(path, body).status_code for _ in range(2)] == [200, 200]
    assert Api(dan).next(queue)["sample"] != found["sample"]
    assert Api(eva).next(queue)["sample"] == found["sample"]
    lease = Lease.objects.get(token=found["lease"])
    assert (lease.state, lease.flagged, lease.note) == ("skipped", True, "no title")
    assert Api(dan).label(queue, found).status_code == 409


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
        ({"value": 1, "note": "n" * 3000}, 422, "note"),
        ({"value": 1, "note": "a\0b"}, 422, "note"),
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


def test_progress_counts_mine_and_everybodys(queue: Queue, dan: User, eva: User) -> None:
    Api(dan).label(queue, Api(dan).next(queue))
    Api(eva).label(queue, Api(eva).next(queue))
    assert Api(dan).get(f"queues/{queue.pk}/progress/").json() == {
        "mine": 1, "mine_today": 1, "late": 0, "skipped": 0, "waiting": 4, "answered": 2,
        "wanted": 6,
    }  # fmt: skip
