import numpy as np
import pytest
from scipy import sparse

from training.log import Log
from training.ratings import errors, rated
from training.split import Split, split


def log(**changed: object) -> Log:
    columns: dict[str, object] = {
        "users": np.array([0, 1, 0, 0, 1], np.int32),
        "items": np.array([0, 0, 1, 0, -1], np.int32),
        "events": np.array([0, 0, 0, 0, 1], np.int16),
        "values": np.array([5, 2, np.nan, 0, 3], np.float32),
        "at": np.array([1, 2, 3, 4, 5]),
        "event_names": ("rating", "search"),
        "n_users": 2,
        "n_items": 2,
    }
    return Log(**(columns | changed))  # type: ignore[arg-type]


def test_the_newest_rating_of_a_pair_counts_even_when_it_is_zero() -> None:
    found = rated(log())
    rows = list(zip(found.users, found.items, found.confidence, found.at, strict=True))
    assert rows == [(1, 0, 2.0, 2), (0, 0, 0.0, 4)]


def test_a_rating_of_zero_survives_the_split() -> None:
    users = np.repeat(np.arange(4), 10).astype(np.int32)
    items = np.tile(np.arange(10), 4).astype(np.int32)
    many = log(
        users=users, items=items, events=np.zeros(40, np.int16), at=None,
        values=np.zeros(40, np.float32), n_users=4, n_items=10,
    )  # fmt: skip
    made = split(rated(many), "random")
    assert (made.train.nnz, made.validation.nnz, made.test.nnz) == (32, 4, 4)


def test_a_log_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="carries a rating"):
        rated(log(values=np.full(5, np.nan, np.float32)))


def three(test: list[list[float]]) -> Split:
    train = sparse.csr_matrix(np.array([[1, 5, 0], [0, 4, 2]], np.float32))
    empty = sparse.csr_matrix(np.zeros((2, 3), np.float32))
    return Split(
        train, empty, sparse.csr_matrix(np.array(test, np.float32)), None, "given", 0, None
    )


def test_errors_are_over_ratings_and_predictions_stay_on_the_scale() -> None:
    made = three([[0, 0, 4], [3, 0, 0]])
    guesses = np.array([[0, 0, 9.0], [2, 0, 0]])  # 9 is cut to 5: off by 1 and by 1
    found = errors(lambda users: guesses[users], made, "test", np.random.default_rng(0))
    assert (found.rmse.mean, found.mae.mean, found.n, found.rmse.n) == (1.0, 1.0, 2, 2)
    assert (found.rmse.lo, found.rmse.hi) == (1.0, 1.0)


def test_a_square_weighs_large_errors_more() -> None:
    made = three([[0, 0, 4], [3, 0, 1]])
    guesses = np.array([[0, 0, 4.0], [3, 0, 4]])  # off by 0, 0 and 3
    found = errors(lambda users: guesses[users], made, "test", np.random.default_rng(0))
    assert (found.rmse.mean, found.mae.mean) == (pytest.approx(3**0.5), 1.0)
    assert found.rmse.lo <= found.rmse.mean <= found.rmse.hi


def test_edges_are_refused_in_words() -> None:
    rng, made = np.random.default_rng(0), three([[0, 0, 4], [0, 0, 0]])
    with pytest.raises(ValueError, match="validation part holds no ratings"):
        errors(lambda users: np.ones((len(users), 3)), made, "validation", rng)
    with pytest.raises(ValueError, match="part must be"):
        errors(lambda users: np.ones((len(users), 3)), made, "train", rng)
    with pytest.raises(ValueError, match="no number"):
        errors(lambda users: np.full((len(users), 3), np.nan), made, "test", rng)
    alone = errors(lambda users: np.ones((len(users), 3)), made, "test", rng)
    assert alone.rmse.mean == 3.0 and np.isnan(alone.rmse.lo)
