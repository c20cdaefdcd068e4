from __future__ import annotations

import numpy as np
import pytest

from training.rerank.mmr import grid, scaled, similarity
from training.rerank.path import path


def user(seed: int, n: int = 60, levels: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Topic vectors, hence many equal similarities; with levels, equal relevances as well."""
    rng = np.random.default_rng(seed)
    topics = (rng.random((n, 19)) < 0.12).astype(np.float32)
    topics[topics.sum(axis=1) == 0, 0] = 1
    vectors = topics / np.linalg.norm(topics, axis=1, keepdims=True)
    scores = rng.random(n) if levels is None else rng.integers(0, levels, n).astype(float)
    return scaled(-np.sort(-scores)), vectors


@pytest.mark.parametrize("levels", [None, 6, 2])
def test_path_and_grid_never_disagree(levels: int | None) -> None:
    weights = np.linspace(0, 1, 201)
    disagreements = compared = 0
    for seed in range(25):
        relevance, vectors = user(seed, levels=levels)
        exact = path(relevance, vectors, 8)
        lists = grid(relevance[None], similarity(vectors[None]), 8, weights)[:, 0]
        found = np.array([exact.at(w) for w in weights])
        assert (np.diff(exact.ends) > 0).all()
        disagreements += int((found != lists).any(axis=1).sum())
        compared += len(weights)
    assert (disagreements, compared) == (0, 5025)


def test_the_grid_agrees_on_both_sides_of_every_breakpoint() -> None:
    relevance, vectors = user(3)
    exact = path(relevance, vectors, 8)
    sim = similarity(vectors[None])
    for end in exact.ends[:-1]:
        for weight in (np.floor(end * 1000) / 1000, np.ceil(end * 1000) / 1000):
            wanted = grid(relevance[None], sim, 8, [weight])[0, 0]
            assert exact.at(weight).tolist() == wanted.tolist()


def test_ends_rise_to_one_and_neighbours_differ() -> None:
    exact = path(*user(0), 10)
    assert (np.diff(exact.ends) > 0).all()
    assert exact.ends[-1] == 1.0
    assert (exact.positions[1:] != exact.positions[:-1]).any(axis=1).all()
    assert len(exact.ends) > 10


def test_two_items_by_head() -> None:
    # after item 0: its twin gains .8 (1 - w) - w, the other .2 (1 - w); equal at w = .375
    exact = path(np.array([1.0, 0.8, 0.2]), np.array([[1, 0], [1, 0], [0, 1]], np.float32), 2)
    assert exact.positions.tolist() == [[0, 1], [0, 2]]
    assert exact.ends == pytest.approx([0.375, 1], abs=1e-5)


def test_weight_zero_is_relevance_alone_even_among_ties() -> None:
    # 1 and 2 are equally relevant, but 1 is 0's twin: any diversity at all prefers 2
    exact = path(np.array([1.0, 0.5, 0.5]), np.array([[1, 0], [1, 0], [0, 1]], np.float32), 3)
    assert exact.at(0.0).tolist() == [0, 1, 2]
    assert exact.at(0.001).tolist() == [0, 2, 1]
    assert exact.ends[0] == 0.0


def test_one_candidate_missing_ones_and_k_beyond_them() -> None:
    vectors = np.eye(3, dtype=np.float32)
    exact = path(np.array([1.0, 0.5, np.nan]), vectors, 4)
    assert exact.positions.tolist() == [[0, 1, -1, -1]]
    alone = path(np.array([1.0]), vectors[:1], 2)
    assert (alone.ends.tolist(), alone.positions.tolist()) == ([1.0], [[0, -1]])


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="most relevant first"):
        path(np.array([0.1, 1.0]), np.eye(2, dtype=np.float32), 2)
    with pytest.raises(ValueError, match=r"\(2, d\)"):
        path(np.array([1.0, 0.1]), np.eye(3, dtype=np.float32), 2)
    with pytest.raises(ValueError, match="0..1"):
        path(np.array([1.0, 0.1]), np.eye(2, dtype=np.float32), 2).at(1.2)
