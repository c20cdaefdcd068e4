"""Run the shelf: a job a model that the data allow, within the quota, then the comparison."""

import re
import threading

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import orders, shelf
from recweb.experiments.models import Experiment
from recweb.jobs import ends, fence
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.datasets.conftest import bring
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


def test_the_quota_holds_and_the_rest_is_said_to_follow(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 3  # type: ignore[attr-defined]
    client, n = login(bob), len(fits(films))
    page = client.get("/experiments/shelf/").content.decode()
    assert f"Run the shelf: {n} models" in page
    assert f"{n - 3} models will follow by themselves" in page
    page = client.post("/experiments/shelf/", {"dataset": "shop"}, follow=True).content.decode()
    assert 'id="run-shelf"' not in page and "They follow by themselves" in page
    assert f"{n - 3} more models follow by themselves" in page
    assert Experiment.objects.count() == 3
    found = client.post(API, {"dataset": "shop"}, content_type="application/json").json()
    assert len(found["runs"]) == 3 and "follow by themselves" in found["message"]
    assert len(found["left"]) == n - 3 and Experiment.objects.count() == 3


def test_one_press_brings_every_model_once_whatever_becomes_of_each(
    films: Dataset, bob: User, settings: object
) -> None:
    settings.QUOTA_QUEUED = 3  # type: ignore[attr-defined]
    wanted = fits(films)[:10]
    shelf.start(films, bob, wanted)
    ended = 0
    while job := Job.objects.live().order_by("-pk").first():
        assert Job.objects.filter(state=State.QUEUED).count() <= 3
        jobs.cancel(job)  # none of them is tried again, though it has no run that counts
        ended += 1
    ordered = list(Experiment.objects.values_list("model", flat=True))
    assert sorted(ordered) == sorted(wanted) and ended == len(ordered)


def test_cancelling_those_that_wait_ends_what_would_follow(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 3  # type: ignore[attr-defined]
    client, n = login(bob), len(fits(films))
    client.post("/experiments/shelf/", {"dataset": "shop"})
    assert fence.claim("train", "here:1") is not None
    answer = client.post("/experiments/shelf/cancel/", {"dataset": "shop"}, follow=True)
    assert f"{n - 1} waiting trainings were cancelled" in answer.content.decode()
    running = Job.objects.live().get()
    jobs.cancel(running)
    ends.settle(Job.objects.get(pk=running.pk), lost=False, why="stopped")
    assert Experiment.objects.count() == 3 and not Job.objects.live().exists()


def test_the_rest_waits_behind_a_run_that_was_there(
    films: Dataset, bob: User, settings: object
) -> None:
    films.refresh_from_db()
    other = orders.start(films, model="itemknn", owner=bob, params={"k": 7})
    settings.QUOTA_QUEUED = 1  # type: ignore[attr-defined]
    found = shelf.start(films, bob, ["pop", "random"])
    assert found.follows and len(found.left) == 2
    jobs.cancel(Job.objects.get(pk=other.job_id))
    assert {run.model for run in Experiment.objects.filter(state="queued")} == {"pop"}
    job = fence.claim("train", "here:1")
    assert job is not None
    jobs.order("train", owner=bob, title="of other data")  # as many as may wait
    assert ends.end(job.pk, job.attempt, State.DONE)
    assert {run.model for run in Experiment.objects.filter(state="queued")} == {"random"}


@pytest.mark.django_db(transaction=True)  # another connection holds the row
def test_a_press_waits_for_no_job_that_is_ending(
    films: Dataset, bob: User, settings: object
) -> None:
    films.refresh_from_db()
    run = orders.start(films, model="itemknn", owner=bob, params={"k": 7})
    settings.QUOTA_QUEUED = 0  # type: ignore[attr-defined]
    held, over = threading.Event(), threading.Event()

    def ending() -> None:
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=run.job_id)
            held.set()
            over.wait(20)
        connection.close()

    other = threading.Thread(target=ending)
    other.start()
    try:
        assert held.wait(20)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            found = shelf.start(films, bob, ["random"])
    finally:
        over.set()
        other.join()
    assert len(found.left) == 1 and not found.follows
    assert shelf.start(films, bob, ["random"]).follows


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
    assert "more models follow" in page and "the comparison opens by itself" in page
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
