from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from training.stats import (
    EXACT_UP_TO,
    Paired,
    bootstrap_frontier,
    bootstrap_mean,
    bootstrap_table,
    holm,
    paired,
    verdict,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_constant_values_have_no_width() -> None:
    found = bootstrap_mean(np.full(20, 0.3), rng())
    assert (found.mean, found.lo, found.hi, found.n) == pytest.approx((0.3, 0.3, 0.3, 20))


def test_nan_users_are_left_out_and_counted() -> None:
    values = np.array([1.0, np.nan, 3.0])
    found = bootstrap_mean(values, rng())
    assert (found.mean, found.n) == (2.0, 2)
    assert (found.lo, found.hi) == (1.0, 3.0)


def test_below_two_users_there_is_no_interval() -> None:
    for values, mean in (([], np.nan), ([0.5], 0.5), ([0.5, np.nan, np.nan], 0.5)):
        found = bootstrap_mean(values, rng())
        assert found.mean == pytest.approx(mean, nan_ok=True)
        assert np.isnan([found.lo, found.hi]).all()


def test_interval_is_the_normal_one_for_many_users() -> None:
    values = rng(1).exponential(size=4000)
    found = bootstrap_mean(values, rng(), 4000)
    half = 1.96 * values.std(ddof=1) / np.sqrt(4000)
    assert found.hi - found.mean == pytest.approx(half, rel=0.08)
    assert found.mean - found.lo == pytest.approx(half, rel=0.08)


def test_interval_equals_scipys_bootstrap() -> None:
    values = rng(2).random(80)
    wanted = scipy_stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=rng()
    ).confidence_interval
    found = bootstrap_mean(values, rng(), 20_000)
    assert (found.lo, found.hi) == pytest.approx((wanted.low, wanted.high), abs=2e-3)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    draws = rng(3)
    samples = draws.random((400, 60))
    found = [bootstrap_mean(row, draws, 400) for row in samples]
    inside = sum(x.lo <= 0.5 <= x.hi for x in found)
    assert 0.91 * 400 <= inside <= 0.98 * 400


def test_same_seed_same_interval_and_columns_share_their_resamples() -> None:
    matrix = rng(1).random((50, 3))
    first, second = bootstrap_frontier(matrix, rng(7)), bootstrap_frontier(matrix, rng(7))
    assert first == second
    doubled = bootstrap_frontier(np.column_stack([matrix[:, 0], 2 * matrix[:, 0]]), rng(7))
    assert doubled[1].hi == pytest.approx(2 * doubled[0].hi)


def test_a_table_keeps_its_names() -> None:
    found = bootstrap_table({"a": [1.0, 1.0], "b": [2.0, 2.0]}, rng())
    assert {name: x.mean for name, x in found.items()} == {"a": 1.0, "b": 2.0}
    assert bootstrap_table({}, rng()) == {}


def test_it_refuses_wrong_shapes() -> None:
    with pytest.raises(ValueError, match="1-D"):
        bootstrap_mean(np.zeros((2, 2)), rng())
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
        paired([1, 2], [1, 2, 3], rng())


def test_equal_systems_do_not_differ() -> None:
    found = paired(np.arange(9.0), np.arange(9.0), rng())
    assert (found.difference, found.lo, found.hi, found.p) == (0, 0, 0, 1)


def test_the_difference_is_the_first_minus_the_second_where_both_are() -> None:
    found = paired([3.0, np.nan, 5.0], [1.0, 7.0, 2.0], rng())
    assert (found.difference, found.n) == (2.5, 2)


def test_p_equals_all_sign_flips() -> None:
    moved = np.array([0.9, -0.2, 0.5, 0.4, 0.7, -0.1, 0.3, 0.6, 0.2, 0.8])
    signs = 1 - 2 * ((np.arange(1024)[:, None] >> np.arange(10)) & 1)
    exact = (np.abs(signs @ moved) >= abs(moved.sum()) - 1e-9).mean()
    found = paired(moved, np.zeros(10), rng())
    assert found.test == "sign-flip"
    assert found.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 9999))


def test_p_is_never_zero_and_ignores_users_without_a_value() -> None:
    moved = np.linspace(1, 2, 30)
    sure = paired(moved, np.zeros(30), rng())
    assert sure.p == pytest.approx(1 / 10_000)
    noisy = rng(1).normal(0.1, 1, 40)
    plain = paired(noisy, np.zeros(40), rng())
    with_gaps = paired(np.append(noisy, np.nan), np.zeros(41), rng())
    assert with_gaps == plain


def test_p_is_uniform_when_nothing_differs() -> None:
    draws = rng(5)
    ps = [paired(draws.random(40), draws.random(40), draws, 10).p for _ in range(200)]
    assert scipy_stats.kstest(ps, "uniform").pvalue > 0.001


def test_many_users_take_the_normal_test() -> None:
    a = rng(0).normal(0.01, 1, EXACT_UP_TO + 1)
    found = paired(a, np.zeros(len(a)), rng(), 20)
    assert found.test == "normal"
    assert found.p == pytest.approx(scipy_stats.ttest_1samp(a, 0).pvalue, rel=1e-2)


def test_holm_by_head() -> None:
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.9]).tolist() == [1, 1]
    assert holm([0.2, np.nan]).tolist() == pytest.approx([0.2, np.nan], nan_ok=True)
    assert holm([]).tolist() == []


@pytest.mark.parametrize(
    ("difference", "direction", "code"),
    [
        (0.1, "up", "better"),
        (-0.1, "up", "worse"),
        (-0.1, "down", "better"),
        (0.1, "down", "worse"),
    ],
)
def test_verdict_reads_the_direction(difference: float, direction: str, code: str) -> None:
    sure = Paired(difference, difference - 0.01, difference + 0.01, 0.001, 99, "sign-flip")
    assert verdict(sure, 0.5, direction=direction) == code


def test_verdict_calls_noise_noise() -> None:
    assert verdict(Paired(0.1, 0.09, 0.11, 0.06, 9, "sign-flip"), 0.5) == "noise"
    assert verdict(Paired(0.1, -0.01, 0.2, 0.04, 9, "sign-flip"), 0.5) == "noise"
    assert verdict(Paired(0.1, np.nan, np.nan, np.nan, 1, "none"), 0.5) == "noise"
    assert (
        verdict(Paired(0.001, 0.0005, 0.002, 0.001, 9, "sign-flip"), 0.5, minimum=0.01) == "noise"
    )


def test_verdict_knows_two_directions() -> None:
    with pytest.raises(ValueError, match="'none'"):
        verdict(Paired(0.1, 0.1, 0.1, 0.0, 9, ""), 0.5, direction="none")
