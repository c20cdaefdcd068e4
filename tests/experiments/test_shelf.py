"""Run the shelf: a job a model that the data allow, within the quota, then the comparison."""

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import shelf
from recweb.experiments.models import Experiment
from recweb.jobs import fence
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.datasets.conftest import bring, work_off
from tests.experiments.conftest import Login, made
from tests.planted import files
from training import registry

pytestmark = pytest.mark.django_db
API = "/api/v1/experiments/shelf/"


def usual(dataset: Dataset, owner: User, model: str, mean: float, **more: object) -> Experiment:
    """A run as the shelf would have made it."""
    dataset.refresh_from_db()  # the import set its event rules
    rows = {"validation": {"ndcg@10": {"mean": mean, "lo": 0, "hi": 1, "n": 9}}}
    params = registry.check_params(model, {})
    facts = {"params": params, "rules": dataset.rules, "metrics": rows, **more}
    return made(dataset, owner, model, **facts)


def fits(films: Dataset) -> list[str]:
    """Models that these data allow: every positive counts 1 here, no vectors, no endpoint."""
    needed = {name: set(one["needs"]) for name, one in registry.models().items()}
    lacking = {"ratings", "grades", "vectors", "endpoint"}
    allowed = [name for name, needs in needed.items() if not needs & lacking]
    assert "pop" in allowed and len(allowed) > 5
    return allowed


