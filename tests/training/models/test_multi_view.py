from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.multi_view import SPEC
from training.models.multi_view_task import Views, credibility
from training.models.side import side
from training.registry import fill

SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 12, "batch": 256}


@cache
def trained(**params: Any) -> Any:
    return fitted("multi_view", SPLIT, **FAST, **params)


def test_the_score_is_the_weighed_sum_of_the_views_cosines() -> None:
    torch.manual_seed(0)
    vectors = np.random.default_rng(0).standard_normal((SPLIT.n_items, 5)).astype(np.float32)
    split = replace(SPLIT, items=replace(SPLIT.items, vectors=vectors))
    params = fill(SPEC, {"text": True, "factors": 8})
    made = Views(split.train, side(split, "multi_view", text=True), params, torch.device("cpu"))
    with torch.no_grad():
        users, items = (part.numpy().astype(float) for part in made.vectors())
        weights = made.weights.numpy().astype(float)
        topics = split.items.topics.toarray()
        things = [
            made.items.weight.numpy(),
            topics @ made.things["catalogue"].table.weight.numpy(),
            made.texts.numpy() @ made.things["text"].weight.numpy().T,
        ]
        people = [made.people[view].weight.numpy() for view in made.names]
    taken = (split.train.toarray() > 0).sum(axis=0)
    np.testing.assert_allclose(weights[:, 0], taken / (taken + 5.0), rtol=1e-5)
    np.testing.assert_allclose(weights[:, 1:].T, np.tile(2.5 / (taken + 5.0), (2, 1)), rtol=1e-5)
    for user, item in ((3, 7), (90, 119)):
        score = 0.0
        for view in range(3):
            p, q = people[view][user], things[view][item]
            score += weights[item, view] * (p @ q) / np.linalg.norm(p) / np.linalg.norm(q)
        assert users[user] @ items[item] == pytest.approx(score, abs=1e-5)


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(trained(), SPLIT) > 1.3 * POP
    assert ndcg(fitted("multi_view", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP


def test_each_view_alone_finds_taste_and_a_shuffled_catalogue_does_not() -> None:
    assert ndcg(trained(catalogue=False), SPLIT) > 1.3 * POP
    alone = ndcg(trained(behaviour=False), SPLIT)
    order = np.random.default_rng(1).permutation(SPLIT.n_items)
    mixed = replace(SPLIT, items=replace(SPLIT.items, topics=SPLIT.items.topics[order]))
    lost = fitted("multi_view", mixed, **FAST, behaviour=False)
    assert alone > 1.3 * ndcg(lost, mixed)


def test_rare_items_speak_by_their_content() -> None:
    facts = trained().facts()
    assert facts["catalogue_tail"] > facts["catalogue_head"] + 0.05
    assert facts["behaviour_tail"] + facts["catalogue_tail"] == pytest.approx(1)
    assert f"catalogue tail {facts['catalogue_tail']:.0%}" in trained().notes()[0]["en"]


def test_the_ends_of_trust() -> None:
    taken, names = np.array([0, 1, 9]), ["behaviour", "catalogue"]
    assert credibility(taken, names, 0.0).tolist() == [[0, 1], [1, 0], [1, 0]]
    assert credibility(taken, names, 1.0).tolist() == [
        [0, 1],
        [0.5, 0.5],
        [0.9, pytest.approx(0.1)],
    ]
    assert credibility(taken, names[:1], 5.0).tolist() == [[1], [1], [1]]
    assert credibility(taken, ["catalogue", "text"], 5.0).tolist() == [[0.5, 0.5]] * 3


def test_the_catalogue_ranks_items_that_nobody_touched() -> None:
    cold = planted(name="cold-item")
    only = np.bincount(cold.train.indices, minlength=cold.n_items) == 0
    found = ndcg(fitted("multi_view", cold, **FAST), cold, only=only)
    assert found > 1.4 * ndcg(fitted("random", cold), cold, only=only)


def test_it_refuses_to_look_at_nothing() -> None:
    with pytest.raises(ValueError, match="at least one view"):
        fitted("multi_view", SPLIT, behaviour=False, catalogue=False)
    with pytest.raises(ValueError, match="multi_view needs an item catalogue"):
        fitted("multi_view", replace(SPLIT, items=None))
