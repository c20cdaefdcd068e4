from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from training.metrics.catalogue import Catalogue, coverage, exposure, gini, long_tail


def test_equal_exposure_has_no_inequality() -> None:
    assert gini(np.array([3, 3, 3, 3])) == 0.0


def test_one_item_takes_all_is_the_largest_inequality() -> None:
    assert gini(np.array([0, 0, 7, 0])) == pytest.approx(3 / 4)


def test_gini_equals_the_mean_difference() -> None:
    counts = np.random.default_rng(0).integers(0, 9, 30)
    wanted = np.abs(counts[:, None] - counts[None]).sum() / (2 * 30 * counts.sum())
    assert gini(counts) == pytest.approx(wanted)


def test_nothing_shown_is_undefined() -> None:
    assert np.isnan(gini(np.zeros(3, int)))


def test_exposure_counts_items_never_shown_and_no_padding() -> None:
    assert exposure(np.array([[0, 2, -1], [2, -1, -1]]), 4).tolist() == [1, 0, 2, 0]


def test_coverage_is_over_the_whole_catalogue() -> None:
    assert coverage(np.array([1, 0, 2, 0])) == 0.5


def test_surprise_and_rarity_count_users_of_train() -> None:
    # item 0: all four users, item 1: half, item 2: one, item 3: nobody; user 4 has nothing
    train = sparse.csr_matrix(
        np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    )
    found = Catalogue.of(train)
    assert found.surprise.tolist() == [0.0, 1.0, 2.0, 2.0]
    assert found.rarity.tolist() == [0.0, 0.5, 0.75, 1.0]


def test_the_tail_is_what_the_head_of_eighty_percent_leaves() -> None:
    assert long_tail(np.array([1.0, 80, 1, 18])).tolist() == [True, False, True, True]
    assert long_tail(np.array([25.0, 25, 25, 25])).tolist() == [False] * 4


def test_profiles_weigh_history_by_confidence_and_sum_to_one() -> None:
    topics = sparse.csr_matrix([[1, 0], [1, 1], [0, 0]])
    found = Catalogue.of(sparse.csr_matrix((1, 3)), topics)
    history = sparse.csr_matrix([[1.0, 3.0, 5.0], [0, 0, 5.0]])
    assert found.profiles(history).tolist() == [[2.5 / 4, 1.5 / 4], [0.0, 0.0]]


def test_topics_that_no_item_carries_are_not_counted() -> None:
    assert (
        Catalogue.of(sparse.csr_matrix((1, 2)), sparse.csr_matrix([[1, 0, 0], [1, 0, 1]])).n_topics
        == 2
    )


def test_without_topics_there_are_no_shares() -> None:
    assert Catalogue.of(sparse.csr_matrix((1, 2)), sparse.csr_matrix((2, 3))).shares is None
