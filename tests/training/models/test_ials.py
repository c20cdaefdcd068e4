from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tests.training.models.planted import fitted, planted
from training.bundle import Bundle
from training.cli.refit import settled
from training.models.confidence import balance, hold
from training.models.contract import quiet
from training.models.ials import Ials
from training.models.mf_ips import propensities
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
    seconds = WHOLE.train.copy()
    seconds.data = seconds.data * 64  # a power of two: no rounding
    one, other = fitted("ials", WHOLE), fitted("ials", replace(WHOLE, train=seconds))
    np.testing.assert_allclose(one.item_factors_, other.item_factors_, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "events", "alpha"),
    [((10, 10), 20, 3.0), ((100, 100), 100, 99 / 25), ((10**5, 10**4), 10, 1000.0)],
    ids=["dense", "sparse", "hardly anything"],
)
def test_the_sparser_a_log_the_more_an_event_says(
    shape: tuple[int, int], events: int, alpha: float
) -> None:
    at = np.arange(events)
    log = sparse.csr_matrix((np.ones(events), (at % shape[0], at // shape[0])), shape=shape)
    assert balance(log) == pytest.approx(alpha) and hold(log) == 30.0
    assert balance(sparse.csr_matrix(shape)) <= 1000.0


def test_the_more_events_the_more_holds_the_vectors() -> None:
    assert hold(sparse.csr_matrix(np.ones((500, 800)))) == pytest.approx(np.sqrt(400_000) / 10)


def test_what_is_left_empty_comes_from_the_log() -> None:
    silent = sparse.csr_matrix((9000, WHOLE.n_items))
    few = replace(WHOLE, train=sparse.vstack([WHOLE.train, silent]).tocsr())
    for whole, alpha in ((WHOLE, 3.0), (few, balance(few.train))):
        found = fitted("ials", whole, factors=4)
        given = fitted("ials", whole, factors=4, alpha=alpha, regularization=30.0)
        assert np.array_equal(found.item_factors_, given.item_factors_)
        assert found.params == given.params and not given.facts() and not given.notes()
        assert found.facts() == {"alpha": alpha, "regularization": 30.0}
        assert all(f"alpha {alpha:.3g}" in text for text in found.notes()[0].values())
    assert balance(few.train) > 10.0


@pytest.mark.parametrize("model", ["ials", "mf_ips"])
def test_a_refit_keeps_what_its_candidate_settled_on(model: str) -> None:
    made = fitted(model, WHOLE, factors=4)
    assert made.serving_meta()["alpha"] == pytest.approx(3.0 / made_mean(model))
    assert (settled(made)["alpha"], settled(made)["regularization"]) == (3.0, 30.0)


def made_mean(model: str) -> float:
    """Of the confidences that the model learns from."""
    if model == "ials":
        return float(WHOLE.train.data.mean())
    weights = WHOLE.train.data / propensities(WHOLE.train, 0.25, 0.1)[WHOLE.train.indices]
    return float(weights.mean())
