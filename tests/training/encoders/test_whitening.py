import numpy as np
import pytest

from training.encoders.whitening import whiten

RNG = np.random.default_rng(0)
# as text vectors are: unit rows that all point one way
RAW = RNG.standard_normal((400, 20)) @ RNG.standard_normal((20, 20)) + 15.0
VECTORS = (RAW / np.linalg.norm(RAW, axis=1, keepdims=True)).astype(np.float32)


def test_white_vectors_have_mean_0_and_covariance_i() -> None:
    white = whiten(VECTORS, 20)(VECTORS).astype(np.float64)
    np.testing.assert_allclose(white.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(20), atol=1e-3)
    assert not np.allclose(np.cov(VECTORS.T), np.eye(20), atol=0.5)  # they were not before


def test_fewer_columns_are_the_strongest_directions() -> None:
    few, all_ = whiten(VECTORS, 5)(VECTORS), whiten(VECTORS, 20)(VECTORS)
    np.testing.assert_allclose(few, all_[:, :5], atol=1e-5)


def test_the_map_holds_for_vectors_that_come_later() -> None:
    known = whiten(VECTORS[:200], 8)
    np.testing.assert_allclose(known(VECTORS)[:200], known(VECTORS[:200]), atol=1e-6)


def test_what_does_not_vary_is_left_out() -> None:
    flat = np.hstack([VECTORS, np.ones((400, 3), np.float32)])
    assert whiten(flat, 23).matrix.shape[1] == 20
    assert whiten(np.ones((4, 3), np.float32), 3).matrix.shape == (3, 0)
    with pytest.raises(ValueError, match="no vectors"):
        whiten(np.zeros((0, 3)), 2)
