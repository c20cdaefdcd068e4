import numpy as np
import pytest

from training.calibration import Calibration, calibrate, ece, log_loss, sigmoid, told

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=20_000)
# what is true: half as sure as the scores pretend, and rarer
LABELS = (RNG.random(20_000) < sigmoid(0.5 * LOGITS - 1.0)).astype(float)


def test_platt_finds_the_planted_numbers() -> None:
    found = calibrate(LOGITS, LABELS, "platt")
    assert found.slope == pytest.approx(0.5, abs=0.06)
    assert found.offset == pytest.approx(-1.0, abs=0.06)


@pytest.mark.parametrize("times", [0.01, 1.0, 40.0, 1000.0])
def test_platt_has_no_gradient_left_however_sure_the_scores(times: float) -> None:
    whole = calibrate(times * LOGITS, LABELS, "platt")
    assert whole.slope == pytest.approx(0.5 / times, rel=0.12)
    found = Calibration("platt", whole.slope * times, whole.offset)
    n, rest = LABELS.sum(), len(LABELS) - LABELS.sum()
    goal = np.where(LABELS > 0, (n + 1) / (n + 2), 1 / (rest + 2))
    left = found(LOGITS) - goal
    assert abs(left.sum()) < 1e-6 and abs((left * LOGITS).sum()) < 1e-6


def test_isotonic_rises_and_equals_the_pools_that_a_plain_loop_makes() -> None:
    logits, labels = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    # pools: {1} 0, {2, 3} 1/2, {4, 5} 1; half a pair is added on each side of 0 and 1
    expected = [0.5 / 2, 1.5 / 3, 1.5 / 3, 2.5 / 3, 2.5 / 3]
    np.testing.assert_allclose(calibrate(logits, labels, "isotonic")(logits), expected)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_calibration_mends_what_is_too_sure_and_keeps_the_order(method: str) -> None:
    half = calibrate(LOGITS[::2], LABELS[::2], method)
    facts = told(half, LOGITS[1::2], LABELS[1::2])
    assert facts["ece"] < 0.02 < 0.1 < facts["ece_raw"]
    assert facts["log_loss"] < min(facts["log_loss_raw"], facts["base_log_loss"]) - 0.01
    assert (np.diff(half(np.linspace(-5, 5, 99))) >= 0).all()


def test_the_ends_of_both_measures() -> None:
    labels = np.array([1.0, 0.0, 1.0, 0.0])
    assert log_loss(labels, labels) == 0
    assert log_loss(np.full(4, 0.5), labels) == pytest.approx(np.log(2))
    assert ece(labels, labels, bins=2) == 0
    assert ece(1 - labels, labels, bins=2) == 1
    assert ece(np.full(4, 0.5), labels, bins=1) == 0


def test_without_a_method_it_is_the_sigmoid() -> None:
    np.testing.assert_allclose(Calibration()(LOGITS), 1 / (1 + np.exp(-LOGITS)))
    assert calibrate(LOGITS, LABELS, "none") == Calibration()


def test_it_refuses_what_says_nothing() -> None:
    with pytest.raises(ValueError, match="pairs that were taken and pairs that were not"):
        calibrate(LOGITS, np.ones_like(LOGITS))
    with pytest.raises(ValueError, match="method must be one of"):
        calibrate(LOGITS, LABELS, "magic")
