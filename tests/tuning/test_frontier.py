"""The frontier job: what it leaves, that it can be asked for twice, and that test stays sealed."""

import numpy as np
import pytest
from django.conf import settings

from recweb.experiments import artifacts
from recweb.jobs.models import Job
from recweb.tuning import curve, orders
from recweb.tuning.models import Frontier
from tests.tuning.conftest import Shop
from training import store


def test_it_leaves_21_weights_with_intervals(shop: Shop) -> None:
    points = shop.frontier.points
    assert points["weights"] == [round(n / 20, 6) for n in range(21)]
    for name in ("ndcg@10", "ild@10"):
        metric = points["metrics"][name]
        for mean, lo, hi in zip(metric["mean"], metric["lo"], metric["hi"], strict=True):
            assert lo <= mean <= hi
    assert len(points["metrics"]["coverage@10"]["mean"]) == 21


def test_weight_0_is_the_run_itself_on_validation(shop: Shop) -> None:
    run, points = shop.run, shop.frontier.points
    for name in ("ndcg@10", "ild@10", "coverage@10", "tail@10"):
        assert points["metrics"][name]["mean"][0] == pytest.approx(run.mean(name), abs=2e-6)


def test_diversity_rises_and_relevance_falls(shop: Shop) -> None:
    metrics = shop.frontier.points["metrics"]
    ild, ndcg = metrics["ild@10"]["mean"], metrics["ndcg@10"]["mean"]
    assert ild[-1] > ild[10] > ild[0]
    assert ndcg[-1] < ndcg[0]  # taste was planted by topic


def test_a_weights_mean_is_what_its_lists_are_worth(shop: Shop) -> None:
    """Counted again, from the stored lists, by a plain formula."""
    arrays, _meta = store.read(settings.ARTIFACTS / shop.frontier.folder)
    validation, _meta = store.read(artifacts.folder(shop.run) / "validation")
    at = 8
    hit_rate = []
    for row, user in enumerate(arrays["users"]):
        place = int(np.flatnonzero(validation["users"] == user)[0])
        start, end = validation["truth_indptr"][place : place + 2]
        truth = set(validation["truth_items"][start:end].tolist())
        hit_rate.append(float(bool(truth & set(arrays["lists"][at, row].tolist()))))
    mean = shop.frontier.points["metrics"]["hr@10"]["mean"][at]
    assert mean == pytest.approx(np.mean(hit_rate), abs=1e-6)


def test_the_history_is_train_in_the_order_of_time(shop: Shop) -> None:
    from recweb.experiments import data
    from training.models.contract import quiet

    past, _meta = store.read(artifacts.folder(shop.run) / "history")
    split = data.load_split(shop.run, quiet)
    assert split.train_at is not None
    for row, user in enumerate(past["users"].tolist()):
        start, end = past["history_indptr"][row : row + 2]
        items, values = past["history_items"][start:end], past["history_values"][start:end]
        assert sorted(items.tolist()) == sorted(split.train[user].indices.tolist())
        assert values.tolist() == split.train[user, items].toarray().ravel().tolist()
        assert (np.diff(split.train_at[user, items].toarray().ravel()) >= 0).all()
        assert not set(items.tolist()) & set(split.validation[user].indices.tolist())
        assert not set(items.tolist()) & set(split.test[user].indices.tolist())
    assert past["history_indptr"][-1] == shop.run.split_facts["n_train"]


def test_the_people_are_new_narrow_and_heavy(shop: Shop) -> None:
    people = {one["kind"]: one["user"] for one in shop.frontier.points["people"]}
    assert set(people) == {"new", "narrow", "heavy"}
    assert len(set(people.values())) == 3
    validation, _meta = store.read(artifacts.folder(shop.run) / "validation")
    sizes = dict(zip(validation["users"].tolist(), validation["n_train"].tolist(), strict=True))
    assert sizes[people["new"]] == min(sizes.values())
    assert sizes[people["heavy"]] == max(sizes.values())


def test_it_is_ordered_once(shop: Shop) -> None:
    again = orders.frontier(shop.run, shop.bob)
    assert again.pk == shop.frontier.pk
    assert Job.objects.filter(kind="frontier").count() == 1
    fresh = Frontier.objects.get(pk=shop.frontier.pk)
    Frontier.objects.filter(pk=fresh.pk).update(points={}, job_id=None)
    first, second = (orders.frontier(shop.run, shop.bob) for _ in range(2))
    assert first.job_id == second.job_id


def test_an_unknown_reranker_or_distance_is_refused_by_name(shop: Shop) -> None:
    with pytest.raises(orders.Refused, match="magic"):
        orders.frontier(shop.run, shop.bob, reranker="magic")
    with pytest.raises(orders.Refused, match="magic"):
        orders.frontier(shop.run, shop.bob, distance="magic")


def test_a_rule_takes_the_most_varied_weight_within_the_loss() -> None:
    relevance = np.array([[1.0, 0.99, 0.97, 0.5]])
    variety = np.array([[0.1, 0.2, 0.3, 0.9]])
    assert curve.most_varied(relevance, variety, 0.0).tolist() == [0]
    assert curve.most_varied(relevance, variety, 0.02).tolist() == [1]
    assert curve.most_varied(relevance, variety, 0.05).tolist() == [2]
    assert curve.most_varied(relevance, variety, 1.0).tolist() == [3]


def test_the_rules_of_a_run_keep_their_promise(shop: Shop) -> None:
    points = shop.frontier.points
    ndcg = points["metrics"]["ndcg@10"]["mean"]
    for rule in points["rules"]:
        at = points["weights"].index(rule["weight"])
        assert ndcg[at] >= ndcg[0] * (1 - rule["loss"]) - 1e-6
        assert rule["lo"] <= rule["weight"] <= rule["hi"]


def test_nothing_of_test_is_read_before_finalise(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sealed folder is taken away: training's frontier and the page do without it."""
    sealed = artifacts.folder(shop.run) / "test"
    sealed.rename(sealed.with_name("elsewhere"))
    Frontier.objects.filter(pk=shop.frontier.pk).update(points={}, job_id=None)
    from tests.tuning.planted import tune

    assert tune(shop.run, shop.bob).points["weights"]
    page = shop.browser().get("/tradeoff/", {"run": shop.run.pk})
    assert page.status_code == 200
    assert "test" not in shop.run.metrics
    assert shop.frontier.test_points == {}
