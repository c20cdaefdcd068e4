import numpy as np
import pytest

from training.select.uncertainty import spread, uncertainty

SCORES = np.array([[5.0, 4.0, 3.0, 1.0], [50.0, 40.0, 30.0, 10.0]])
ALL = np.ones((2, 4), bool)


def test_the_kth_item_is_the_most_uncertain() -> None:
    found = uncertainty(SCORES, ALL, k=2)
    assert found.argmax(axis=1).tolist() == [1, 1]
    assert found[0].tolist() == pytest.approx([-0.25, 0.0, -0.25, -0.75])


def test_the_unit_of_a_users_scores_does_not_matter() -> None:
    found = uncertainty(SCORES, ALL, k=2)
    assert found[0] == pytest.approx(found[1])


def test_seen_items_neither_count_nor_come() -> None:
    unseen = ALL.copy()
    unseen[0, 0] = False
    found = uncertainty(SCORES, unseen, k=2)
    assert found[0, 0] == -np.inf
    assert found[0].argmax() == 2  # the second of those left


def test_scores_that_are_no_numbers_never_come() -> None:
    found = uncertainty([[2.0, -np.inf, np.nan, 1.0]], np.ones((1, 4), bool), k=1)
    assert np.isfinite(found).tolist() == [[True, False, False, True]]


def test_a_short_list_is_measured_from_its_last() -> None:
    assert uncertainty(SCORES, ALL, k=99).argmax(axis=1).tolist() == [3, 3]


def test_equal_scores_are_all_uncertain() -> None:
    assert uncertainty(np.full((1, 3), 7.0), np.ones((1, 3), bool), k=2).tolist() == [[0, 0, 0]]


def test_a_user_who_saw_everything_gives_nothing() -> None:
    assert np.isneginf(uncertainty(SCORES, ~ALL, k=2)).all()


def test_k_moves_the_edge_down() -> None:
    places = [int(uncertainty(SCORES, ALL, k)[0].argmax()) for k in (1, 2, 3, 4)]
    assert places == [0, 1, 2, 3]


@pytest.mark.parametrize("bad", [(SCORES[0], ALL[0], 1), (SCORES, ALL[:1], 1), (SCORES, ALL, 0)])
def test_it_refuses_what_has_no_meaning(bad: tuple[np.ndarray, np.ndarray, int]) -> None:
    with pytest.raises(ValueError):
        uncertainty(*bad)


def test_rows_share_the_places() -> None:
    table = np.array([[0.0, -0.01, -0.02, -0.03, -0.04], [-0.5, -0.6, -0.7, -0.8, -0.9]])
    rows, _columns = spread(table, 6, np.random.default_rng(0), per_row=3)
    assert np.bincount(rows).tolist() == [3, 3]


def test_rows_give_more_only_when_all_gave_their_share() -> None:
    rows, columns = spread(np.array([[0.0, -1.0], [-3.0, -4.0]]), 4, np.random.default_rng(0), 1)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        (0, 0), (1, 0), (0, 1), (1, 1),
    ]  # fmt: skip


def test_the_best_cells_come_first_within_a_turn() -> None:
    table = np.array([[-0.3, -0.1], [-0.2, -np.inf]])
    rows, columns = spread(table, 3, np.random.default_rng(0), per_row=2)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0), (0, 0)]


def test_ties_are_drawn_and_the_seed_decides() -> None:
    ties = np.zeros((40, 1))
    draws = [spread(ties, 5, np.random.default_rng(seed))[0].tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_never_means_never() -> None:
    rows, _columns = spread(np.full((2, 3), -np.inf), 4, np.random.default_rng(0))
    assert len(rows) == 0
