"""Models that predict ratings: split.train holds stars."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from tests.training.models.planted import fitted, planted
from training import registry
from training.bundle import Bundle, common
from training.models.contract import Model
from training.ratings import errors
from training.split import Split
from training.store import write

MODELS = ["baseline_only", "biased_mf", "knn_baseline", "soft_impute", "svdpp"]
# settings for a log as small as this one
SMALL: dict[str, dict[str, Any]] = {
    "biased_mf": {"regularization": 3},
    "knn_baseline": {"k": 20},
    "soft_impute": {"shrinkage": 0.3},
    "svdpp": {"regularization": 3},
}
USERS, ITEMS = 90, 60


@cache
def stars(seed: int = 0) -> Split:
    """Stars = 3 + a habit + a fame + a taste of one dimension + noise; 3 of 4 pairs unknown."""
    rng = np.random.default_rng(seed)
    habit, fame = rng.normal(0, 0.5, USERS), rng.normal(0, 0.5, ITEMS)
    taste = np.outer(rng.choice([-1.0, 1.0], USERS), rng.choice([-1.0, 1.0], ITEMS))
    whole = 3 + habit[:, None] + fame[None, :] + taste + rng.normal(0, 0.3, taste.shape)
    part = rng.choice(4, whole.shape, p=[0.3, 0.08, 0.12, 0.5])

    def of(number: int) -> sparse.csr_matrix:
        return sparse.csr_matrix(np.where(part == number, whole, 0).astype(np.float32))

    return Split(of(0), of(1), of(2), None, "given", seed, None)


def rmse(model: Model, split: Split) -> float:
    return errors(model.scores, split, "test", np.random.default_rng(0)).rmse.mean


def mixed(split: Split) -> Split:
    """The same pairs with each item's ratings dealt out anew: habits, fames, but no taste."""
    rng = np.random.default_rng(1)
    columns = split.train.tocsc()
    for start, stop in zip(columns.indptr[:-1], columns.indptr[1:], strict=True):
        rng.shuffle(columns.data[start:stop])
    return replace(split, train=columns.tocsr())


def test_the_baseline_equals_the_plain_loops() -> None:
    split = stars()
    made = fitted("baseline_only", split, user_reg=3, item_reg=2, rounds=4)
    rows = list(zip(*split.train.nonzero(), split.train.data.astype(float), strict=True))
    mean = sum(value for _, _, value in rows) / len(rows)
    user, item = [0.0] * USERS, [0.0] * ITEMS
    for _ in range(4):
        for i in range(ITEMS):
            off = [value - mean - user[u] for u, j, value in rows if j == i]
            item[i] = sum(off) / (2 + len(off))
        for u in range(USERS):
            off = [value - mean - item[j] for v, j, value in rows if v == u]
            user[u] = sum(off) / (3 + len(off))
    expected = mean + np.array(user)[:, None] + np.array(item)[None, :]
    np.testing.assert_allclose(made.scores(np.arange(USERS)), expected, atol=1e-9)


def test_the_neighbours_equal_the_plain_loops() -> None:
    split, k = stars(), 5
    made = fitted("knn_baseline", split, k=k, support=2)
    base = fitted("baseline_only", split).scores(np.arange(USERS))
    x = split.train.toarray().astype(float)
    there = x != 0
    for u in (0, 17):
        alike = {}
        for v in range(USERS):
            both = there[u] & there[v]
            if v != u and both.sum() >= 2:
                alike[v] = 1 / (1 + ((x[u] - x[v])[both] ** 2).mean())
        expected = base[u].copy()
        for i in range(ITEMS):
            raters = sorted((v for v in alike if there[v, i]), key=lambda v: (-alike[v], v))[:k]
            if raters:
                off = sum(alike[v] * (x[v, i] - base[v, i]) for v in raters)
                expected[i] += off / sum(alike[v] for v in raters)
        np.testing.assert_allclose(made.scores(np.array([u]))[0], expected, atol=1e-9)


