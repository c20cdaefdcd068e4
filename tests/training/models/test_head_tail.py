from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from tests.training.models.planted import fitted, ndcg, planted
from training import registry
from training.models import gate
from training.models.gate import Gate, share
from training.models.gated_task import Gated, balanced
from training.models.head_tail import SPEC
from training.models.head_tail_task import Described
from training.models.multi_view_task import Views
from training.models.side import side
from training.registry import fill

SPLIT = planted()
FAST = {"epochs": 6, "batch": 256}
CPU = torch.device("cpu")


def made(**params: object) -> Gated:
    torch.manual_seed(0)
    given = fill(SPEC, {"factors": 8, **params})
    return Gated(SPLIT.train, Described(side(SPLIT, "head_tail"), 8), given, CPU)


def test_the_score_is_what_the_gate_makes_of_both_cosines() -> None:
    task = made(middle=3.0, sharpness=2.0)
    with torch.no_grad():
        users, items = (part.numpy() for part in task.vectors())
        towers = [tuple(part.numpy() for part in tower) for tower in task.towers()]
    taken = np.bincount(SPLIT.train.indices, minlength=SPLIT.n_items)
    for user, item in ((3, 7), (90, 119)):
        w = taken[item] ** 2 / (taken[item] ** 2 + 9)
        head, tail = (people[user] @ things[item] for people, things in towers)
        assert users[user] @ items[item] == pytest.approx(w * head + (1 - w) * tail, abs=1e-6)
    topics = SPLIT.items.topics.toarray()
    mapped = topics @ task.content.bag.table.weight.detach().numpy()
    unit = mapped / np.linalg.norm(mapped, axis=1, keepdims=True)
    np.testing.assert_allclose(towers[1][1], unit, atol=1e-6)


def test_without_a_study_of_its_own_it_learns_what_two_views_do() -> None:
    task = made(tail=0.0)
    views = fill(registry.model_spec("multi_view"), {"factors": 8, "trust": 5.0})
    plain = Views(SPLIT.train, side(SPLIT, "multi_view"), views, CPU)
    plain.people["behaviour"].weight.data.copy_(task.users.weight.data)
    plain.people["catalogue"].weight.data.copy_(task.others.weight.data)
    plain.items.weight.data.copy_(task.items.weight.data)
    plain.things["catalogue"].table.weight.data.copy_(task.content.bag.table.weight.data)
    batch = task.batch(torch.arange(30))
    both = task.loss(batch), plain.loss(batch)
    torch.testing.assert_close(*both)
    for each in both:
        each.backward()
    torch.testing.assert_close(task.items.weight.grad, plain.items.weight.grad)
    torch.testing.assert_close(task.others.weight.grad, plain.people["catalogue"].weight.grad)


def test_the_tail_studies_the_same_events_weighed_by_rarity() -> None:
    task, without = made(tail=0.7, balance=1.0), made(tail=0.0)
    batch = task.batch(torch.arange(30))
    events = task.log.of(batch.each["users"])
    people, things = task.towers()[1]
    each = task.against(batch, events, people[batch.each["users"]], things)
    taken = np.bincount(SPLIT.train.indices, minlength=SPLIT.n_items)
    rare = torch.from_numpy(1.0 / taken[events.items.numpy()] * SPLIT.train.nnz / (taken > 0).sum())
    expected = 0.7 * (each * rare * events.weights).sum() / (task.log.mean * 30)
    found = float(task.loss(batch).detach()) - float(without.loss(batch).detach())
    assert found == pytest.approx(float(expected.detach()), rel=1e-4)


def test_the_ends_of_balance() -> None:
    train = sparse.csr_matrix(np.array([[1.0, 1, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    assert balanced(train, 0.0).tolist() == [1, 1, 1]
    totals = balanced(train, 1.0)[:2] * [3, 1]
    assert totals[0] == pytest.approx(totals[1]) and totals.sum() == pytest.approx(4)


def test_the_ends_of_the_gate() -> None:
    taken = np.array([0, 1, 4, 16])
    assert share(taken, Gate(4.0, 1.0)).tolist() == [0, 0.2, 0.5, 0.8]
    assert share(taken, Gate(4.0, 8.0)).round(3).tolist() == [0, 0, 0.5, 1]


def test_it_finds_where_behaviour_can_be_trusted() -> None:
    rng = np.random.default_rng(0)
    taken = np.bincount(SPLIT.train.indices, minlength=SPLIT.n_items)
    truth = SPLIT.validation.toarray()
    right = truth + 0.3 * rng.standard_normal(truth.shape)
    noise = rng.standard_normal(truth.shape)
    cut = np.median(taken)
    behaviour, content = (np.where((taken > cut) == side, right, noise) for side in (True, False))
    people = np.eye(SPLIT.n_users)
    learnt = gate.learn([(people, behaviour.T), (people, content.T)], SPLIT, rng)
    counts = share(taken, learnt)
    assert counts[taken > 2 * cut].min() > 0.8 and counts[taken < 0.5 * cut].max() < 0.2
    held = gate.learn([(people, behaviour.T), (people, content.T)], SPLIT, rng, (7.0, None))
    assert held.middle == 7.0 and held.sharpness in gate.SHARP
    none = replace(SPLIT, validation=sparse.csr_matrix(truth.shape))
    assert gate.learn([(people, behaviour.T)] * 2, none, rng) == gate.USUAL


def test_the_tail_is_ranked_by_what_it_is_and_a_shuffled_catalogue_loses_that() -> None:
    cold = planted(name="cold-item")
    only = np.bincount(cold.train.indices, minlength=cold.n_items) == 0
    chance = ndcg(fitted("random", cold), cold, only=only)
    assert ndcg(fitted("head_tail", cold, **FAST), cold, only=only) > 1.4 * chance
    order = np.random.default_rng(1).permutation(cold.n_items)
    mixed = replace(cold, items=replace(cold.items, topics=cold.items.topics[order]))
    assert ndcg(fitted("head_tail", mixed, **FAST), mixed, only=only) < 1.2 * chance


def test_the_refit_is_told_the_gate() -> None:
    first = fitted("head_tail", SPLIT, **FAST)
    facts, meta = first.facts(), first.serving_meta()
    assert 0 < facts["head_tower_tail"] <= facts["head_tower_head"] < 1
    assert f"{facts['head_tower_tail']:.0%} on the others" in first.notes()[0]["en"]
    whole = replace(SPLIT, validation=sparse.csr_matrix(SPLIT.train.shape, dtype=np.float32))
    told = {name: meta[name] for name in ("middle", "sharpness", "epochs")}
    assert fitted("head_tail", whole, batch=256, **told).gate_ == first.gate_
    with pytest.raises(ValueError, match="head_tail needs an item catalogue"):
        fitted("head_tail", replace(SPLIT, items=None))
