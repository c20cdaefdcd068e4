from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.distance import choose, from_topics
from training.models.contract import Model
from training.models.list_diversity import sameness
from training.models.mf_diverse import SPEC
from training.models.mf_diverse_task import Diverse
from training.recommend import top
from training.registry import fill

SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 12, "batch": 256, "list_size": 10}
DISTANCE = from_topics(SPLIT.items.topics)


def ild(model: Model) -> float:
    """Mean distance of two items of a list of ten, by the plainest loops."""
    lists, _ = top(model.scores, np.arange(SPLIT.n_users), SPLIT.train, 10)
    pairs = [DISTANCE(i, j) for row in lists for a, i in enumerate(row) for j in row[:a]]
    return float(np.mean(pairs))


def test_sameness_is_the_plain_sum_over_pairs() -> None:
    rng = np.random.default_rng(0)
    scores, vectors = rng.normal(size=(3, 5)), rng.normal(size=(3, 5, 4))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    found = sameness(torch.from_numpy(scores), torch.from_numpy(vectors))
    for row in range(3):
        p = np.exp(scores[row]) / np.exp(scores[row]).sum()
        pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
        cosines = sum(p[i] * p[j] * (vectors[row, i] @ vectors[row, j]) for i, j in pairs)
        assert float(found[row]) == pytest.approx(
            cosines / sum(p[i] * p[j] for i, j in pairs), rel=1e-4
        )


def test_the_ends_of_sameness() -> None:
    scores = torch.tensor([[1.0, 2.0, 0.5], [1.0, 2.0, 0.5]])
    vectors = torch.stack([torch.eye(3), torch.eye(3)[[1, 1, 1]]])
    torch.testing.assert_close(sameness(scores, vectors), torch.tensor([0.0, 1.0]))


def test_its_gradient_is_the_slope() -> None:
    """Each score moved a little by hand, and the loss looked at again."""
    rng = np.random.default_rng(1)
    vectors = torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(1, 6, 3))), dim=2)
    start = torch.from_numpy(rng.normal(size=(1, 6))).requires_grad_()
    sameness(start, vectors).sum().backward()
    for place in range(6):
        ends = []
        for step in (1e-2, -1e-2):
            moved = start.detach().clone()
            moved[0, place] += step
            ends.append(float(sameness(moved, vectors)))
        assert float(start.grad[0, place]) == pytest.approx((ends[0] - ends[1]) / 2e-2, abs=2e-4)


def test_a_step_against_the_gradient_makes_the_list_less_alike() -> None:
    torch.manual_seed(0)
    made = Diverse(
        SPLIT.train, DISTANCE.vectors, fill(SPEC, {"list_diversity": 1.0}), torch.device("cpu")
    )
    batch = made.batch(torch.arange(SPLIT.n_users))
    before = made.loss(batch)
    before.backward()
    with torch.no_grad():
        for parameter in made.module.parameters():
            parameter -= 0.5 * parameter.grad
        assert float(made.loss(batch)) < float(before.detach())


def test_weight_nought_is_contrastive_factorisation() -> None:
    users = np.arange(SPLIT.n_users)
    ours = fitted("mf_diverse", SPLIT, **FAST, list_diversity=0.0)
    plain = fitted("mf_ssm", SPLIT, epochs=12, batch=256)
    assert np.array_equal(ours.scores(users), plain.scores(users))


def test_lists_vary_the_more_the_higher_the_weight() -> None:
    found = [
        ild(fitted("mf_diverse", SPLIT, **FAST, list_diversity=weight))
        for weight in (0.0, 0.3, 0.6, 0.9)
    ]
    assert all(later > earlier + 0.01 for earlier, later in zip(found, found[1:], strict=False))


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    settings = FAST | {"list_diversity": 0.1}
    assert ndcg(fitted("mf_diverse", SPLIT, **settings), SPLIT) > 1.2 * POP
    assert ndcg(fitted("mf_diverse", shuffled(SPLIT), **settings), SPLIT) < 1.1 * POP


def test_without_a_catalogue_people_say_what_is_alike() -> None:
    bare = replace(SPLIT, items=None)
    made = fitted("mf_diverse", bare, epochs=1)
    assert np.isfinite(made.scores(np.arange(3))).all()
    assert choose(None, SPLIT.train).source == "collaborative"
    with pytest.raises(ValueError, match="'categories' needs items with topics"):
        fitted("mf_diverse", bare, distance="categories")
