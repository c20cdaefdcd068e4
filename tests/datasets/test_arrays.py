"""The order of a log in time, found stretch by stretch."""

import numpy as np
import pytest

from recweb.datasets import arrays
from recweb.datasets.patience import AT_WORK
from recweb.jobs.models import Job
from recweb.jobs.run import Run, Stopped

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


def test_a_cancel_ends_the_work_between_two_stretches() -> None:
    asked = iter(["", "", "cancel"])  # it comes while the third of ten is put in order
    mark = AT_WORK.set(Run(Job(pk=1, kind="import", params={}, owner_id=1), lambda: next(asked)))
    try:
        with pytest.raises(Stopped):
            arrays.order_of(RNG.integers(0, 10**9, 50_000), 5_000)
    finally:
        AT_WORK.reset(mark)
    assert next(asked, "all asked") == "all asked"
