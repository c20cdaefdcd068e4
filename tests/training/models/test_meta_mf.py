from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import approx_fprime

from tests.training.models.planted import fitted
from tests.training.models.test_prior_mf import ROWS, TRUE, drawn
from tests.training.models.test_stars import mixed, rmse, stars
from training.models.fewshot import curve, judged
from training.models.meta_start import SHOTS, Start, adapt, learn, risk, told
from training.models.prior_mf import Prior, posterior

FIRST = Start(np.zeros(3), np.full(3, 0.2), 1.0)


def test_the_gradient_goes_through_the_steps() -> None:
    support, query = (told(drawn(5, shots, seed)[0], ROWS) for shots, seed in ((4, 3), (6, 4)))

    def loss(at: np.ndarray) -> float:
        return risk(Start(at[:3], np.exp(at[3:6]), float(np.exp(at[6]))), support, query, 4)[0]

    at = np.log([1.3, 0.8, 1.1, 0.1, 0.2, 0.3, 2.0])
    slope = risk(Start(at[:3], np.exp(at[3:6]), float(np.exp(at[6]))), support, query, 4)[1]
    found = np.concatenate([slope.mean, slope.rate, [slope.doubt]])
    np.testing.assert_allclose(found, approx_fprime(at, loss, 1e-6), rtol=1e-3, atol=1e-4)


def test_adapting_is_descent_written_out() -> None:
    given, _ = drawn(1, 3)
    z, r = ROWS[given[0].indices], given[0].data
    x = FIRST.mean
    for _ in range(2):
        x = x - FIRST.rate * (z.T @ (z @ x - r)) / (3 + FIRST.doubt)
    np.testing.assert_allclose(adapt(FIRST, told(given, ROWS), 2)[0], x)
    nobody = told(sparse.csr_matrix((1, len(ROWS))), ROWS)
    np.testing.assert_array_equal(adapt(FIRST, nobody, 2)[0], FIRST.mean)


@cache
def planted_curve() -> tuple[Start, dict[str, list[float]]]:
    """Tastes drawn from TRUE: the posterior under TRUE is the best that anybody can do."""
    start, _ = learn(
        drawn(300, 20, seed=5)[0], ROWS, FIRST,
        steps=5, epochs=25, rng=np.random.default_rng(0), report=lambda _: None,
    )  # fmt: skip
    bare = Prior(np.zeros(3), np.eye(3), TRUE.noise)
    ways: dict[str, Any] = {
        "best": lambda support: posterior(support, ROWS, TRUE),
        "meta": lambda support: adapt(start, told(support, ROWS), 5),
        "first": lambda support: adapt(FIRST, told(support, ROWS), 5),
        "none": lambda support: posterior(support, ROWS, bare),
    }
    return start, curve(ways, drawn(400, 25, seed=6)[0], ROWS, np.random.default_rng(1))


def test_practice_finds_the_planted_start_and_nothing_beats_the_true_prior() -> None:
    start, found = planted_curve()
    np.testing.assert_allclose(start.mean, TRUE.mean, atol=0.15)
    best, meta, first, none = (np.array(found[way]) for way in ("best", "meta", "first", "none"))
    assert (best < meta + 0.01).all()
    assert (meta[:3] < first[:3] - 0.1).all()  # 0, 1 and 2 ratings
    assert (meta[:3] < none[:3] - 0.05).all()
    assert (np.diff(best) < 0.01).all() and best[-1] < 0.45  # noise is .3
    assert meta[0] == pytest.approx(best[0], abs=0.03)  # of nobody both know the mean


def test_all_ways_are_shown_and_judged_by_the_same_ratings() -> None:
    given, _ = drawn(30, 20)
    seen: list[sparse.csr_matrix] = []

    def way(support: sparse.csr_matrix) -> np.ndarray:
        seen.append(support)
        return np.zeros((30, 3))

    found = curve({"a": way, "b": way}, given, ROWS, np.random.default_rng(0))
    assert found["a"] == found["b"] and len(set(found["a"])) == 1  # the same others, whatever came
    assert [set(np.diff(each.indptr)) for each in seen[::2]] == [{shots} for shots in SHOTS]
    kept = [set(seen[place][0].indices) for place in (2, 4, 6, 8)]
    assert all(few <= more for few, more in zip(kept, kept[1:], strict=False))


@cache
def trained() -> Any:
    return fitted("meta_mf", stars(), regularization=3, steps=15, practice=15)


def test_it_beats_habits_and_finds_no_taste_in_mixed_ratings() -> None:
    split = stars()
    base = rmse(fitted("baseline_only", split), split)
    assert rmse(trained(), split) < 0.95 * base
    lost = fitted("meta_mf", mixed(split), regularization=3, steps=15, practice=15)
    assert rmse(lost, split) > 0.97 * base


def test_the_curve_is_learnt_without_those_it_judges_and_told_in_words() -> None:
    made = trained()
    errors = [made.facts()[f"meta_{shots}"] for shots in SHOTS]
    assert made.judged_ == 10 and errors[-1] < 0.9 * errors[0]
    assert f"no prior {made.facts()['none_0']:.3f}" in made.notes()[0]["en"]
    few = replace(stars(), train=sparse.csr_matrix(stars().train[:, :20]))
    assert not len(judged(few.train, np.random.default_rng(0)))
    np.testing.assert_allclose(
        made.serving()["user_bias"], made.baseline_.mean + made.baseline_.user, atol=1e-5
    )
