from dataclasses import replace

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg, planted
from training.models.fusion import gains, ranks
from training.models.stacking import logistic

WHOLE = planted()
USERS = np.arange(25)


def order(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")


@pytest.mark.parametrize(("weight", "alone"), [(1.0, "ease"), (0.0, "itemknn")])
def test_at_either_end_one_model_is_left(weight: float, alone: str) -> None:
    mixed = fitted("blend", WHOLE, first="ease", second="itemknn", weight=weight).scores(USERS)
    assert np.array_equal(order(mixed), order(np.round(fitted(alone, WHOLE).scores(USERS), 12)))


def test_reciprocal_ranks_equal_the_plain_loop() -> None:
    params = {"first": "ease", "second": "puresvd", "third": "pop", "weight": 0.5, "share": 0.25}
    mixed = fitted("blend", WHOLE, **params, method="rrf").scores(USERS)
    models = [fitted(name, WHOLE).scores(USERS) for name in ("ease", "puresvd", "pop")]
    for user in (0, 7):
        free = np.flatnonzero(WHOLE.train[user].toarray()[0] == 0)
        for item in free[:20]:
            places = [1 + sum(s[user, other] > s[user, item] for other in free) for s in models]
            expected = sum(w / (60 + p) for w, p in zip((0.5, 0.125, 0.375), places, strict=True))
            assert mixed[user, item] == pytest.approx(expected, rel=1e-9)


def test_equal_scores_share_the_better_rank() -> None:
    scores = np.array([[0.5, 0.9, 0.5, -np.inf, 0.1]])
    assert ranks(scores).tolist() == [[2, 1, 2, 5, 4]]


@pytest.mark.parametrize("third", ["none", "userknn"])
def test_validation_chooses_the_weights_and_test_says_nothing(third: str) -> None:
    made = fitted("blend", WHOLE, first="ease", second="itemknn", third=third)
    nothing = WHOLE.test.copy()
    nothing.data[:] = 0
    nothing.eliminate_zeros()
    blind = fitted(
        "blend", replace(WHOLE, test=nothing), first="ease", second="itemknn", third=third
    )
    assert np.array_equal(blind.weights_, made.weights_)
    assert made.weights_.sum() == pytest.approx(1.0)
    as_validation = replace(WHOLE, test=WHOLE.validation, validation=nothing)
    chosen = ndcg(blind, as_validation)
    for weight in (0.0, 0.3, 0.7, 1.0):
        blind.weights_ = blind._weights(weight, 1.0)
        assert ndcg(blind, as_validation) <= chosen + 1e-9
    meta = made.serving_meta()
    assert meta["weight"] == made.weight_ and meta["share"] == made.share_
    assert list(made.facts().values()) == pytest.approx(made.weights_.tolist())
    assert f"ease {made.weights_[0]:.1%}" in made.notes()[0]["en"]
    assert "found on validation" in made.notes()[0]["en"]
    given = fitted("blend", WHOLE, second="itemknn", weight=0.5)
    assert "as given: ease 50.0%, itemknn 50.0%" in given.notes()[0]["en"] and not given.facts()


def test_a_model_that_knows_nothing_is_given_little() -> None:
    made = fitted("blend", WHOLE, first="ease", second="itemknn", third="pop")
    assert made.weights_[2] <= 0.3


def test_the_same_model_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="needs different models, got ials, ials and none"):
        fitted("blend", WHOLE, first="ials", second="ials")
    with pytest.raises(ValueError, match="needs different models"):
        fitted("blend", WHOLE, first="ials", second="ease", third="ials")


def test_without_validation_nothing_is_chosen() -> None:
    nothing = WHOLE.validation.copy()
    nothing.data[:] = 0
    nothing.eliminate_zeros()
    whole = replace(WHOLE, validation=nothing)
    rng = np.random.default_rng(0)
    assert gains(lambda users: [], 1, whole, rng, lambda *step: None) is None
    assert fitted("blend", whole).weights_.tolist() == [0.5, 0.5]


def test_stacking_finds_planted_slopes_and_gives_none_below_0() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40_000, 3)) * (1.0, 3.0, 0.5)
    chance = 1 / (1 + np.exp(-(x @ np.array([1.5, 0.3, -0.8]) - 1.0)))
    found = logistic(x, (rng.random(len(x)) < chance).astype(float))
    assert found[2] == 0.0
    assert found[0] / found[1] == pytest.approx(5.0, rel=0.15)


def test_stacked_weights_are_as_good_as_those_of_the_grid() -> None:
    named = {"first": "ease", "second": "itemknn", "third": "pop"}
    stack = fitted("blend", WHOLE, **named, learn="logistic")
    assert stack.weights_.sum() == pytest.approx(1.0) and (stack.weights_ >= 0).all()
    assert ndcg(stack, WHOLE) > 0.93 * ndcg(fitted("blend", WHOLE, **named), WHOLE)
