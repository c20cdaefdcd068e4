from functools import cache

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import multivariate_normal

from tests.training.models.planted import fitted
from tests.training.models.test_stars import mixed, rmse, stars
from training.models.contract import Model
from training.models.prior_mf import Prior, posterior, step
from training.split import Split

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 3))
TRUE = Prior(np.array([0.5, -1.0, 0.3]), np.diag([1.0, 0.2, 0.05]), 0.09)


def drawn(n_users: int, n_ratings: int, seed: int = 1) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Ratings of users whose tastes come from TRUE, and the tastes."""
    rng = np.random.default_rng(seed)
    tastes = rng.multivariate_normal(TRUE.mean, TRUE.spread, n_users)
    given = sparse.lil_matrix((n_users, len(ROWS)))
    for user in range(n_users):
        items = rng.choice(len(ROWS), n_ratings, replace=False)
        given[user, items] = ROWS[items] @ tastes[user] + rng.normal(0, 0.3, n_ratings)
    return given.tocsr(), tastes


def test_em_finds_the_planted_prior_and_never_steps_back() -> None:
    given, _ = drawn(400, 8)
    prior, seen = Prior(np.zeros(3), np.eye(3), 1.0), []
    for _ in range(40):
        _, prior, evidence = step(given, ROWS, prior)
        seen.append(evidence)
    assert (np.diff(seen) > -1e-6).all() and seen[-1] > seen[0] + 100
    np.testing.assert_allclose(prior.mean, TRUE.mean, atol=0.12)
    np.testing.assert_allclose(prior.spread, TRUE.spread, atol=0.15)
    assert prior.noise == pytest.approx(TRUE.noise, abs=0.015)


def test_the_evidence_is_the_density_of_the_ratings() -> None:
    given, _ = drawn(5, 4)
    other = Prior(np.array([0.1, 0.0, -0.2]), TRUE.spread + 0.1, 0.4)

    def plain(prior: Prior) -> float:
        total = 0.0
        for user in range(5):
            z, r = ROWS[given[user].indices], given[user].data
            spread = z @ prior.spread @ z.T + prior.noise * np.eye(len(r))
            total += float(multivariate_normal.logpdf(r, z @ prior.mean, spread))
        return total

    found = step(given, ROWS, TRUE)[2] - step(given, ROWS, other)[2]
    assert found == pytest.approx(plain(TRUE) - plain(other), rel=1e-6)


def test_nobody_is_the_mean_and_many_ratings_outweigh_it() -> None:
    given, tastes = drawn(3, 40)
    whole = sparse.csr_matrix(given.toarray() * np.array([[0], [1], [1]]))
    found = posterior(whole, ROWS, TRUE)
    np.testing.assert_allclose(found[0], TRUE.mean)
    np.testing.assert_allclose(found[1:], tastes[1:], atol=0.2)


@pytest.mark.parametrize("shots", [1, 2, 5])
def test_few_ratings_are_read_better_with_a_prior_than_with_none(shots: int) -> None:
    """Squared error of the taste after so many ratings, against ridge towards 0."""
    given, tastes = drawn(300, shots, seed=2)
    bare = Prior(np.zeros(3), TRUE.spread + np.outer(TRUE.mean, TRUE.mean), TRUE.noise)
    errors = [((posterior(given, ROWS, p) - tastes) ** 2).mean() for p in (TRUE, bare)]
    assert errors[0] < 0.95 * errors[1]


@cache
def trained() -> Model:
    return fitted("prior_mf", stars(), regularization=3)


def test_it_beats_habits_and_finds_no_taste_in_mixed_ratings() -> None:
    split = stars()
    base = rmse(fitted("baseline_only", split), split)
    assert rmse(trained(), split) < 0.9 * base
    lost = fitted("prior_mf", mixed(split), regularization=3)
    assert rmse(lost, split) > 0.97 * base


def test_people_with_a_few_ratings_gain_over_biased_mf() -> None:
    full = stars()
    train = full.train.tolil()
    few = np.arange(0, full.n_users, 2)
    for user in few:
        for item in full.train[user].indices[2:]:
            train[user, item] = 0
    short = sparse.csr_matrix(train)
    short.eliminate_zeros()
    rows = sparse.diags(np.isin(np.arange(full.n_users), few).astype(np.float32))
    test = sparse.csr_matrix(rows @ full.test)
    split = Split(short, full.validation, test, None, "given", 0, None)
    ours, plain = (fitted(name, split, regularization=3) for name in ("prior_mf", "biased_mf"))
    assert rmse(ours, split) < rmse(plain, split)


def test_the_serving_form_predicts_as_the_model_does() -> None:
    arrays = trained().serving()
    taste = arrays["user_factors"] @ arrays["item_factors"].T
    served = taste + arrays["user_bias"][:, None] + arrays["item_bias"]
    np.testing.assert_allclose(served, trained().scores(np.arange(90)), atol=1e-4)
    assert (np.diff(trained().evidence_) > -1e-6).all()
