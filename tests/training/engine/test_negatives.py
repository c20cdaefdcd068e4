import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.stats import chisquare

from tests.training.models.planted import planted
from training.engine.histories import Histories
from training.engine.negatives import Negatives
from training.engine.pairs import Pairs

TRAIN = planted(n_items=30, stars=True).train


@pytest.mark.parametrize("law", [0.0, 0.5, 1.0])
def test_no_negative_was_taken_by_its_user(law: float) -> None:
    torch.manual_seed(0)
    users = torch.arange(TRAIN.shape[0]).repeat(20)
    drawn = Negatives(TRAIN, law).each(users, 7)
    assert drawn.shape == (len(users), 7)
    assert not (TRAIN.toarray() > 0)[users[:, None].numpy(), drawn.numpy()].any()


@pytest.mark.parametrize("law", [0.0, 0.5, 1.0])
def test_draws_follow_their_law(law: float) -> None:
    torch.manual_seed(1)
    items, log_counts = Negatives(TRAIN, law).shared(40_000)
    taken = np.maximum(np.bincount(TRAIN.indices, minlength=30), 1) ** law
    expected = 40_000 * taken / taken.sum()
    assert chisquare(np.bincount(items, minlength=30), expected).pvalue > 0.001
    np.testing.assert_allclose(log_counts.exp().numpy(), expected[items], rtol=1e-5)


@pytest.mark.parametrize("law", [0.0, 1.0])
def test_what_a_user_is_left_with_is_drawn_by_the_law(law: float) -> None:
    torch.manual_seed(2)
    drawn = Negatives(TRAIN, law).each(torch.full((20_000,), 5), 1).numpy().ravel()
    free = TRAIN[5].toarray().ravel() == 0
    taken = (np.maximum(np.bincount(TRAIN.indices, minlength=30), 1) ** law) * free
    expected = 20_000 * taken / taken.sum()
    counts = np.bincount(drawn, minlength=30)
    assert chisquare(counts[free], expected[free]).pvalue > 0.001


def test_who_took_all_but_one_gets_that_one_and_who_took_all_gets_any() -> None:
    train = sparse.csr_matrix(np.array([[1.0] * 299 + [0.0], [1.0] * 300], dtype=np.float32))
    drawn = Negatives(train).each(torch.tensor([0, 1, 0]), 4)
    assert (drawn[[0, 2]] == 299).all()
    assert ((drawn[1] >= 0) & (drawn[1] < 300)).all()


def test_pairs_are_the_training_events_weighed_by_confidence() -> None:
    pairs = Pairs(TRAIN)
    each = pairs.of(torch.arange(len(pairs)), torch.device("cpu"))
    again = np.zeros(TRAIN.shape)
    again[each["users"], each["items"]] = each["weights"]
    np.testing.assert_allclose(again, TRAIN.toarray() / TRAIN.data.mean(), rtol=1e-6)


def test_histories_are_the_same_events_by_user() -> None:
    train = TRAIN.tolil()
    train[2] = 0
    train = train.tocsr()
    log = Histories(train, torch.device("cpu"))
    assert 2 not in log.users and len(log) == TRAIN.shape[0] - 1
    users = torch.tensor([9, 4, 30])
    rows, items, weights = log.of(users)
    again = np.zeros((3, TRAIN.shape[1]))
    again[rows, items] = weights
    np.testing.assert_allclose(again, train[users.numpy()].toarray() / train.data.mean(), rtol=1e-6)
    assert np.array_equal(log.taken(users).numpy(), train[users.numpy()].toarray() > 0)
    assert log.batch(10 * round(log.mean)) == pytest.approx(10, abs=1)
    assert log.batch(1) == 1
