"""/api/v1/experiments/ and the registries, against real runs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import trained

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
RUNS = "/api/v1/experiments/"


def post(client: Client, body: Any, **more: Any) -> Any:
    return client.post(RUNS, body, content_type="application/json", **more)


def test_a_run_from_order_to_metrics(films: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    body = {"dataset": "shop", "model": "ease", "params": {"l2": 50}, "split": "random", "seed": 3}
    answer = post(client, body)
    made = answer.json()
    assert answer.status_code == 202 and made["job"]["state"] == "queued"
    assert made["job"]["target_id"] == made["id"] and made["metrics"] == {}
    work_off("train")
    run = client.get(f"{RUNS}{made['id']}/").json()
    assert (run["state"], run["split"], run["seed"], run["model"]) == ("done", "random", 3, "ease")
    assert run["params"] == {"l2": 50.0, "recency": 1.0, "solver": "auto"}
    assert run["job"]["state"] == "done" and run["config"]["fingerprint"]
    found = client.get(f"{RUNS}{made['id']}/metrics/").json()
    assert set(found) == {"validation"} == set(run["metrics"])
    assert set(found["validation"]["ndcg@10"]) == {"mean", "lo", "hi", "n"}


def test_test_metrics_appear_only_when_finalised(films: Dataset, bob: User, login: Login) -> None:
    run = trained(films, bob, "pop")
    cell = {"mean": 0.1, "lo": 0.0, "hi": 0.2, "n": 3}
    Experiment.objects.update(metrics={**run.metrics, "test": {"ndcg@10": cell}})
    path = f"{RUNS}{run.pk}/metrics/"
    assert "test" not in login(bob).get(path).json()
    Experiment.objects.update(finalised=run.finished)
    assert login(bob).get(path).json()["test"]["ndcg@10"] == cell


def test_the_paired_difference_and_a_segment(films: Dataset, bob: User, login: Login) -> None:
    pop, ease = trained(films, bob, "pop"), trained(films, bob, "ease", params={"l2": 50.0})
    client = login(bob)
    found = client.get(f"{RUNS}{ease.pk}/metrics/", {"against": pop.pk}).json()["paired"]
    gap = found["metrics"]["ndcg@10"]
    means = [run.mean("ndcg@10") or 0 for run in (ease, pop)]
    assert gap["difference"] == pytest.approx(means[0] - means[1], abs=1e-5)
    assert gap["lo"] > 0 and gap["p"] <= gap["p_holm"] < 0.05 and found["against"] == pop.pk
    found = client.get(f"{RUNS}{ease.pk}/metrics/", {"segment": "light"}).json()
    assert found["segment"]["name"] == "light"
    assert found["validation"]["ndcg@10"]["n"] == found["segment"]["n"]
    answer = client.get(f"{RUNS}{ease.pk}/metrics/", {"segment": "purple"})
    assert answer.status_code == 400 and "light, head, tail" in answer.json()["error"]["message"]


def test_what_cannot_be_paired_is_a_conflict(films: Dataset, bob: User, login: Login) -> None:
    pop, other = trained(films, bob, "pop"), trained(films, bob, "pop", split="random")
    client = login(bob)
    for against, status in (
        (other.pk, 409),
        (pop.pk, 409),
        ("x", 400),
        (10**9, 404),
        (10**30, 400),
    ):
        answer = client.get(f"{RUNS}{pop.pk}/metrics/", {"against": against})
        assert answer.status_code == status, against


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "dataset"),
        ({"dataset": "nosuch", "model": "pop"}, 404, "dataset"),
        ({"dataset": "shop"}, 422, "model"),
        ({"dataset": "shop", "model": "gpt"}, 422, "model"),
        ({"dataset": "shop", "model": 7}, 422, "model"),
        ({"dataset": "shop", "model": "ease", "params": {"l2": -1}}, 422, "params.l2"),
        ({"dataset": "shop", "model": "ease", "params": {"depth": 1}}, 422, "params.depth"),
        ({"dataset": "shop", "model": "ease", "params": [1]}, 422, "params"),
        ({"dataset": "shop", "model": "ease", "params": []}, 422, "params"),
        ({"dataset": "shop", "model": "pop", "split": "psychic"}, 422, "split"),
        ({"dataset": "shop", "model": "pop", "seed": -1}, 422, "seed"),
        ({"dataset": "shop", "model": "pop", "seed": True}, 422, "seed"),
        ({"dataset": "shop", "model": "pop", "version": 99}, 422, "version"),
        ({"dataset": "shop", "model": "pop", "version": 10**12}, 422, "version"),
        ({"dataset": "shop", "model": "pop", "parent": 10**9}, 422, "parent"),
        ({"dataset": "shop", "model": "pop", "labels_from": 10**9}, 422, "labels_from"),
        ({"dataset": "shop", "model": "pop", "rules": []}, 422, "rules"),
        ({"dataset": "shop", "model": "pop", "rules": [{"event": ""}]}, 422, "event"),
        ({"dataset": "shop", "model": "pop", "rules": [{"event": "bought"}]}, 422, "rules"),
        ({"dataset": "shop", "model": "pop", "colour": "red"}, 400, "colour"),
        ([1], 400, None),
        ("{", 400, None),
    ],
)
def test_it_names_the_wrong_field(
    films: Dataset, bob: User, login: Login, body: Any, status: int, field: str | None
) -> None:
    answer = post(login(bob), body)
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field), error
    assert error["message"] and not Experiment.objects.exists()


def test_the_same_key_orders_once(films: Dataset, bob: User, login: Login) -> None:
    client, body = login(bob), {"dataset": "shop", "model": "pop"}
    answers = [post(client, body, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Experiment.objects.count() == 1 == Job.objects.filter(kind="train").count()


def test_lists_filter_and_refuse_what_they_do_not_know(
    films: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    for model in ("pop", "ease"):
        post(client, {"dataset": "shop", "model": model})
    found = client.get(RUNS).json()
    assert found["count"] == 2 and [row["model"] for row in found["results"]] == ["ease", "pop"]
    assert all(row["job"]["state"] == "queued" for row in found["results"])
    for query, n in (
        ({"model": "pop"}, 1),
        ({"state": "live"}, 2),
        ({"state": "done"}, 0),
        ({"dataset": "shop", "split": "auto"}, 2),
        ({"dataset": "other"}, 0),
        ({"tag": "x"}, 0),
    ):
        assert client.get(RUNS, query).json()["count"] == n, query
    for query in ({"colour": "red"}, {"state": "odd"}, {"model": "\x00"}):
        assert client.get(RUNS, query).status_code == 400, query
    for path in (f"{RUNS}{found['results'][0]['id']}/?x=1", "/api/v1/models/?x=1"):
        assert client.get(path).status_code == 400


def test_strangers_get_404_and_nobody_401(
    films: Dataset, bob: User, cat: User, login: Login
) -> None:
    pk = post(login(bob), {"dataset": "shop", "model": "pop"}).json()["id"]
    for path in (f"{RUNS}{pk}/", f"{RUNS}{pk}/metrics/"):
        assert login(cat).get(path).status_code == 404
        assert Client().get(path).status_code == 401
    assert login(cat).get(RUNS).json()["count"] == 0
    assert post(login(cat), {"dataset": "shop", "model": "pop"}).status_code == 404


def test_labels_of_a_queue_are_pinned_into_the_child(
    films: Dataset, bob: User, login: Login
) -> None:
    import uuid

    from django.apps import apps

    parent = trained(films, bob, "pop")
    queue, sample, label = (
        apps.get_model("labeling", name).objects for name in ("Queue", "Sample", "Label")
    )
    mine = queue.create(dataset=films, experiment=parent, name="q", owner=bob)
    for order, (user, item, value) in enumerate([(0, 1, 3), (1, 2, 0)]):
        one = sample.create(queue=mine, order=order, user_code=user, item_code=item, arm="random")
        label.create(sample=one, annotator=bob, value=value, lease=uuid.uuid4())
    body = {"dataset": "shop", "model": "pop", "parent": parent.pk, "labels_from": mine.pk}
    child = Experiment.objects.get(pk=post(login(bob), body).json()["id"])
    assert child.label_pairs == [[0, 1, 3, "random"], [1, 2, 0, "random"]]
    assert (child.parent_id, child.labels_from) == (parent.pk, mine.pk)


@pytest.mark.parametrize("name", ["models", "metrics", "rerankers", "strategies"])
def test_the_registries_with_their_schemas(bob: User, login: Login, name: str) -> None:
    found = login(bob).get(f"/api/v1/{name}/").json()
    assert found["count"] == len(found["results"]) > 0
    for row in found["results"]:
        assert row["id"] and isinstance(row["name"], str)
    if name == "models":
        ease = next(row for row in found["results"] if row["id"] == "ease")
        assert ease["schema"]["properties"]["l2"]["minimum"] == 1.0
        words = login(bob).get(f"/api/v1/{name}/", headers={"Accept-Language": "zh-hans"}).json()
        assert words["results"][1]["name"] != found["results"][1]["name"]


@pytest.mark.parametrize("path", ["experiments/", "experiments/shelf/", "tuning/"])
@pytest.mark.parametrize(
    "body", ['{"model": 1e999}', '{"model": "\\ud800"}', '{"model": "a\\u0000"}']
)
def test_json_that_cannot_be_stored_is_refused_by_its_field(
    bob: User, login: Login, path: str, body: str
) -> None:
    answer = login(bob).post(f"/api/v1/{path}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "model")
