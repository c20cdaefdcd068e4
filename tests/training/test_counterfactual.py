"""Without which items of a history a recommended one would be gone: against trying all of them."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from training.bundle import Bundle
from training.serve import drops

N, K = 40, 5


def made(seed: int, recency: float = 1.0, low: float = -0.3) -> Bundle:
    """Every item speaks for (or against) twelve others."""
    rng = np.random.default_rng(seed)
    neighbours = np.array([rng.permutation(N)[:12] for _ in range(N)], np.int32)
    weights = rng.uniform(low, 1.0, (N, 12)).astype(np.float32)
    popular = np.arange(N, dtype=np.int32)
    arrays = {"neighbours": neighbours, "weights": weights, "fallback": popular,
              "fallback_scores": popular[::-1].astype(np.float32)}  # fmt: skip
    return Bundle("item-item", arrays, {"form": "item-item", "recency": recency})


def top(bundle: Bundle, history: np.ndarray, gone: np.ndarray, sure: Any = None) -> list[int]:
    scores = bundle.scores(None, history, sure)
    scores[gone] = -np.inf
    order = np.lexsort((np.arange(N), -scores))
    return [int(item) for item in order[:K] if np.isfinite(scores[item])]


@pytest.mark.parametrize("recency", [1.0, 0.8])
@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_smallest_set_of_all_that_can_be_tried(seed: int, recency: float) -> None:
    bundle, rng = made(seed, recency), np.random.default_rng(seed + 100)
    history, sure = rng.permutation(N)[:8], rng.uniform(0.5, 5.0, 8)
    first = top(bundle, history, history, sure)
    found = drops(bundle, np.array(first), history, history, sure)
    by_size: dict[int, set[int]] = {1: set(), 2: set()}
    for size in (1, 2):
        for some in combinations(range(8), size):
            left = np.delete(np.arange(8), some)
            by_size[size] |= set(first) - set(top(bundle, history[left], history, sure[left]))
    for item in first:
        said = found.get(item, ())
        if said:
            left = np.flatnonzero(~np.isin(history, said))
            assert item not in top(bundle, history[left], history, sure[left])
            assert len(said) == 1 or item not in by_size[1]
    assert {item for item, said in found.items() if len(said) == 1} <= by_size[1]
    assert found, "a test in which nothing is found says nothing"


@pytest.mark.parametrize("seed", range(4))
def test_where_nothing_speaks_against_an_item_none_is_missed(seed: int) -> None:
    bundle = made(seed, low=0.01)
    history = np.random.default_rng(seed).permutation(N)[:6]
    first = top(bundle, history, history)
    found = drops(bundle, np.array(first), history, history)
    for item in first:
        needed = [
            size
            for size in (1, 2)
            for some in combinations(range(6), size)
            if item not in top(bundle, np.delete(history, some), history)
        ]
        assert len(found.get(item, ())) == (min(needed) if needed else 0)


def test_it_is_silent_where_it_would_not_be_true() -> None:
    bundle, history = made(0), np.array([1, 2, 3])
    first = np.array(top(bundle, history, history))
    assert drops(bundle, first, history, history)
    assert drops(bundle, first[::-1][:3], history, history) == {}, "another list than the model's"
    assert drops(bundle, first, np.array([], int), history) == {}
    factors = Bundle("factors", {"item_factors": np.ones((N, 2))}, {"form": "factors"})
    assert drops(factors, first, history, history) == {}
