"""Chosen against random labels: two models on planted taste, and what the page says of them."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.labeling import shadows, snapshot
from recweb.labeling.models import Queue, Shadow
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import work_off
from tests.experiments.conftest import trained
from tests.labeling.conftest import Api
from tests.labeling.test_select import chosen, codes, oracle

pytestmark = pytest.mark.django_db


def pairs(n_chosen: int, n_random: int) -> list[list[object]]:
    arms = ["uncertain"] * n_chosen + ["random"] * n_random
    return [[n, n % 7, n % 4, arm] for n, arm in enumerate(arms)]


def test_both_sides_get_equally_many_and_nothing_measures_what_it_trained() -> None:
    given = pairs(100, 100)
    arms = shadows.divide(given)
    assert len(arms.chosen) == len(arms.drawn) and 35 <= len(arms.drawn) <= 65
    assert arms.chosen == given[: len(arms.chosen)]
    assert {row[3] for row in arms.drawn + arms.measure} == {"random"}
    keys = [{(row[0], row[1]) for row in part} for part in (arms.drawn, arms.measure)]
    assert not keys[0] & keys[1] and len(arms.drawn) + len(arms.measure) == 100
    more = shadows.divide(pairs(100, 100)[::-1])
    assert {(r[0], r[1]) for r in more.measure} == keys[1], "the same ones, in whatever order"
    few = shadows.divide(pairs(3, 100))
    assert len(few.chosen) == len(few.drawn) == 3


def test_it_refuses_while_there_are_too_few_answers(queue: Queue, bob: User) -> None:
    answer = Api(bob).post(f"queues/{queue.pk}/shadow/")
    assert answer.status_code == 422 and "Too few answers" in answer.json()["error"]["message"]
    assert Api(bob).get(f"queues/{queue.pk}/shadow/").status_code == 404
    assert not Shadow.objects.exists()


def test_annotators_order_none(queue: Queue, dan: User) -> None:
    assert Api(dan).post(f"queues/{queue.pk}/shadow/").status_code == 403


def test_the_area_is_that_of_the_slow_formula() -> None:
    from recweb.labeling.shadow import above

    rng = np.random.default_rng(0)
    wanted = rng.random(80) < 0.3
    values = np.round(rng.random(80), 1)
    points = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one in values[wanted]
        for other in values[~wanted]
    ]
    assert above(values, wanted) == pytest.approx(sum(points) / len(points), abs=1e-12)


def test_from_labels_to_a_verdict(
    films: Dataset, ann: User, login: Callable[[User], Client]
) -> None:
    run: Experiment = trained(films, ann, "ease", params={"l2": 50.0})
    queue = chosen(run, ann, size=200)
    oracle(queue, ann, planted.files().topic)
    arms = shadows.divide(snapshot.pairs(queue))
    client = login(ann)
    client.post(f"/label/{queue.pk}/shadow/")
    assert work_off("train").state == "done"
    row = Shadow.objects.get()
    facts = row.facts
    assert row.state == "done" and facts["labels"] == len(arms.drawn) >= 30
    cell = facts["metrics"]["ndcg@10"]
    assert cell["lo"] <= cell["difference"] <= cell["hi"] and 0 <= cell["p"] <= 1
    measure = facts["measure"]
    assert measure["n"] == len(arms.measure) and 0 < measure["relevant"] < measure["n"]
    for side in ("chosen", "random"):
        assert measure[side] > 0.6, "a model of planted taste orders planted answers"
    assert measure["lo"] <= measure["difference"] <= measure["hi"]
    page = client.get(f"/label/{queue.pk}/queue/").content.decode()
    assert re.search(r"bought more than|would have bought more|gaps under 0\.\d+ are", page)
    said = Api(ann).get(f"queues/{queue.pk}/shadow/").json()
    assert said["message"] == shadows.words(facts) and said["metrics"] == facts["metrics"]


def test_the_verdict_follows_the_labels(films: Dataset, ann: User) -> None:
    """Teeth: where chosen answers are lies and random ones are true, random bought more."""
    run = trained(films, ann, "ease", params={"l2": 50.0})
    queue = Queue.objects.create(dataset=films, experiment=run, name="lies", owner=ann)
    topic, rng = planted.files().topic, np.random.default_rng(1)
    people, items = codes(queue, "user"), codes(queue, "item")
    given: list[list[object]] = []
    for user in people:
        for item in rng.permutation(list(items))[:30].tolist():
            likes = topic[items[item]] == people[user] % len(planted.TOPICS)
            lie = len(given) % 2 == 0
            given.append([user, item, 3 if likes != lie else 0, "uncertain" if lie else "random"])
    row = Shadow.objects.create(queue=queue, pairs=given, owner=ann)
    jobs.order("shadow", owner=ann, title="shadow", dataset_id=films.pk, target_id=row.pk)
    assert work_off("train").state == "done"
    row.refresh_from_db()
    assert row.facts["metrics"]["ndcg@10"]["code"] == "worse", row.facts
    assert row.facts["measure"]["hi"] < 0, row.facts["measure"]
    assert "random labels would have bought more" in shadows.words(row.facts)
