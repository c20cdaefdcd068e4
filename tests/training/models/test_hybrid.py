from dataclasses import replace

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg, planted

WHOLE = planted()
COLDS = planted(name="cold-item")


def order(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")


@pytest.mark.parametrize("base", ["ials", "ease"])
def test_weight_one_is_the_behaviour_model(base: str) -> None:
    users = np.arange(30)
    known = np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items) > 0
    mixed = fitted("hybrid", WHOLE, base=base, weight=1.0).scores(users)
    plain = {"frequency": 0.0} if base == "ials" else {}  # as the content model asks
    alone = fitted(base, WHOLE, **plain).scores(users)
    assert np.array_equal(order(mixed[:, known]), order(alone[:, known]))


def test_weight_zero_is_the_content_model() -> None:
    users = np.arange(30)
    mixed = fitted("hybrid", WHOLE, weight=0.0).scores(users)
    alone = fitted("content_ridge", WHOLE).scores(users).astype(float)
    standard = (alone - alone.mean(1, keepdims=True)) / alone.std(1, keepdims=True)
    np.testing.assert_allclose(mixed, standard, atol=1e-4)


def test_a_run_says_what_content_counts() -> None:
    made = fitted("hybrid", WHOLE)
    said = f"Behaviour counts {made.weight_:.0%} and content {1 - made.weight_:.0%}, found"
    assert said in made.notes()[0]["en"] and made.facts() == {"weight": made.weight_}
    assert "as given" in fitted("hybrid", WHOLE, weight=0.25).notes()[0]["en"]


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_cold_items_stand_in_the_order_of_their_content(weight: float) -> None:
    users = np.arange(30)
    cold = np.bincount(COLDS.train.indices, minlength=COLDS.n_items) == 0
    mixed = fitted("hybrid", COLDS, weight=weight).scores(users)[:, cold]
    alone = fitted("content_ridge", COLDS).scores(users)[:, cold].astype(float)
    ranked = np.take_along_axis(alone, order(mixed), axis=1)
    assert (np.diff(ranked, axis=1) <= 1e-6).all()


def test_cold_items_do_not_crowd_out_the_known_ones() -> None:
    cold = np.bincount(COLDS.train.indices, minlength=COLDS.n_items) == 0
    scores = fitted("hybrid", COLDS, weight=0.9).scores(np.arange(COLDS.n_users))
    top = order(scores)[:, :10]
    assert cold[top].mean() < cold.mean()


def test_validation_chooses_the_weight_and_test_says_nothing() -> None:
    made = fitted("hybrid", WHOLE)
    assert made.weight_ in np.arange(11) / 10
    empty = WHOLE.test.copy()
    empty.data[:] = 0
    empty.eliminate_zeros()
    blind = fitted("hybrid", replace(WHOLE, test=empty))
    assert blind.weight_ == made.weight_
    as_validation = replace(WHOLE, test=WHOLE.validation, validation=empty)
    gained = {}
    for weight in np.arange(11) / 10:
        blind.weight_ = weight
        gained[weight] = ndcg(blind, as_validation)
    assert gained[made.weight_] == pytest.approx(max(gained.values()), abs=1e-9)


def test_where_all_validation_items_are_cold_content_is_chosen() -> None:
    assert fitted("hybrid", COLDS).weight_ < 0.5


def test_without_validation_it_takes_behaviour() -> None:
    nothing = WHOLE.validation * 0
    nothing.eliminate_zeros()
    assert fitted("hybrid", replace(WHOLE, validation=nothing)).weight_ == 1.0