def test_the_factors_are_where_no_row_can_do_better() -> None:
    """After the items' turn each item's gradient of the loss is 0."""
    split = stars()
    made: Any = fitted("biased_mf", split, factors=3, regularization=2, bias_regularization=1)
    predicted = made.scores(np.arange(USERS))
    off = np.where(split.train.toarray() != 0, predicted - split.train.toarray(), 0.0)
    slope = off.T @ made.user_factors_ + 2 * made.item_factors_
    np.testing.assert_allclose(slope, 0.0, atol=1e-8)
    np.testing.assert_allclose(off.sum(axis=0) + made.baseline_.item, 0.0, atol=1e-8)


@pytest.mark.parametrize("model", SMALL)
def test_it_finds_planted_taste_and_loses_it_with_mixed_ratings(model: str) -> None:
    split, floor = stars(), rmse(fitted("baseline_only", stars()), stars())
    assert rmse(fitted(model, split, **SMALL[model]), split) < 0.75 * floor
    assert rmse(fitted(model, mixed(split), **SMALL[model]), split) > 0.97 * floor


def test_the_baseline_beats_the_mean() -> None:
    split = stars()
    mean = np.full((USERS, ITEMS), split.train.data.mean())
    plain = errors(lambda users: mean[users], split, "test", np.random.default_rng(0)).rmse.mean
    assert rmse(fitted("baseline_only", split), split) < 0.95 * plain


@pytest.mark.parametrize("model", MODELS)
def test_a_log_without_stars_is_refused_in_words(model: str) -> None:
    with pytest.raises(ValueError, match=f"{model} needs ratings that differ"):
        fitted(model, planted())
    empty = replace(stars(), train=stars().train * 0)
    empty.train.eliminate_zeros()
    with pytest.raises(ValueError, match="train is empty"):
        fitted(model, empty)


@pytest.mark.parametrize("model", MODELS)
def test_users_and_items_without_ratings_get_the_rest_of_the_baseline(model: str) -> None:
    train = stars().train.tolil()
    train[5], train[:, 9] = 0, 0
    scores = fitted(model, replace(stars(), train=train.tocsr())).scores(np.arange(USERS))
    assert np.isfinite(scores).all()
    base = fitted("baseline_only", replace(stars(), train=train.tocsr())).baseline_
    assert base.user[5] == base.item[9] == 0.0


@pytest.mark.parametrize("model", MODELS)
def test_scores_do_not_depend_on_who_else_is_asked(model: str) -> None:
    made = fitted(model, stars())
    everyone = made.scores(np.arange(USERS))
    np.testing.assert_allclose(made.scores(np.array([7, 3])), everyone[[7, 3]], atol=1e-9)
    assert made.scores(np.array([], dtype=int)).shape == (0, ITEMS)
    assert np.array_equal(everyone, fitted(model, stars()).scores(np.arange(USERS)))


@pytest.mark.parametrize("model", MODELS)
def test_a_bundle_ranks_as_the_model_does(model: str, tmp_path: Any) -> None:
    split = stars()
    made = fitted(model, split)
    assert made.serving_meta()["form"] == registry.model_spec(model)["serving"]
    vectors = np.eye(ITEMS, dtype=np.float32)
    write(tmp_path / "b", made.serving() | common(split.train, vectors), made.serving_meta())
    bundle = Bundle.load(tmp_path / "b")
    scores, gone = made.scores(np.arange(USERS)), split.train.toarray() != 0
    for user in (0, 44):
        served = bundle.scores(user, np.flatnonzero(gone[user]))
        free = np.flatnonzero(~gone[user])
        best = free[np.argsort(-scores[user, free], kind="stable")][:10]
        assert free[np.argsort(-served[free], kind="stable")][:10].tolist() == best.tolist()


@pytest.mark.parametrize("model", MODELS)
def test_what_progress_raises_goes_through(model: str) -> None:
    def stop(done: int, total: int, step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registry.load_model(model)().fit(stars(), rng=np.random.default_rng(0), progress=stop)
