"""Shuffled interactions: what must be left of a log in which nobody has a taste."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from tests.training.models.planted import fitted, ndcg, planted
from training.control import _drawn, shuffled
from training.split import Split

SPLIT = planted()


def test_users_keep_their_events_and_items_their_fame() -> None:
    mixed = shuffled(SPLIT, np.random.default_rng(0))
    assert np.array_equal(np.diff(mixed.train.indptr), np.diff(SPLIT.train.indptr))
    assert (mixed.train.shape, mixed.train.dtype) == (SPLIT.train.shape, SPLIT.train.dtype)
    assert mixed.train.has_canonical_format  # nothing twice
    fame = [np.bincount(one.train.indices, minlength=SPLIT.n_items) for one in (SPLIT, mixed)]
    assert np.corrcoef(*fame)[0, 1] > 0.8
    assert mixed.train.multiply(SPLIT.train).nnz < 0.7 * SPLIT.train.nnz
    assert mixed.test is SPLIT.test and mixed.validation is SPLIT.validation


def test_values_and_times_stay_with_their_user() -> None:
    train = sparse.csr_matrix(np.array([[5, 0, 3, 0], [0, 0, 0, 0], [0, 1, 2, 4]], np.float32))
    at = train.astype(np.float64) * 100
    nothing = sparse.csr_matrix(train.shape, dtype=np.float32)
    split = Split(train, nothing, nothing, at, "given", 0, None)
    mixed = shuffled(split, np.random.default_rng(1))
    assert mixed.train_at is not None
    for user in range(3):
        assert sorted(mixed.train[user].data) == sorted(train[user].data)
        assert sorted(mixed.train_at[user].data) == sorted(at[user].data)
    assert np.array_equal(mixed.train_at.indices, mixed.train.indices)
    assert np.array_equal(train.toarray()[0], [5, 0, 3, 0])  # what came in is as it was


def test_it_takes_the_taste_and_leaves_popularity() -> None:
    mixed = shuffled(SPLIT, np.random.default_rng(0))
    true, lost = (fitted("ease", parts) for parts in (SPLIT, mixed))
    popular = ndcg(fitted("pop", SPLIT), SPLIT)
    assert ndcg(true, SPLIT) > 1.3 * popular
    assert ndcg(lost, SPLIT) < popular + 0.02


def test_an_empty_log_stays_empty() -> None:
    nothing = sparse.csr_matrix(SPLIT.train.shape, dtype=np.float32)
    mixed = shuffled(replace(SPLIT, train=nothing, train_at=None), np.random.default_rng(0))
    assert mixed.train.nnz == 0 and mixed.train.shape == nothing.shape


def test_items_come_as_numpy_draws_them_one_user_after_the_other() -> None:
    fame, users = np.array([600, 30, 20, 10, 5, 1]), 20_000
    slow, rng = np.zeros(6), np.random.default_rng(0)
    for _ in range(users):
        slow[rng.choice(6, 4, replace=False, p=fame / fame.sum())] += 1
    items = _drawn(np.full(users, 4), fame, np.random.default_rng(7)).reshape(users, 4)
    assert all(len(set(row)) == 4 for row in items.tolist())
    found = np.bincount(items.ravel(), minlength=6)
    assert np.abs(found - slow).max() < 0.015 * users
    assert found[3] < 0.9 * users  # the law decides, not the need to fill up


def test_who_took_everything_takes_everything() -> None:
    """The last three are too rare to be met by drawing again."""
    fame = np.array([10**9, 1, 1, 1])
    assert _drawn(np.array([4, 0, 1]), fame, np.random.default_rng(0)).tolist() == [0, 1, 2, 3, 0]
