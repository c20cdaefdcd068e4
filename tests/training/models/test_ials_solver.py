import numpy as np
import pytest
from scipy import sparse

from training.models.ials_solver import Side, improve, loss, side

N, M, D = 90, 40, 6


@pytest.fixture(scope="module")
def surer() -> sparse.csr_matrix:
    """Confidences less 1: rows of 0 to 30 entries, one column of all rows, one of none."""
    rng = np.random.default_rng(0)
    dense = np.zeros((N, M), np.float32)
    for row in range(1, N):
        dense[row, rng.choice(M - 2, row // 3, replace=False)] = rng.uniform(0.5, 4, row // 3)
        dense[row, M - 2] = 1.0
    return sparse.csr_matrix(dense)


def start(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, D)).astype(np.float32) / 3


def solved(surer: sparse.csr_matrix, other: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Hu, Koren, Volinsky, eq. 4, row by row in double precision."""
    out, y = [], other.astype(float)
    for row, reg in zip(surer.toarray().astype(float), ridge, strict=True):
        left = y.T @ (y * (1 + row)[:, None]) + reg * np.eye(D)
        out.append(np.linalg.solve(left, y.T @ ((1 + row) * (row > 0))))
    return np.array(out)


@pytest.mark.parametrize("frequency", [0.0, 0.5, 1.0])
def test_as_many_steps_as_factors_solve_each_row(
    surer: sparse.csr_matrix, frequency: float
) -> None:
    made, other, mine = side(surer, 5.0, frequency), start(M, 1), start(N, 2)
    mine[0] = 0.0  # it has no entry
    improve(mine, other, made, D)
    np.testing.assert_allclose(mine, solved(surer, other, made.ridge), atol=1e-4)


def test_each_step_comes_nearer(surer: sparse.csr_matrix) -> None:
    made, other = side(surer, 5.0, 1.0), start(M, 1)
    wanted, off = solved(surer, other, made.ridge), []
    for steps in range(4):
        mine = np.zeros((N, D), np.float32)
        improve(mine, other, made, steps)
        off.append(np.abs(mine - wanted).max())
    assert off == sorted(off, reverse=True)
    assert off[1] < 0.3 * off[0]  # the average row is a good guess
    assert off[3] < 0.02 * off[0]


def test_a_row_without_entries_is_left_alone(surer: sparse.csr_matrix) -> None:
    mine, other = start(M, 1), start(N, 2)
    before = mine.copy()
    improve(mine, other, side(surer.T.tocsr(), 5.0, 1.0), 3)
    assert np.array_equal(mine[M - 1], before[M - 1])
    assert not np.isclose(mine[: M - 1], before[: M - 1]).all(axis=1).any()


def test_threads_decide_nothing_but_the_time(surer: sparse.csr_matrix) -> None:
    made, one, two = side(surer, 5.0, 1.0), start(N, 1), start(N, 1)
    assert len(made.groups) > 2
    first = improve(one, start(M, 2), made, 3, watched=True)
    second = improve(two, start(M, 2), made, 3, threads=3, watched=True)
    assert np.array_equal(one, two)
    assert first == second


def test_frequency_moves_the_ridge_and_keeps_its_mean(surer: sparse.csr_matrix) -> None:
    weight = M + surer.toarray().sum(axis=1)
    flat, scaled = (side(surer, 5.0, frequency).ridge for frequency in (0.0, 1.0))
    np.testing.assert_allclose(flat, 5.0)
    np.testing.assert_allclose(scaled, 5.0 * weight / weight.mean(), rtol=1e-5)


def test_the_loss_is_that_of_all_pairs(surer: sparse.csr_matrix) -> None:
    users, items = start(N, 1), start(M, 2)
    users[0], items[M - 1] = 0.0, 0.0
    sides = side(surer, 5.0, 1.0), side(surer.T.tocsr(), 7.0, 1.0)
    seen = improve(items, users, sides[1], 2, watched=True)
    more = surer.toarray().astype(float)
    squares = (1 + more) * ((more > 0) - users.astype(float) @ items.T) ** 2
    ridges = sides[0].ridge @ (users**2).sum(axis=1) + sides[1].ridge @ (items**2).sum(axis=1)
    expected = (squares.sum() + ridges) / (1 + more).sum()
    assert loss(seen, users, items, sides) == pytest.approx(expected, rel=1e-4)


def test_a_log_without_entries_leaves_all_as_it_is() -> None:
    made: Side = side(sparse.csr_matrix((3, 4), dtype=np.float32), 5.0, 1.0)
    mine = start(3, 1)
    assert improve(mine, start(4, 2), made, 3, watched=True) == 0.0
    assert np.array_equal(mine, start(3, 1))
