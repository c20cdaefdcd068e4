"""Choosing samples from a real run on planted data, and what retraining with answers moves."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from recweb.datasets.models import Dataset, Interaction, Item
from recweb.experiments import artifacts
from recweb.experiments.models import Experiment
from recweb.experiments.words import metric_name
from recweb.labeling import answers, bought, claims, orders, snapshot
from recweb.labeling.models import Label, Lease, Queue, Sample
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import work_off
from tests.experiments.conftest import trained
from training.store import read

pytestmark = pytest.mark.django_db
SIZE = 60


@pytest.fixture
def run(films: Dataset, ann: User) -> Experiment:
    return trained(films, ann, "ease", params={"l2": 50.0})


def chosen(run: Experiment, owner: User, **more: int) -> Queue:
    queue = orders.create(run, owner, **{"size": SIZE, **more})
    job = work_off("train")
    assert job.state == "done", job.error
    queue.refresh_from_db()
    return queue


def pairs(queue: Queue) -> list[tuple[int, int, str]]:
    rows = queue.samples.order_by("order").values_list("user_code", "item_code", "arm")
    return list(rows)


def test_half_of_the_first_samples_are_random_and_all_are_new(run: Experiment, ann: User) -> None:
    queue = chosen(run, ann)
    arms = [arm for _user, _item, arm in pairs(queue)]
    assert (queue.state, len(arms), arms.count("random")) == ("open", SIZE, SIZE // 2)
    assert arms[:10].count("random") == 5
    second = chosen(run, ann)  # pairs of the log and pairs asked before never come
    known = set(
        Interaction.objects.filter(dataset_id=run.dataset_id).values_list("user_code", "item_code")
    )
    one, two = ({(user, item) for user, item, _ in pairs(row)} for row in (queue, second))
    assert len(one) == len(two) == SIZE
    assert not one & known and not two & known and not one & two


def test_the_person_is_shown_with_the_stars_of_the_log(films: Dataset, ann: User) -> None:
    rules = [{"event": "rating", "confidence": "value"}]
    queue = chosen(trained(films, ann, "pop", rules=rules), ann)
    kept = Interaction.objects.filter(dataset_id=films.pk)
    stars = {(row.user_code, row.item_code): row.value for row in kept}
    seen = [(one.user_code, *row) for one in queue.samples.all() for row in one.context]
    assert seen and all(stars[user, item] == value for user, item, _at, value in seen)
    assert len({value for *_ids, value in seen}) > 1
    once = chosen(trained(films, ann, "pop", rules=[{"event": "rating"}]), ann)
    assert {row[2] for one in once.samples.all() for row in one.context} == {None}


def test_the_uncertain_ones_lie_at_the_end_of_a_persons_list(run: Experiment, ann: User) -> None:
    """Told from the stored lists and the log, not from what selection computed."""
    queue = chosen(run, ann)
    seen: dict[int, set[int]] = {}
    for user, item in Interaction.objects.filter(dataset_id=run.dataset_id).values_list(
        "user_code", "item_code"
    ):
        seen.setdefault(user, set()).add(item)
    arrays, _meta = read(artifacts.folder(run) / "validation")
    rows = {int(user): row for row, user in enumerate(arrays["users"])}
    ranks = []
    for user, item, arm in pairs(queue):
        if arm == "uncertain":
            free = [i for i in arrays["candidates"][rows[user]].tolist() if i not in seen[user]]
            ranks.append(free.index(item))
    assert np.median(ranks) in (8, 9, 10) and max(np.abs(np.array(ranks) - 9)) <= 4
    users = [user for user, _item, arm in pairs(queue) if arm == "uncertain"]
    assert max(users.count(user) for user in users) <= 3
    only_what_the_model_knew(queue, arrays)


def test_the_seed_decides_and_nothing_else(run: Experiment, ann: User) -> None:
    first = pairs(chosen(run, ann, seed=1))
    Queue.objects.all().delete()
    again = pairs(chosen(run, ann, seed=1))
    Queue.objects.all().delete()
    assert first == again != pairs(chosen(run, ann, seed=2))


def only_what_the_model_knew(queue: Queue, arrays: dict[str, np.ndarray]) -> None:
    """No held-out event is shown: what is seen there would leak into training."""
    rows = {int(user): row for row, user in enumerate(arrays["users"])}
    looked = 0
    for sample in queue.samples.all():
        row = rows.get(sample.user_code)
        assert 0 < len(sample.context) <= 8
        if row is None:
            continue
        held_out = arrays["truth_items"][
            arrays["truth_indptr"][row] : arrays["truth_indptr"][row + 1]
        ]
        assert not {past[0] for past in sample.context} & set(held_out.tolist())
        times = [at for _item, at, _value in sample.context]
        assert times == sorted(times, reverse=True)
        looked += 1
    assert looked >= SIZE // 2


def test_a_queue_larger_than_what_is_left_takes_what_is_left(run: Experiment, ann: User) -> None:
    queue = chosen(run, ann, size=10_000)
    assert queue.size == queue.samples.count() < 10_000
    assert len({(user, item) for user, item, _ in pairs(queue)}) == queue.size


def test_with_nothing_left_it_fails_in_words(run: Experiment, ann: User) -> None:
    first = chosen(run, ann, size=10)
    n_items = Item.objects.filter(dataset=run.dataset).count()
    have = {(user, item) for user, item, _ in pairs(first)}
    Sample.objects.bulk_create(
        Sample(
            queue=first, order=10 + n, user_code=n // n_items, item_code=n % n_items, arm="random"
        )
        for n in range(120 * n_items)
        if (n // n_items, n % n_items) not in have
    )
    queue = orders.create(run, ann, size=10)
    job = work_off("train")
    queue.refresh_from_db()
    assert (job.state, queue.state) == ("failed", "failed") and "no pair left" in job.error


@pytest.fixture
def taste() -> np.ndarray:
    return planted.files().topic


def oracle(queue: Queue, annotator: User, topic: np.ndarray) -> None:
    """Answers as the planted taste does: 3 for the user's own topic, else 0."""
    people = codes(queue, "user")
    items = codes(queue, "item")
    samples = queue.samples.in_bulk()
    while held := claims.take(queue, annotator, 10):
        for row in held:
            sample = samples[row.sample_id]
            wants = topic[items[sample.item_code]] == people[sample.user_code] % len(planted.TOPICS)
            answers.answer(sample.pk, row.token, annotator, answers.Given(3 if wants else 0))


