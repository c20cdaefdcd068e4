from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from tests.training.engine.tiny import without_validation
from tests.training.models.planted import planted
from training.engine import judge
from training.engine.judge import Judge
from training.evaluate import evaluate

SPLIT = planted()


def scores(users: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(SPLIT.n_users, SPLIT.n_items))[users]


def test_it_is_the_figure_of_the_pages() -> None:
    found = evaluate(scores, SPLIT, "validation", distance=None)
    assert Judge(SPLIT)(scores) == pytest.approx(found.per_user["ndcg@10"].mean(), abs=1e-7)


def test_users_and_items_that_training_never_saw_are_not_asked_for() -> None:
    train = SPLIT.train.tolil()
    cold_item = int(SPLIT.validation[7].indices[0])
    train[3], train[:, cold_item] = 0, 0
    asked = Judge(replace(SPLIT, train=train.tocsr()))
    assert 3 in Judge(SPLIT).users and 3 not in asked.users
    only = sparse.csr_matrix(SPLIT.validation.shape, dtype=np.float32).tolil()
    only[7, cold_item] = 1.0
    assert not Judge(replace(SPLIT, train=train.tocsr(), validation=only.tocsr()))


def test_an_empty_validation_asks_nobody() -> None:
    assert not Judge(without_validation())


def test_many_users_are_asked_by_a_sample_that_is_the_same_every_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judge, "ASKED", 20)
    users = Judge(SPLIT).users
    assert len(users) == 20 and np.array_equal(users, Judge(SPLIT).users)
    assert np.array_equal(users, np.unique(users))
