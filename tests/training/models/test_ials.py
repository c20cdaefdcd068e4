from pathlib import Path

import numpy as np
import pytest

from tests.training.models.planted import fitted, planted
from training.bundle import Bundle
from training.models.contract import quiet
from training.models.ials import Ials
from training.store import Checkpoint, curves

WHOLE = planted(stars=True)


class Interrupted(Exception):
    pass


def test_each_item_solves_its_dense_least_squares() -> None:
    knobs = {"alpha": 2.0, "regularization": 5.0, "frequency": 0.0, "iterations": 40}
    made = fitted("ials", WHOLE, factors=8, **knobs)
    users = made.user_factors_.astype(float)  # the items moved last, towards these
    relative = WHOLE.train.toarray() / WHOLE.train.data.mean()
    for item in range(0, WHOLE.n_items, 7):
        r = relative[:, item]
        confidence = np.diag(1.0 + 2.0 * r)
        left = users.T @ confidence @ users + 5.0 * np.eye(8)
        right = users.T @ confidence @ (r > 0)
        expected = np.linalg.solve(left, right)
        np.testing.assert_allclose(made.item_factors_[item], expected, atol=2e-4)


@pytest.mark.parametrize("frequency", [0.0, 1.0])
def test_serving_folds_in_by_the_same_confidence_and_ridge(frequency: float) -> None:
    made = fitted("ials", WHOLE, factors=8, alpha=8.0, iterations=60, frequency=frequency)
    bundle = Bundle("factors", made.serving(), made.serving_meta())
    folded = [bundle.folded(row.indices, row.data) for row in WHOLE.train[:40]]
    # users moved a half round before the items; after 60 rounds both stand still
    np.testing.assert_allclose(folded, made.user_factors_[:40], atol=2e-3)


def test_the_loss_falls_to_where_it_stays(tmp_path: Path) -> None:
    place = Checkpoint(tmp_path)
    Ials(factors=8).fit(WHOLE, rng=np.random.default_rng(0), progress=quiet, checkpoint=place)
    found = [row["loss"] for row in curves(tmp_path)]
    assert len(found) == 15
    assert (np.diff(found) < 1e-6).all()


def test_a_resumed_run_equals_an_unbroken_one_bit_by_bit(tmp_path: Path) -> None:
    def stop_at_six(done: int, total: int, step: str) -> None:
        if done == 6:
            raise Interrupted

    steps: list[int] = []
    unbroken = fitted("ials", WHOLE, factors=16)
    place = Checkpoint(tmp_path)
    with pytest.raises(Interrupted):
        Ials(factors=16).fit(
            WHOLE, rng=np.random.default_rng(0), progress=stop_at_six, checkpoint=place
        )
    resumed = Ials(factors=16).fit(
        WHOLE,
        rng=np.random.default_rng(99),  # what was drawn lies in the checkpoint
        progress=lambda done, total, step: steps.append(done),
        checkpoint=Checkpoint(tmp_path),
    )
    assert steps == list(range(7, 16))
    assert np.array_equal(unbroken.user_factors_, resumed.user_factors_)
    assert np.array_equal(unbroken.item_factors_, resumed.item_factors_)


def test_a_finished_checkpoint_is_not_trained_again(tmp_path: Path) -> None:
    place = Checkpoint(tmp_path)
    first = Ials(factors=4).fit(
        WHOLE, rng=np.random.default_rng(0), progress=quiet, checkpoint=place
    )
    again = Ials(factors=4).fit(
        WHOLE, rng=np.random.default_rng(1), progress=quiet, checkpoint=place
    )
    assert np.array_equal(first.item_factors_, again.item_factors_)


@pytest.mark.parametrize("other", [{"alpha": 4.0}, {"iterations": 20}])
def test_a_checkpoint_of_other_parameters_is_not_used(
    tmp_path: Path, other: dict[str, float]
) -> None:
    place, steps = Checkpoint(tmp_path), []
    Ials(factors=4).fit(WHOLE, rng=np.random.default_rng(0), progress=quiet, checkpoint=place)
    Ials(factors=4, **other).fit(
        WHOLE,
        rng=np.random.default_rng(0),
        progress=lambda done, total, step: steps.append(done),
        checkpoint=Checkpoint(tmp_path),
    )
    assert steps[0] == 1


def test_a_checkpoint_of_another_log_is_not_used(tmp_path: Path) -> None:
    steps: list[int] = []
    place = Checkpoint(tmp_path)
    Ials(factors=4).fit(WHOLE, rng=np.random.default_rng(0), progress=quiet, checkpoint=place)
    Ials(factors=4).fit(
        planted(seed=2),
        rng=np.random.default_rng(0),
        progress=lambda done, total, step: steps.append(done),
        checkpoint=Checkpoint(tmp_path),
    )
    assert steps[0] == 1


def test_the_unit_of_the_confidence_changes_nothing() -> None:
    from dataclasses import replace

    seconds = WHOLE.train.copy()
    seconds.data = seconds.data * 64  # a power of two: no rounding
    one, other = fitted("ials", WHOLE), fitted("ials", replace(WHOLE, train=seconds))
    np.testing.assert_allclose(one.item_factors_, other.item_factors_, atol=1e-5)
