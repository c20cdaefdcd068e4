from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from tests.training import small
from training.distance import choose, from_text, from_topics, from_train


def test_same_topics_are_alike_and_disjoint_ones_wholly_unlike() -> None:
    d = from_topics(sparse.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]]))
    assert d(0, 1) == pytest.approx(0, abs=1e-7)
    assert d(0, 2) == 1
    assert d(0, 3) == pytest.approx(1 - np.sqrt(0.5))


def test_missing_topics_are_no_diversity() -> None:
    d = from_topics(sparse.csr_matrix([[1, 0], [0, 0], [0, 0]]))
    assert d(1, 2) == 0
    assert d(0, 1) == 1


def test_weights_in_the_topic_table_do_not_matter() -> None:
    table = sparse.csr_matrix([[5.0, 1], [1, 1]])
    assert from_topics(table)(0, 1) == pytest.approx(0, abs=1e-7)


def test_opposite_texts_are_as_unlike_as_unrelated_ones() -> None:
    d = from_text(np.array([[2.0, 0], [-1, 0], [0, 3], [0, 0], [0, 0]]))
    assert (d(0, 1), d(0, 2), d(3, 4)) == (1, 1, 0)


def test_items_of_the_same_users_are_alike() -> None:
    train = sparse.csr_matrix(np.kron(np.eye(2), np.ones((3, 3))), dtype=np.float32)
    d = from_train(train)
    assert d(0, 2) == pytest.approx(0, abs=1e-6)
    assert d(0, 3) == pytest.approx(1, abs=1e-6)


def test_collaborative_vectors_are_the_same_every_time_and_cut_to_d() -> None:
    train = small.split(200, 150).train
    first, second = from_train(train, 16), from_train(train, 16)
    assert first.vectors.shape[1] <= 17  # one more column when an item has no users
    assert (first.vectors == second.vectors).all()
    np.testing.assert_allclose(np.linalg.norm(first.vectors, axis=1), 1, atol=1e-6)


def test_cut_factors_have_the_cosines_of_the_whole_decomposition() -> None:
    train = small.split(200, 150).train.astype(np.float64)
    rows = train.toarray() / np.sqrt(np.maximum(train.getnnz(axis=1), 1))[:, None]
    _, s, v = np.linalg.svd(rows, full_matrices=False)
    best = (v.T * s)[:, :16]
    best /= np.linalg.norm(best, axis=1, keepdims=True)
    got = from_train(train, 16).vectors.astype(float)
    np.testing.assert_allclose(got @ got.T, best @ best.T, atol=1e-5)


def test_pairs_of_a_list_equal_the_single_distances() -> None:
    d = from_topics(small.items().topics)
    lists = np.array([[3, 9, 20, 9], [40, 1, -1, -1]], np.int32)
    got = d.pairs(lists)
    for row, mine in enumerate(lists):
        for a in range(4):
            for b in range(4):
                gone = mine[a] < 0 or mine[b] < 0 or a == b
                assert got[row, a, b] == pytest.approx(0 if gone else d(mine[a], mine[b]), abs=1e-6)


def test_the_default_is_the_first_that_the_data_has() -> None:
    split = small.split()
    assert split.items is not None
    bare = dataclasses.replace(split.items, topics=sparse.csr_matrix((60, 5), dtype=np.float32))
    texts = dataclasses.replace(bare, vectors=np.eye(60, 8, dtype=np.float32))
    assert choose(split.items, split.train).source == "categories"
    assert choose(texts, split.train).source == "text"
    assert choose(bare, split.train).source == "collaborative"
    assert choose(None, split.train).source == "collaborative"


def test_it_says_what_the_data_lacks() -> None:
    split = small.split()
    with pytest.raises(ValueError, match="needs text vectors"):
        choose(split.items, split.train, "text")
    with pytest.raises(ValueError, match="needs items with topics"):
        choose(None, split.train, "categories")
    with pytest.raises(ValueError, match="'colour'"):
        choose(split.items, split.train, "colour")