def test_one_click_orders_each_model_and_a_second_one_nothing(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 500  # type: ignore[attr-defined]
    client, allowed = login(bob), fits(films)
    page = client.get("/experiments/?dataset=shop").content.decode()
    assert re.search(rf"Run the shelf: {len(allowed)} models, about \d+ (s|min)", page)
    for _twice in range(2):
        answer = client.post("/experiments/shelf/", {"dataset": "shop"})
        assert answer["Location"] == "/experiments/shelf/?dataset=shop"
    runs = Experiment.objects.all()
    assert {run.model for run in runs} == set(allowed)
    assert runs.count() == Job.objects.filter(kind="train", state="queued").count()
    assert runs.get(is_baseline=True).model == "pop"
    assert {(run.split, run.seed) for run in runs} == {("auto", 0)}
    page = client.get("/experiments/shelf/").content.decode()
    assert 'hx-trigger="every 3s"' in page and f"{len(allowed)} trainings wait in line" in page
    assert "trainings go on" not in page
    answer = client.post("/experiments/shelf/cancel/", {"dataset": "shop"})
    assert answer["Location"] == "/experiments/shelf/?dataset=shop&stay=1"
    assert not Job.objects.live().exists()


def test_what_the_data_refuse_is_listed_with_why(shop: Dataset, bob: User, login: Login) -> None:
    lines = files(n_users=20, n_items=30, per_user=12).ratings.splitlines()
    bare = "\n".join(",".join(line.split(",")[:2]) for line in lines)  # no stars, no times
    assert bring(shop, "interactions", bare).state == "loaded"
    client = login(bob)
    page = client.get("/experiments/shelf/?dataset=shop").content.decode()
    for words in ("no item file was uploaded", "the log has no values", "the log has none"):
        assert words in page, words
    answer = client.post(API, {"dataset": "shop"}, content_type="application/json")
    found = answer.json()
    assert answer.status_code == 202
    ordered = {one["model"] for one in found["runs"]}
    refused = {one["model"]: one for one in found["refused"]}
    assert ordered | set(refused) == set(registry.models()) and not ordered & set(refused)
    lacks = {"ratings", "grades", "graph", "topics", "text", "time"}
    needy = {name for name, spec in registry.models().items() if lacks & set(spec["needs"])}
    assert needy and needy <= set(refused)
    assert "neither triples" in refused["kg_cf"]["message"]
    assert "every positive counts the same" in refused["mmoe"]["message"]
    assert all(one["field"] and one["message"] for one in refused.values())


def test_the_quota_holds_and_says_what_was_not_started(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 3  # type: ignore[attr-defined]
    client, n = login(bob), len(fits(films))
    page = client.get("/experiments/shelf/").content.decode()
    assert f"Run the shelf: 3 of {n} models now" in page
    assert f"{n - 3} models are left for a second press" in page
    assert f"3 of {n} models now" in client.get("/experiments/").content.decode()
    answer = client.post("/experiments/shelf/", {"dataset": "shop"}, follow=True)
    page = answer.content.decode()
    assert 'id="run-shelf"' not in page and "You have 3 jobs waiting" in page
    assert Experiment.objects.count() == 3 and "Not started yet" in page
    found = client.post(API, {"dataset": "shop"}, content_type="application/json").json()
    assert len(found["runs"]) == 3 and found["message"]
    assert len(found["left"]) == len(fits(films)) - 3
    work_off("train")  # one begins, another may wait
    client.post("/experiments/shelf/", {"dataset": "shop"})
    assert Experiment.objects.count() == 4


def test_a_full_quota_is_429_by_api(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 0  # type: ignore[attr-defined]
    answer = login(bob).post(API, {"dataset": "shop"}, content_type="application/json")
    assert answer.status_code == 429 and not Experiment.objects.exists()


def test_runs_that_are_there_count_unless_something_is_unusual(films: Dataset, bob: User) -> None:
    version = films.version
    assert version is not None
    pop = usual(films, bob, "pop", 0.1)
    for more in ({"seed": 1}, {"split": "random"}, {"archived": pop.created}, {"state": "failed"}):
        usual(films, bob, "ease", 0.2, **more)  # type: ignore[arg-type]
    usual(films, bob, "ease", 0.2, params={"l2": 7.0})
    usual(films, bob, "ease", 0.2, label_pairs=[[0, 1, 3, "random"]])
    found = shelf.plan(version)
    assert found.runs == [pop]
    assert "ease" in {place.model for place in found.missing}


def test_the_last_one_leads_to_the_comparison(
    films: Dataset,
    bob: User,
    login: Login,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelf, "SIDE_BY_SIDE", 4)
    names = [name for name in fits(films) if name != "pop"]
    runs = {name: usual(films, bob, name, 0.2 + at / 100) for at, name in enumerate(names)}
    pop = usual(films, bob, "pop", 0.01)
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = client.get("/experiments/shelf/?dataset=shop").content.decode()
    best = [pop.pk, *(runs[name].pk for name in reversed(names[-3:]))]
    link = f"/experiments/compare/?ids={','.join(map(str, best))}"
    assert link in page
    assert f"{len(names) - 3} more are in the table" in page
    watched = "/experiments/shelf/?dataset=shop&watch=1"
    answer = client.get(watched, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == link
    for other in (f"{watched}&stay=1", "/experiments/shelf/?dataset=shop"):
        answer = client.get(other, headers={"HX-Request": "true"})
        assert "HX-Redirect" not in answer.headers, other
    Experiment.objects.filter(pk=pop.pk).update(state=State.RUNNING)
    answer = client.get(watched, headers={"HX-Request": "true"})
    assert "HX-Redirect" not in answer.headers and b"1 training goes on" in answer.content


def test_what_runs_and_what_waits_are_counted_apart(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 3  # type: ignore[attr-defined]
    client = login(bob)
    client.post("/experiments/shelf/", {"dataset": "shop"})
    assert fence.claim("train", "here:1") is not None
    page = client.get("/experiments/shelf/").content.decode()
    assert "1 training goes on · 2 trainings wait in line" in page
    assert "1 of" in page and "the comparison opens by itself" in page
    answer = client.post("/experiments/shelf/cancel/", {"dataset": "shop"}, follow=True)
    words = answer.content.decode()
    assert "stay=1" in words and "the comparison opens by itself" not in words
    assert 'id="cancel-shelf"' not in words and "1 training goes on" in words


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "dataset"),
        ({"dataset": "nosuch"}, 404, "dataset"),
        ({"dataset": "shop", "models": []}, 422, "models"),
        ({"dataset": "shop", "models": ["gpt"]}, 422, "models"),
        ({"dataset": "shop", "split": "random"}, 400, "split"),
    ],
)
def test_wrong_bodies_are_named(
    films: Dataset, bob: User, login: Login, body: dict[str, object], status: int, field: str
) -> None:
    answer = login(bob).post(API, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert not Experiment.objects.exists()


def test_a_stranger_has_no_shelf(films: Dataset, cat: User, login: Login) -> None:
    client = login(cat)
    assert client.post(API, {"dataset": "shop"}, content_type="application/json").status_code == 404
    for path in ("/experiments/shelf/", "/experiments/shelf/cancel/"):
        answer = client.post(path, {"dataset": "shop"}, follow=True)
        assert "no such dataset, or it is not yours" in answer.content.decode()
    assert not Experiment.objects.exists()


def test_what_takes_too_long_is_left_for_itself(
    films: Dataset, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LONGEST", 0)
    version = films.version
    assert version is not None
    found = shelf.plan(version)
    words = {place.model: place.refused for place in found.refused}
    assert not found.missing and "too long for the shelf" in words["pop"]
