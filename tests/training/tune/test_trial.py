"""One trial: judged on validation alone, with its cost; refusals are outcomes, stops go through."""

from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest

from tests.training.models.planted import planted
from training.distance import choose
from training.models.contract import quiet
from training.split import Split
from training.tune.blind import blind
from training.tune.judge import Judge
from training.tune.trial import Outcome, attempt

SPLIT = planted()


class Poison:
    """Whoever looks at it in any way is caught."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"somebody looked at test.{name}")

    def __add__(self, other: object) -> NoReturn:
        raise AssertionError("somebody added test")

    def __len__(self) -> NoReturn:
        raise AssertionError("somebody counted test")


def tried(split: Split, model: str = "itemknn", prune: Any = None, **params: Any) -> Outcome:
    judge = Judge(split, "top-n", 10, 0, choose(split.items, split.train))
    return attempt(model, params, judge, quiet, prune)


def test_a_trial_never_looks_at_the_test_part() -> None:
    poisoned = replace(SPLIT, test=Poison())  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="somebody"):
        _ = poisoned.test.nnz
    found, other = tried(blind(poisoned)), tried(SPLIT)
    assert found.state == "done" and found.values == other.values
    assert blind(SPLIT).test.nnz == 0 and blind(SPLIT).validation is SPLIT.validation


def test_a_trial_says_what_it_cost_and_every_measure() -> None:
    found = tried(SPLIT)
    assert {"ndcg@10", "recall@10", "ild@10", "coverage@10"} <= set(found.values)
    assert 0 < found.cost.seconds < 30 and found.cost.peak_mb > 10
    assert not found.steps and not found.error


def test_what_the_model_refuses_is_an_outcome_in_its_words() -> None:
    found = tried(SPLIT, "ease", l2=-5.0)
    assert found.state == "failed" and "l2" in found.error and not found.values


def test_what_progress_raises_goes_through() -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int, step: str) -> None:
        raise Enough

    with pytest.raises(Enough):
        attempt("itemknn", {}, Judge(SPLIT, "top-n", 10, 0), stop, None)


def test_a_trial_that_learns_by_epochs_can_be_stopped_early() -> None:
    seen: list[tuple[int, float]] = []

    def after_two(epoch: int, value: float) -> bool:
        seen.append((epoch, value))
        return len(seen) == 2

    found = tried(SPLIT, "bpr", after_two, factors=8, epochs=6)
    assert found.state == "pruned" and not found.values
    assert found.steps == dict(seen) and len(seen) == 2
    assert all(0 <= value <= 1 for _epoch, value in seen)
    assert found.cost.seconds > 0


def test_without_anybody_to_ask_there_is_no_judge() -> None:
    nobody = replace(SPLIT, validation=SPLIT.validation * 0)
    nobody.validation.eliminate_zeros()
    with pytest.raises(ValueError, match="no user has an item in validation"):
        Judge(nobody, "top-n", 10, 0)


def test_at_most_2000_users_judge_and_always_the_same() -> None:
    many = np.arange(2500) % SPLIT.n_users
    wide = replace(SPLIT, train=SPLIT.train[many], validation=SPLIT.validation[many])
    first, again = Judge(wide, "top-n", 10, 3), Judge(wide, "top-n", 10, 3)
    assert len(first.users) == 2000 and (first.users == again.users).all()
    assert (Judge(wide, "top-n", 10, 4).users != first.users).any()
