from __future__ import annotations

import numpy as np
import pytest

from training.rerank.frontier import Frontier
from training.rerank.knee import farthest, hypervolume, knee


def curve(relevance: np.ndarray, variety: np.ndarray) -> Frontier:
    """A frontier of given per-user values (m, w)."""
    values = {"ndcg@10": relevance.astype(np.float32), "ild@10": variety.astype(np.float32)}
    m, w = relevance.shape
    lists = np.zeros((w, m, 10), np.int32)
    rows = np.arange(m, dtype=np.int32)
    return Frontier(np.linspace(0, 1, w), {}, {}, values, lists, rows, m, 10, "mmr", "categories")


def test_the_corner_is_the_knee() -> None:
    x, y = np.array([[0.0, 0.5, 1.0, 1.1, 1.2]]), np.array([[1.0, 0.98, 0.95, 0.5, 0.0]])
    assert farthest(x, y).tolist() == [2]


def test_the_knee_has_an_interval_around_it() -> None:
    weights = np.linspace(0, 1, 21)
    noise = np.random.default_rng(0).normal(0, 0.05, (300, 1))
    bumps = np.random.default_rng(1).normal(0, 0.02, (300, 21))
    variety = np.sqrt(weights) + noise + bumps
    relevance = 1 - weights**2 + noise
    found = knee(curve(relevance, variety), np.random.default_rng(0))
    # sqrt(w) - w^2 is largest at w = 1 / 4^(2/3) = .397
    assert found.weight == pytest.approx(0.4, abs=0.051)
    assert found.lo <= found.weight <= found.hi
    assert found.hi - found.lo < 0.3


def test_certain_users_leave_no_doubt() -> None:
    line = np.tile([1.0, 0.9, 0.8, 0.0], (5, 1))
    rise = np.tile([0.0, 0.2, 0.9, 1.0], (5, 1))
    found = knee(curve(line, rise), np.random.default_rng(0))
    assert (found.lo, found.weight, found.hi) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_without_movement_there_is_no_knee() -> None:
    flat = np.ones((4, 3))
    found = knee(curve(flat, flat), np.random.default_rng(0))
    assert np.isnan([found.weight, found.lo, found.hi]).all()


def test_hypervolume_by_head() -> None:
    # two steps: 1 x 3 and 2 more x 1
    assert hypervolume(np.array([1.0, 3.0]), np.array([3.0, 1.0])) == 5.0
    assert hypervolume(np.array([1.0, 3.0, 1.0]), np.array([3.0, 1.0, 1.0])) == 5.0
    assert hypervolume(np.array([1.0]), np.array([1.0]), (2.0, 0.0)) == 0.0
    assert hypervolume(np.array([2.0]), np.array([2.0]), (1.0, 1.0)) == 1.0


def test_hypervolume_equals_counting_cells() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(1, 20, 12), rng.integers(1, 20, 12)
    cells = sum(bool(((x >= i + 1) & (y >= j + 1)).any()) for i in range(20) for j in range(20))
    assert hypervolume(x.astype(float), y.astype(float)) == cells
