from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from training.features import Confidence, Rule, item_features, multi_hot, positives
from training.log import Items, Log

NAN = float("nan")
# user, item, event, value, at: in time order
ROWS = [
    (0, 0, 0, 3.0, 10),
    (1, 1, 1, NAN, 20),
    (0, 0, 0, 5.0, 30),
    (0, 0, 0, 4.0, 40),
    (1, -1, 1, NAN, 50),
    (1, 0, 0, 1.0, 60),
    (1, 0, 1, NAN, 70),
]


def log_of(rows: list[tuple[int, int, int, float, int]]) -> Log:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    return Log(
        users=np.array(columns[0], dtype=np.int32),
        items=np.array(columns[1], dtype=np.int32),
        events=np.array(columns[2], dtype=np.int16),
        values=np.array(columns[3], dtype=np.float32),
        at=np.array(columns[4], dtype=np.int64),
        event_names=("rating", "view"),
        n_users=3,
        n_items=4,
    )


LOG = log_of(ROWS)


def test_a_pair_keeps_its_largest_confidence_and_newest_time() -> None:
    found = positives(LOG, [Rule("rating", 2.0, "value")])
    assert (found.users.tolist(), found.items.tolist()) == ([0], [0])
    assert found.at is not None and found.rows is not None
    assert (found.confidence.tolist(), found.at.tolist(), found.rows.tolist()) == ([5], [40], [3])


def test_rules_combine_and_searches_are_dropped() -> None:
    found = positives(LOG, [Rule("rating", 4.0), Rule("view", weight=0.5)])
    pairs = list(zip(found.users, found.items, found.confidence, strict=True))
    assert pairs == [(1, 1, 0.5), (0, 0, 1.0), (1, 0, 0.5)]  # in the order of the log


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [("one", 2.0), ("value", 6.0), ("log", 2 * (1 + np.log(4))), ("one+value", 8.0)],
)
def test_each_confidence_has_its_formula(confidence: Confidence, expected: float) -> None:
    found = positives(log_of([(0, 0, 0, 3.0, 1)]), [Rule("rating", None, confidence, weight=2.0)])
    assert found.confidence.tolist() == pytest.approx([expected])


def test_events_without_a_value_or_worth_nothing() -> None:
    rows = [(0, 0, 0, NAN, 1), (0, 1, 0, 0.0, 2), (0, 2, 0, -3.0, 3)]
    assert positives(log_of(rows), [Rule("rating", None, "value")]).items.tolist() == [0]
    assert positives(log_of(rows), [Rule("rating", 0.0, "one")]).items.tolist() == [1]
    assert len(positives(log_of(rows), [Rule("purchase")])) == 0
    assert len(positives(log_of([]), [Rule("rating")])) == 0


def test_wrong_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="no rule"):
        positives(LOG, [])
    with pytest.raises(ValueError, match="weight"):
        positives(LOG, [Rule("rating", weight=0)])
    with pytest.raises(ValueError, match="confidence"):
        positives(LOG, [Rule("rating", confidence="stars")])  # type: ignore[arg-type]


ROW = st.tuples(st.integers(0, 2), st.integers(-1, 3), st.integers(0, 1), st.floats(0, 5, width=32))


@given(st.lists(ROW, max_size=30))
def test_positives_equal_a_plain_loop(rows: list[tuple[int, int, int, float]]) -> None:
    timed = [(*row, time) for time, row in enumerate(rows)]
    found = positives(log_of(timed), [Rule("rating", 1.0, "value"), Rule("view")])
    expected: dict[tuple[int, int], tuple[float, int]] = {}
    for user, item, event, value, time in timed:
        size = 1.0 if event == 1 else value if value >= 1.0 else 0.0
        if item >= 0 and size > 0:
            best = max(size, expected.pop((user, item), (0.0, 0))[0])
            expected[user, item] = (best, time)
    assert found.at is not None
    columns = (found.users, found.items, found.confidence, found.at)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == [
        (*pair, *rest) for pair, rest in expected.items()
    ]


ITEMS = Items(
    titles=("a", "b", "c"),
    texts=("a", "b", "c"),
    topic_names=("x", "y"),
    topics=sparse.csr_matrix(np.array([[1, 0], [1, 1], [0, 0]], dtype=np.float32)),
    years=np.array([1995, 1999, np.nan], dtype=np.float32),
)


def test_topics_and_decades_weigh_three() -> None:
    assert item_features(ITEMS).tolist() == [[3, 0, 3], [3, 3, 3], [0, 0, 0]]


def test_text_is_whitened_and_weighs_a_half() -> None:
    rng = np.random.default_rng(0)
    n = 500
    vectors = (rng.normal(size=(n, 10)) @ rng.normal(size=(10, 30))).astype(np.float32)
    bare = Items(("t",) * n, ("t",) * n, (), sparse.csr_matrix((n, 0)), np.full(n, np.nan))
    found = item_features(replace(bare, vectors=vectors), components=8)
    assert (found.shape, found.dtype) == ((n, 8), np.float32)
    np.testing.assert_allclose(found.T @ found / n, 0.25 * np.eye(8), atol=1e-4)
    # ten directions are all there are: the rest would only be noise blown up
    assert item_features(replace(bare, vectors=vectors)).shape == (n, 10)


def test_a_catalogue_without_anything_has_no_features() -> None:
    bare = Items(("t",) * 2, ("t",) * 2, (), sparse.csr_matrix((2, 0)), np.full(2, np.nan))
    assert item_features(bare).shape == (2, 0)


def test_categories_become_columns_in_order_of_their_names() -> None:
    names, topics = multi_hot([("b", "a", "b"), (), ("c",)])
    assert names == ("a", "b", "c")
    assert topics.toarray().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert multi_hot([])[1].shape == (0, 0)
