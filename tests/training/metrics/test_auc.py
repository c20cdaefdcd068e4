from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.metrics.auc import auc


def area(scores: list[float], held: list[int], n_masked: int = 0) -> float:
    rows = np.array([scores])
    return float(auc(rows, np.array([n_masked]), np.array([0, len(held)]), np.array(held, int))[0])


def test_held_out_on_top_is_one_and_at_the_bottom_zero() -> None:
    assert area([4.0, 3, 2, 1], [0]) == 1.0
    assert area([4.0, 3, 2, 1], [3]) == 0.0


def test_constant_scores_are_chance() -> None:
    assert area([1.0, 1, 1, 1], [2]) == 0.5


def test_masked_items_do_not_count() -> None:
    assert area([-np.inf, 3, 2, 1], [2], n_masked=1) == 0.5


def test_items_the_model_does_not_score_are_tied_at_the_bottom() -> None:
    # items 0 (masked), 2 and 3 are all -inf; 2 is held out and ties with 3, loses to 1
    assert area([-np.inf, 3, -np.inf, -np.inf], [2], n_masked=1) == pytest.approx(0.25)


def test_it_is_undefined_without_held_out_or_without_others() -> None:
    assert np.isnan(area([1.0, 2], []))
    assert np.isnan(area([1.0, 2], [0, 1]))


def test_it_equals_sklearn_with_ties_and_mask() -> None:
    rng = np.random.default_rng(0)
    # few held-out items are counted one by one, many looked up in the sorted row
    for share in 25 * [0.1, 0.7]:
        scores = rng.integers(0, 8, 40).astype(float)
        masked = rng.random(40) < 0.3
        held = ~masked & (rng.random(40) < share)
        held[np.flatnonzero(~masked)[0]] = True
        given = np.where(masked, -np.inf, scores)
        wanted = roc_auc_score(held[~masked], scores[~masked])
        got = area(given.tolist(), np.flatnonzero(held).tolist(), int(masked.sum()))
        assert got == pytest.approx(wanted)