def codes(queue: Queue, kind: str) -> dict[int, int]:
    """Code -> the number in the planted outside id."""
    from recweb.datasets.models import Person

    table: type[Item] | type[Person] = Item if kind == "item" else Person
    rows = table.objects.filter(dataset=queue.dataset_id).values_list("code", "outside_id")
    return {code: int(outside[1:]) for code, outside in rows}


def test_the_whole_turn_from_queue_to_what_the_labels_bought(
    run: Experiment, ann: User, taste: np.ndarray, login: Callable[[User], Client]
) -> None:
    queue = chosen(run, ann, size=200)
    oracle(queue, ann, taste)
    found = snapshot.pairs(queue)
    assert len(found) == 200
    child = orders.retrain(queue, ann)
    assert work_off("train").state == "done"
    child.refresh_from_db()
    facts = child.labels_facts
    relevant = sum(pair[2] >= 2 for pair in found)
    assert (facts["n"], facts["n_relevant"]) == (200, relevant) and relevant >= 15
    assert facts["by_arm"] == {"uncertain": 100, "random": 100}
    for name in ("ndcg@10", "recall@10"):
        cell = facts["metrics"][name]
        assert cell["lo"] <= cell["difference"] <= cell["hi"] and 0 <= cell["p"] <= 1
        assert cell["code"] != "worse", (name, cell)
    html = login(ann).get(f"/label/{queue.pk}/queue/").content.decode()
    assert (
        child.name in html and metric_name("ndcg@10") in html and metric_name("recall@10") in html
    )
    assert re.search(r"Cannot tell yet: gaps under 0\.\d+ are invisible|Better by", html)
    assert "bought-chart" not in html  # one point shows no course
    child.pk, child.labels_facts = None, facts | {"n": 250}
    child.save()
    chart = bought.curve(bought.retrains(queue))
    assert chart and [trace["x"] for trace in chart["figure"]["data"]] == [[200, 250], [200, 250]]
    assert chart["figure"]["layout"]["yaxis"]["exponentformat"] == "none"
    html = login(ann).get(f"/label/{queue.pk}/queue/").content.decode()
    assert 'data-chart="bought-chart"' in html


def test_wrong_answers_are_seen_to_hurt(run: Experiment, ann: User) -> None:
    """The figures can say worse: praise for what a person would never choose costs something."""
    arrays, _meta = read(artifacts.folder(run) / "validation")
    queue = chosen(run, ann, size=10)
    queue.samples.all().delete()
    rng = np.random.default_rng(0)
    rows = [(int(user), int(item)) for user in arrays["users"] for item in rng.permutation(90)[:40]]
    known = set(
        Interaction.objects.filter(dataset_id=run.dataset_id).values_list("user_code", "item_code")
    )
    samples = Sample.objects.bulk_create(
        Sample(queue=queue, order=n, user_code=user, item_code=item, arm="random", wanted=0)
        for n, (user, item) in enumerate(pair for pair in rows if pair not in known)
    )
    leases = Lease.objects.bulk_create(
        Lease(sample=sample, annotator=ann, until=queue.created, state="answered")
        for sample in samples
    )
    Label.objects.bulk_create(
        Label(sample=s, annotator=ann, value=3, lease=row.token)
        for s, row in zip(samples, leases, strict=True)
    )
    child = orders.retrain(queue, ann)
    assert work_off("train").state == "done"
    child.refresh_from_db()
    cell = child.labels_facts["metrics"]["ndcg@10"]
    assert cell["difference"] < 0, cell
