"""The order of a log in time, found stretch by stretch."""

import numpy as np
import pytest

from recweb.datasets import arrays

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "at",
    [
        RNG.integers(1_300_000_000, 1_331_000_000, 50_000),
        RNG.integers(0, 7, 50_000),  # nearly all are ties
        np.full(5_000, 7),
        np.arange(5_000)[::-1],
        np.array([3]),
        np.array([], dtype=np.int64),
    ],
)
@pytest.mark.parametrize("part", [1_000, 49_999, 2_000_000])
def test_the_order_is_that_of_a_stable_sort(at: np.ndarray, part: int) -> None:
    assert np.array_equal(arrays.order_of(at, part), np.argsort(at, kind="stable"))


def test_a_cancel_is_looked_for_between_the_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(arrays, "check", lambda: asked.append(1))
    arrays.order_of(RNG.integers(0, 10**9, 50_000), 5_000)
    assert len(asked) == 10
