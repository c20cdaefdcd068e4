"""Each loss beside the slow plain formula, and which way a step downhill moves the scores."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from training import losses

LOSSES: dict[str, Callable[..., Tensor]] = {
    "info_nce": losses.info_nce,
    "hinge": lambda p, n, **more: losses.hinge(p, n, 0.5, **more),
    "bpr": losses.bpr,
    "bce": losses.bce,
    "focal": lambda p, n, **more: losses.focal(p, n, 2.0, **more),
    "mse": losses.mse,
}
MEANS = sorted(set(LOSSES) - {"info_nce"})  # the ones that average over negatives


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


PLAIN: dict[str, Callable[[float, list[float]], float]] = {
    "info_nce": lambda p, n: -math.log(math.exp(p) / (math.exp(p) + sum(map(math.exp, n)))),
    "hinge": lambda p, n: sum(max(0.0, 0.5 - p + x) for x in n) / len(n),
    "bpr": lambda p, n: sum(-math.log(sigmoid(p - x)) for x in n) / len(n),
    "bce": lambda p, n: -math.log(sigmoid(p)) - sum(math.log(1 - sigmoid(x)) for x in n) / len(n),
    "focal": lambda p, n: (
        -((1 - sigmoid(p)) ** 2) * math.log(sigmoid(p))
        - sum(sigmoid(x) ** 2 * math.log(1 - sigmoid(x)) for x in n) / len(n)
    ),
    "mse": lambda p, n: (1 - p) ** 2 + sum(x * x for x in n) / len(n),
}


def scores(seed: int = 0) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=5)), torch.tensor(rng.normal(size=(5, 7)))


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_the_formula(name: str) -> None:
    positive, negatives = scores()
    expected = [
        PLAIN[name](p, n) for p, n in zip(positive.tolist(), negatives.tolist(), strict=True)
    ]
    np.testing.assert_allclose(LOSSES[name](positive, negatives), expected, rtol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_one_step_downhill_parts_what_was_taken_from_what_was_not(name: str) -> None:
    positive = torch.tensor([0.1, 0.2], requires_grad=True)
    negatives = torch.tensor([[0.3, 0.15], [0.4, 0.1]], requires_grad=True)
    LOSSES[name](positive, negatives).sum().backward()
    assert positive.grad is not None and negatives.grad is not None
    assert (positive.grad < 0).all()  # downhill is up for what was taken
    assert (negatives.grad > 0).all()


@pytest.mark.parametrize("name", MEANS)
def test_a_negative_that_is_none_changes_nothing(name: str) -> None:
    positive, negatives = scores()
    valid = torch.ones_like(negatives, dtype=torch.bool)
    valid[:, 3:] = False
    found = LOSSES[name](positive, negatives, valid=valid)
    torch.testing.assert_close(found, LOSSES[name](positive, negatives[:, :3]))
    nobody = LOSSES[name](positive, negatives, valid=torch.zeros_like(valid))
    assert torch.isfinite(nobody).all()


def test_softmax_and_info_nce_are_ln_n_when_all_are_equal() -> None:
    equal = torch.full((3, 11), 0.7)
    target = torch.tensor([0, 5, 10])
    np.testing.assert_allclose(losses.softmax(equal, target), math.log(11), rtol=1e-6)
    found = losses.info_nce(equal[:, 0], equal[:, 1:])
    np.testing.assert_allclose(found, math.log(11), rtol=1e-6)


def test_info_nce_against_all_others_is_the_full_softmax() -> None:
    _, everything = scores()
    target = torch.tensor([2, 0, 6, 3, 3])
    rest = torch.stack(
        [row[torch.arange(7) != t] for row, t in zip(everything, target, strict=True)]
    )
    right = everything[torch.arange(5), target]
    torch.testing.assert_close(
        losses.info_nce(right, rest), losses.softmax(everything, target), check_dtype=False
    )


def test_a_negative_filled_with_never_does_not_count_even_when_nothing_else_is_left() -> None:
    positive = torch.tensor([1.0], requires_grad=True)
    negatives = torch.tensor([[2.0, 3.0]], requires_grad=True)
    hidden = negatives.masked_fill(torch.tensor([[True, True]]), losses.NEVER)
    losses.info_nce(positive, hidden).sum().backward()
    assert positive.grad is not None and positive.grad.item() == 0.0
    assert negatives.grad is not None and negatives.grad.tolist() == [[0.0, 0.0]]


def test_log_q_gives_the_full_sum_whatever_law_the_sample_came_by() -> None:
    """The expected sum of e^(s - ln count) over a drawn sample is the sum over all items."""
    rng = np.random.default_rng(0)
    score = torch.tensor(rng.normal(size=50))
    whole = float(torch.exp(score).sum())
    for law in (np.ones(50), 1 / (1 + np.arange(50))):  # uniform, popular first
        chance = law / law.sum()
        drawn = torch.tensor(rng.choice(50, (4000, 20), p=chance))
        log_counts = torch.log(20 * torch.tensor(chance))[drawn]
        loss = losses.info_nce(torch.full((4000,), -40.0), score[drawn], log_counts)
        assert float(torch.exp(loss - 40.0).mean()) == pytest.approx(whole, rel=0.03)


def test_focal_without_gamma_is_binary_cross_entropy() -> None:
    positive, negatives = scores()
    torch.testing.assert_close(
        losses.focal(positive, negatives, 0.0), losses.bce(positive, negatives)
    )


def test_focal_looks_away_from_what_is_already_right() -> None:
    sure, unsure = torch.tensor([4.0]), torch.tensor([0.0])
    none = torch.full((1, 1), -50.0)
    share = losses.focal(sure, none, 2.0) / losses.bce(sure, none)
    assert share < 0.01 < losses.focal(unsure, none, 2.0) / losses.bce(unsure, none)


@pytest.mark.parametrize("name", LOSSES)
def test_half_precision_scores_are_computed_in_float32(name: str) -> None:
    positive, negatives = scores()
    found = LOSSES[name](positive.bfloat16(), negatives.bfloat16())
    assert found.dtype == torch.float32
    torch.testing.assert_close(
        found, LOSSES[name](positive, negatives), rtol=0.05, atol=0.05, check_dtype=False
    )
