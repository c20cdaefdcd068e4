from dataclasses import replace

import numpy as np
from scipy import sparse

from tests.training.models.planted import planted
from training.models.confidence import recent, relative


def test_stored_values_average_one() -> None:
    weights, mean = relative(planted(stars=True).train)
    assert weights.data.mean() == 1.0 or abs(weights.data.mean() - 1.0) < 1e-12
    np.testing.assert_allclose(weights.data * mean, planted(stars=True).train.data)


def test_a_log_of_ones_stays_ones() -> None:
    weights, mean = relative(planted().train)
    assert mean == 1.0
    assert (weights.data == 1.0).all()


def test_recency_one_changes_nothing() -> None:
    whole = planted()
    assert recent(whole.train, whole, 1.0) is whole.train


def test_equal_times_share_a_weight() -> None:
    train = sparse.csr_matrix(np.array([[2.0, 2.0, 2.0, 0.0], [0.0, 1.0, 1.0, 1.0]]))
    at = train.copy()
    at.data = np.array([5.0, 9.0, 9.0, 7.0, 7.0, 1.0])
    whole = replace(planted(), train=train, train_at=at)
    weighed = recent(train, whole, 0.5).toarray()
    assert weighed.tolist() == [[0.5, 2.0, 2.0, 0.0], [0.0, 1.0, 1.0, 0.25]]
