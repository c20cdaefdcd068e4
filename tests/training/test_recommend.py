from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from training.recommend import top, top_rows

NONE = sparse.csr_matrix((3, 4))


def test_best_first() -> None:
    items, scores = top_rows(np.array([[1.0, 3, 2, 0]]), 3)
    assert items.tolist() == [[1, 2, 0]]
    assert scores.tolist() == [[3, 2, 1]]


def test_ties_go_to_the_lower_item_code() -> None:
    assert top_rows(np.zeros((2, 9)), 4)[0].tolist() == [[0, 1, 2, 3]] * 2


def test_ties_at_the_cut_do_too() -> None:
    assert top_rows(np.array([[5.0, 1, 1, 7, 1, 1]]), 4)[0].tolist() == [[3, 0, 1, 2]]


def test_a_difference_below_float32_still_ranks() -> None:
    close = np.tile([0.0, 1.0, 1.0 + 1e-12, 0.5], (3, 1))
    assert top(close, np.array([0]), NONE, 1)[0].tolist() == [[2]]


def test_masked_items_never_appear_and_short_rows_are_padded() -> None:
    mask = sparse.csr_matrix(np.array([[1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]]))
    items, scores = top(np.tile(np.arange(4.0), (3, 1)), np.array([0, 1, 2]), mask, 2)
    assert items.tolist() == [[3, -1], [3, 2], [-1, -1]]
    assert scores.tolist() == [[3, -np.inf], [3, 2], [-np.inf, -np.inf]]


def test_k_beyond_the_catalogue_is_padded() -> None:
    assert top(np.ones((3, 4)), np.array([1]), NONE, 6)[0].tolist() == [[0, 1, 2, 3, -1, -1]]


def test_no_users_give_no_rows() -> None:
    assert top(np.ones((3, 4)), np.array([], int), NONE, 2)[0].shape == (0, 2)


def test_the_callers_scores_are_left_alone() -> None:
    scores = np.ones((3, 4))
    top(lambda users: scores, np.arange(3), sparse.csr_matrix(np.ones((3, 4))), 2)
    assert (scores == 1).all()


def test_it_refuses_nan_and_wrong_shapes_by_what_came() -> None:
    with pytest.raises(ValueError, match="NaN for 1 of 3 users"):
        top(np.array([[0, 1, 2, np.nan], [0] * 4, [0] * 4]), np.arange(3), NONE, 2)
    with pytest.raises(ValueError, match=r"\(3, 4\), got \(3, 5\)"):
        top(np.zeros((3, 5)), np.arange(3), NONE, 2)


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 7))
def test_it_equals_a_full_stable_sort(seed: int, k: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (9, 10)).astype(float)  # plenty of ties
    mask = sparse.random(9, 10, 0.3, "csr", rng=rng)
    users = rng.permutation(9)[:5]
    items, _ = top(scores, users, mask, k, chunk)
    for row, user in enumerate(users):
        left = np.setdiff1d(np.arange(10), mask[user].indices)
        best = left[np.argsort(-scores[user, left], kind="stable")][:k]
        assert items[row].tolist() == best.tolist() + [-1] * (k - len(best))


@pytest.mark.parametrize("kind", ["spread", "tied", "equal", "few", "rising", "outlying"])
def test_a_wide_row_gives_what_sorting_it_gives(kind: str) -> None:
    rng, n, k = np.random.default_rng(0), 30_000, 100
    rows = rng.standard_normal((3, n))
    if kind == "tied":
        rows = np.round(rows)  # thousands share the score at the cut
    elif kind == "equal":
        rows[:] = 1.0
    elif kind == "few":
        rows[:, rng.permutation(n)[60:]] = -np.inf
    elif kind == "rising":
        rows.sort(axis=1)
    elif kind == "outlying":  # the sample sees every 14th column alone, and those are the best
        rows[:, ::14] += 100.0
    expected = np.argsort(-rows, axis=1, kind="stable")[:, :k]
    worth = np.take_along_axis(rows, expected, 1)
    items, best = top_rows(rows, k)
    assert np.array_equal(best, worth)
    assert np.array_equal(items, np.where(worth == -np.inf, -1, expected))
