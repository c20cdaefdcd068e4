from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.metrics import slow
from training.distance import Distance
from training.metrics.variety import eild, ild

LISTS = np.array([[0, 1, 2]], np.int32)


def both(vectors: np.ndarray, lists: np.ndarray, hit: np.ndarray, k: int) -> tuple[float, float]:
    distances = Distance("text", vectors.astype(np.float32)).pairs(lists)
    valid = lists >= 0
    found = ild(distances, valid, (k,)) | eild(distances, valid, hit, (k,))
    return found[f"ild@{k}"][0], found[f"eild@{k}"][0]


def test_identical_items_have_no_diversity() -> None:
    same = np.tile([[1.0, 0.0]], (3, 1))
    assert both(same, LISTS, np.ones((1, 3), bool), 3) == (0.0, 0.0)


def test_orthogonal_items_are_fully_diverse() -> None:
    assert both(np.eye(3), LISTS, np.ones((1, 3), bool), 3) == (1.0, pytest.approx(1.0))


def test_opposite_items_are_no_more_than_orthogonal() -> None:
    opposite = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert both(opposite, np.array([[0, 1]], np.int32), np.ones((1, 2), bool), 2)[0] == 1.0


def test_one_item_is_undefined_not_zero() -> None:
    for lists, k in ((LISTS, 1), (np.array([[0, -1, -1]], np.int32), 3)):
        assert all(np.isnan(x) for x in both(np.eye(3), lists, np.ones(lists.shape, bool), k))


def test_padding_is_left_out_of_the_mean() -> None:
    lists = np.array([[0, 1, -1, -1]], np.int32)
    hit = np.array([[True, True, False, False]])
    assert both(np.eye(3), lists, hit, 4) == (1.0, pytest.approx(1.0))


def test_exactly_one_relevant_item_gives_no_relevant_diversity() -> None:
    for at in range(3):
        hit = np.zeros((1, 3), bool)
        hit[0, at] = True
        assert both(np.eye(3), LISTS, hit, 3)[1] == 0.0


def test_plain_eild_without_discount_equals_ild() -> None:
    # so the oracle that the next test stands on is itself right (capabilities.md 3.1)
    rng = np.random.default_rng(0)
    far = rng.random((6, 6))
    far = (far + far.T) / 2
    items = list(range(6))
    flat = slow.eild(items, [1.0] * 6, lambda i, j: far[i, j], lambda _: 1.0)
    assert flat == pytest.approx(slow.ild(items, lambda i, j: far[i, j]))


@given(st.integers(0, 10_000), st.integers(2, 7))
def test_they_equal_the_plain_formulas(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((20, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    distance = Distance("text", vectors.astype(np.float32))
    lists = rng.permutation(20)[None, :7].astype(np.int32)
    hit = rng.random((1, 7)) < 0.5
    mine = lists[0, :k].tolist()
    found = both(vectors, lists, hit, k)
    wanted = slow.eild(mine, hit[0, :k].astype(float).tolist(), distance)
    assert found == (
        pytest.approx(slow.ild(mine, distance), abs=1e-6),
        pytest.approx(wanted, abs=1e-6),
    )
