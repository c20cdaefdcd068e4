"""/api/v1/tuning/: order, read, pause, go on, train."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.people.models import User
from recweb.studies.models import Study
from tests.datasets.conftest import work_off
from tests.experiments.conftest import Login
from tests.studies.conftest import made, row

pytestmark = pytest.mark.django_db
API = "/api/v1/tuning/"
NEW = {"dataset": "shop", "models": ["itemknn"], "trials": 2}


def send(client: Client, path: str, body: dict[str, Any] | None = None, status: int = 202) -> Any:
    answer = client.post(f"{API}{path}", body or {}, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def read(client: Client, path: str = "", status: int = 200) -> Any:
    answer = client.get(f"{API}{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_study_from_its_order_to_a_run(films: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    newest = films.versions.order_by("number").last()
    assert newest is not None
    more = {"objectives": ["diversity"], "seed": 3, "version": newest.number, "name": "by hand"}
    study = send(client, "", NEW | more)
    assert (study["budget"], study["ended"], study["best"]) == (2, 0, None)
    assert study["objectives"] == ["relevance", "diversity"] and study["name"] == "by hand"
    assert study["job"]["kind"] == "study" and study["job"]["state"] == "queued"
    assert work_off("train").state == "done"
    study = read(client, f"{study['id']}/")
    assert (study["state"], study["ended"]) == ("done", 2) and study["best"]["model"] == "itemknn"
    assert study["space"]["itemknn"]["k"]["low"] >= 1
    trials = read(client, f"{study['id']}/trials/")
    assert trials["count"] == 2 and trials["results"][0] == study["best"]
    assert trials["results"][0]["non_dominated"] is True
    run = send(client, f"{study['id']}/train/")
    assert run["model"] == "itemknn" and run["state"] == "queued"
    assert run["params"]["k"] == study["best"]["params"]["k"]
    assert send(client, f"{study['id']}/train/", {"trial": study["best"]["id"]})["id"] == run["id"]
    assert read(client, f"{study['id']}/")["best"]["experiment"] == run["id"]


def test_a_study_is_paused_and_goes_on(bare: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    number = send(client, "", NEW | {"workers": 2})["id"]
    assert send(client, f"{number}/cancel/")["job"]["state"] == "cancelled"
    assert read(client, f"{number}/")["state"] == "cancelled"
    assert send(client, f"{number}/cancel/", status=409)["error"]["field"] == "state"
    assert send(client, f"{number}/resume/")["job"]["state"] == "queued"
    assert send(client, f"{number}/resume/", status=409)["error"]["field"] == "state"


def test_lists_are_filtered_and_bounded(
    bare: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(3):
        study = made(bare, bob, state="done" if n else "failed")
        row(study, "ease", 0, 0.2)
        row(study, "itemknn", 0, None, error="no")
    client = login(bob)
    with django_assert_max_num_queries(12):
        assert read(client)["count"] == 3
    assert read(client, "?state=failed&dataset=shop")["count"] == 1
    assert read(client, "?state=live")["count"] == 0
    assert read(client, f"{study.pk}/trials/?model=ease&state=done&sort=seconds")["count"] == 1
    for query, field in (("?state=odd", "state"), ("?colour=red", "colour")):
        assert read(client, query, 400)["error"]["field"] == field
    assert read(client, f"{study.pk}/trials/?sort=odd", 400)["error"]["field"] == "sort"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "dataset"),
        ({"dataset": "nosuch", "models": ["ease"]}, 404, "dataset"),
        ({"dataset": "shop"}, 422, "models"),
        ({"dataset": "shop", "models": "ease"}, 422, "models"),
        ({"dataset": "shop", "models": ["gpt"]}, 422, "models"),
        ({"dataset": "shop", "models": ["pop"]}, 422, "models"),
        ({"dataset": "shop", "models": ["svdpp"]}, 422, "models"),
        (NEW | {"trials": 1}, 422, "trials"),
        (NEW | {"trials": 201}, 422, "trials"),
        (NEW | {"trials": True}, 422, "trials"),
        (NEW | {"objectives": ["fame"]}, 422, "objectives"),
        (NEW | {"minutes": 0}, 422, "minutes"),
        (NEW | {"workers": 3}, 422, "workers"),
        (NEW | {"seed": -1}, 422, "seed"),
        (NEW | {"split": "psychic"}, 422, "split"),
        (NEW | {"version": 99}, 422, "version"),
        (NEW | {"l2": 3}, 400, "l2"),
    ],
)
def test_wrong_bodies_are_named(
    bare: Dataset, bob: User, login: Login, body: dict[str, Any], status: int, field: str
) -> None:
    assert send(login(bob), "", body, status)["error"]["field"] == field
    assert not Study.objects.exists()


def test_train_needs_a_trial_that_has_ended(bare: Dataset, bob: User, login: Login) -> None:
    client, study = login(bob), made(bare, bob)
    send(client, f"{study.pk}/train/", status=409)
    failed = row(study, "ease", 0, None)
    assert (
        send(client, f"{study.pk}/train/", {"trial": failed.pk}, 422)["error"]["field"] == "trial"
    )
    send(client, f"{study.pk}/train/", {"trial": -1}, 404)
    send(client, f"{study.pk}/train/", {"trial": "x"}, 422)
    assert not Experiment.objects.exists()


def test_a_stranger_finds_nothing(bare: Dataset, bob: User, cat: User, login: Login) -> None:
    study, client = made(bare, bob), login(cat)
    assert read(client)["count"] == 0
    read(client, f"{study.pk}/", 404)
    read(client, f"{study.pk}/trials/", 404)
    read(client, f"{2**64}/", 404)
    for deed in ("cancel", "resume", "train"):
        send(client, f"{study.pk}/{deed}/", status=404)
    send(client, "", NEW, 404)
