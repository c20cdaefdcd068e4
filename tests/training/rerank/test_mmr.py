from __future__ import annotations

import numpy as np
import pytest
import pyversity
from hypothesis import given
from hypothesis import strategies as st

from training.rerank.mmr import ONE, grid, mmr, scaled, similarity

# item 1 is item 0's twin, item 2 unlike both, item 3 half-way
VECTORS = np.array([[[1, 0], [1, 0], [0, 1], [0.6, 0.8]]], np.float32)
RELEVANCE = np.array([[1.0, 0.9, 0.2, 0.0]])


def picks(diversity: float, k: int = 4, relevance: np.ndarray = RELEVANCE) -> list[int]:
    return mmr(relevance, VECTORS, k, diversity)[0].tolist()


def plain(relevance: np.ndarray, vectors: np.ndarray, k: int, diversity: float) -> list[int]:
    """The definition, one user, in whole numbers: ties by relevance, then by position."""
    r = [round(x * ONE) for x in relevance]
    sim = similarity(vectors[None])[0].tolist()
    weight, left, chosen = round(diversity * 1000), list(range(len(r))), []
    while left and len(chosen) < k:
        gain = {
            i: (1000 - weight) * r[i] - weight * max((sim[i][j] for j in chosen), default=0)
            for i in left
        }
        best = min(left, key=lambda i: (-gain[i], -relevance[i], i))
        chosen.append(best)
        left.remove(best)
    return chosen


def test_no_diversity_is_the_order_of_relevance() -> None:
    assert picks(0.0) == [0, 1, 2, 3]


def test_full_diversity_skips_the_twin() -> None:
    assert picks(1.0, 2) == [0, 2]


def test_the_first_pick_is_the_most_relevant_even_at_full_diversity() -> None:
    assert picks(1.0, 1, np.array([[0.1, 0.2, 1.0, 0.5]])) == [2]


def test_full_diversity_is_the_limit_from_the_left() -> None:
    # all are orthogonal: at 1 every gain ties, just below it relevance decides
    vectors = np.eye(4, dtype=np.float32)[None]
    relevance = np.array([[0.2, 1.0, 0.1, 0.9]])
    assert mmr(relevance, vectors, 4, 1.0).tolist() == mmr(relevance, vectors, 4, 0.999).tolist()
    assert mmr(relevance, vectors, 4, 1.0).tolist() == [[1, 3, 0, 2]]


def test_ties_in_relevance_go_to_the_lower_position() -> None:
    same = np.full((1, 4), 0.5)
    assert picks(0.0, 4, same) == [0, 1, 2, 3]


def test_the_middle_by_head() -> None:
    # after item 0: 1 gains .45 - .5, 2 gains .1 - 0, 3 gains 0 - .3
    assert picks(0.5, 2) == [0, 2]
    # at .1: 1 gains .81 - .1, 2 gains .18
    assert picks(0.1, 2) == [0, 1]


def test_k_beyond_the_candidates_is_padded() -> None:
    assert picks(0.3, 6)[4:] == [-1, -1]
    assert sorted(picks(0.3, 6)[:4]) == [0, 1, 2, 3]


def test_missing_candidates_are_never_picked() -> None:
    short = np.array([[1.0, np.nan, 0.2, np.nan]])
    for weight in (0.0, 0.5, 1.0):
        assert picks(weight, 4, short) == [0, 2, -1, -1]


def test_no_candidates_and_no_users() -> None:
    assert picks(0.5, 2, np.full((1, 4), np.nan)) == [-1, -1]
    nobody = mmr(np.zeros((0, 4)), np.zeros((0, 4, 2), np.float32), 2, 0.5)
    assert nobody.shape == (0, 2)
    empty = mmr(np.zeros((1, 0)), np.zeros((1, 0, 2), np.float32), 2, 0.5)
    assert empty.tolist() == [[-1, -1]]


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"0\.\.1, got 1\.5"):
        picks(1.5)
    with pytest.raises(ValueError, match=r"got nan"):
        picks(float("nan"))
    with pytest.raises(ValueError, match="scale it first"):
        picks(0.5, 2, np.array([[3.0, 1, 0, 0]]))
    with pytest.raises(ValueError, match="vectors must be"):
        mmr(np.zeros((2, 4)), VECTORS, 2, 0.5)
    with pytest.raises(ValueError, match="sim must be"):
        grid(RELEVANCE, similarity(VECTORS)[:, :3], 2, [0.5])


def test_scaling_is_per_user_over_the_candidates() -> None:
    got = scaled(np.array([[2.0, 6.0, 4.0], [5.0, 5.0, -np.inf]]))
    np.testing.assert_array_equal(got, [[0, 1, 0.5], [1, 1, np.nan]])
    with pytest.raises(ValueError, match="inf"):
        scaled([np.inf, 1])


def test_a_large_catalogue_of_scores_far_from_zero_keeps_its_order() -> None:
    scores = 1e6 + np.arange(50.0)[::-1] / 10
    picked = mmr(scaled(scores)[None], np.ones((1, 50, 2), np.float32) / np.float32(2**0.5), 50, 0)
    assert picked[0].tolist() == list(range(50))


@given(st.integers(0, 100_000), st.floats(0, 1), st.booleans())
def test_it_equals_the_definition(seed: int, diversity: float, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((3, 9, 3)).astype(np.float32)
    relevance = rng.random((3, 9))
    if ties:  # topics and few levels of relevance: most gains tie with another
        vectors = np.eye(3, dtype=np.float32)[rng.integers(0, 3, (3, 9))]
        relevance = rng.integers(0, 3, (3, 9)) / 2
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    sim = similarity(vectors)
    wanted = [plain(relevance[u], vectors[u], 6, diversity) for u in range(3)]
    assert mmr(relevance, None, 6, diversity, sim=sim).tolist() == wanted
    assert grid(relevance, sim, 6, [diversity])[0].tolist() == wanted
    if ties:  # exact cosines: both kernels must agree to the last pick
        assert mmr(relevance, vectors, 6, diversity).tolist() == wanted


def test_it_equals_pyversity_whose_knob_runs_the_same_way() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.random((100, 40, 8)).astype(np.float32)  # cosines above 0: both clip nothing
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    relevance = scaled(rng.random((100, 40)))
    for diversity in (0.0, 0.3, 0.7, 1.0):
        ours = mmr(relevance, vectors, 10, diversity)
        theirs = [
            pyversity.mmr(v, r.astype(np.float32), 10, diversity).indices
            for v, r in zip(vectors, relevance, strict=True)
        ]
        # they round to float32 and we to 2**-20: a near tie may fall either way, rarely
        assert (ours == np.array(theirs)).all(axis=1).mean() >= 0.99


def test_users_do_not_influence_each_other() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((130, 20, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    relevance = rng.random((130, 20))
    whole = mmr(relevance, vectors, 6, 0.4)
    for user in (0, 64, 129):
        alone = mmr(relevance[user : user + 1], vectors[user : user + 1], 6, 0.4)
        assert (whole[user] == alone[0]).all()
