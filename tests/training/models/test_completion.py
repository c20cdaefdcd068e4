"""soft_impute and svdpp against plain formulas on tables small enough for them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from tests.training.models.planted import fitted
from tests.training.models.test_stars import rmse, stars
from training.models.svdpp import choices
from training.split import Split


def table(noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, Split]:
    """(whole rank-2 table (40, 30), which cells are given, the split that holds those)."""
    rng = np.random.default_rng(seed)
    whole = rng.standard_normal((40, 2)) @ rng.standard_normal((2, 30))
    given = rng.random(whole.shape) < 0.6
    seen = whole + noise * rng.standard_normal(whole.shape)
    train = sparse.csr_matrix(np.where(given, seen, 0.0))
    return whole, given, replace(stars(), train=train)


def test_soft_impute_equals_the_plain_iteration_of_dense_svds() -> None:
    _, given, split = table(0.3)
    made: Any = fitted("soft_impute", split, shrinkage=0.3, rank=30, iterations=1000)
    base = fitted("baseline_only", split).scores(np.arange(40))
    off = np.where(given, split.train.toarray() - base, 0.0)
    limit = 0.3 * np.linalg.svd(off)[1][0]
    filled = np.zeros_like(off)
    for _ in range(3000):
        left, sizes, right = np.linalg.svd(np.where(given, off, filled), full_matrices=False)
        filled = left * np.maximum(sizes - limit, 0.0) @ right
    np.testing.assert_allclose(made.user_factors_ @ made.item_factors_.T, filled, atol=0.01)


def test_without_noise_the_missing_cells_come_back() -> None:
    def missed(noise: float, shrinkage: float) -> float:
        whole, given, split = table(noise)
        made = fitted("soft_impute", split, shrinkage=shrinkage, rank=30, iterations=1000)
        return float(np.sqrt(np.mean((made.scores(np.arange(40)) - whole)[~given] ** 2)))

    plain = float(np.sqrt(np.mean(table(0.0)[0] ** 2)))
    assert missed(0.0, 0.01) < 0.15 * plain
    assert missed(0.0, 0.01) < missed(0.3, 0.05) < missed(1.0, 0.2) < plain


def test_at_shrinkage_1_the_baseline_alone_is_left() -> None:
    made: Any = fitted("soft_impute", stars(), shrinkage=1.0)
    base = fitted("baseline_only", stars()).scores(np.arange(90))
    np.testing.assert_allclose(made.scores(np.arange(90)), base, atol=1e-2)


def loss(made: Any, split: Split, **moved: np.ndarray) -> float:
    """The objective of the formula, term by term."""
    part = {
        "x": made.user_factors_, "q": made.item_factors_, "y": made.traits_,
        "bu": made.baseline_.user, "bi": made.baseline_.item,
    } | moved  # fmt: skip
    x = split.train.toarray()
    there = x != 0
    own = part["x"] - choices(split.train) @ part["y"]  # p_u
    guess = made.baseline_.mean + part["bu"][:, None] + part["bi"] + part["x"] @ part["q"].T
    off = ((x - guess)[there] ** 2).sum()
    reg, choice, bias = 2.0, 5.0, 1.0
    sizes = reg * ((own**2).sum() + (part["q"] ** 2).sum()) + choice * (part["y"] ** 2).sum()
    return float(off + sizes + bias * ((part["bu"] ** 2).sum() + (part["bi"] ** 2).sum()))


def svdpp(rounds: int = 200) -> Any:
    return fitted(
        "svdpp", stars(), factors=2, regularization=2.0, choice_regularization=5.0,
        bias_regularization=1.0, iterations=rounds,
    )  # fmt: skip


def test_no_number_of_svdpp_can_be_moved_to_a_lower_loss() -> None:
    made, split = svdpp(), stars()
    best, rng = loss(made, split), np.random.default_rng(0)
    for name, at in (
        ("x", made.user_factors_), ("q", made.item_factors_), ("y", made.traits_),
        ("bu", made.baseline_.user), ("bi", made.baseline_.item),
    ):  # fmt: skip
        way = rng.standard_normal(at.shape)
        slope = (
            loss(made, split, **{name: at + 1e-4 * way})
            - loss(made, split, **{name: at - 1e-4 * way})
        ) / 2e-4
        assert abs(slope) < 0.02 * np.abs(way).sum() ** 0.5, name
        assert loss(made, split, **{name: at + 0.1 * way}) > best, name


def test_each_round_of_svdpp_lowers_the_loss() -> None:
    values = [loss(svdpp(rounds), stars()) for rounds in (1, 3, 8, 30)]
    assert values == sorted(values, reverse=True)


def test_when_choices_may_say_nothing_it_is_biased_mf() -> None:
    params = {"factors": 2, "regularization": 3.0, "iterations": 100}
    alone = fitted("svdpp", stars(), **params, choice_regularization=1e5)
    plain = fitted("biased_mf", stars(), **params)
    assert rmse(alone, stars()) == pytest.approx(rmse(plain, stars()), abs=2e-3)


def test_what_was_rated_tells_the_taste_of_who_rated_little() -> None:
    """Two crowds each rate their own half; what is liked in it is told by the crowd alone."""
    rng = np.random.default_rng(0)
    crowd = rng.integers(0, 2, 90)
    liked = np.where(np.arange(60) % 2 == crowd[:, None], 1.0, -1.0)  # (users, items)
    half = np.where((np.arange(60) < 30) == (crowd[:, None] == 0), 0.25, 0.05)
    whole = 3 + liked + 0.3 * rng.standard_normal(liked.shape)
    given = rng.random(whole.shape) < half
    test = ~given & (rng.random(whole.shape) < 0.2)
    parts = [sparse.csr_matrix(np.where(mask, whole, 0.0)) for mask in (given, test)]
    split = replace(stars(), train=parts[0], test=parts[1])
    params = {"factors": 2, "regularization": 3.0}
    with_choice = rmse(fitted("svdpp", split, **params, choice_regularization=3.0), split)
    assert with_choice < 0.9 * rmse(fitted("biased_mf", split, **params), split)
