from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg
from tests.training.models.worded import COLD, ONLY, WARM, mixed
from tests.training.models.worded import on_the_list as on_the_list
from training import registry
from training.models.contract import Model, quiet
from training.models.lm_tuned import LmTuned
from training.store import Checkpoint

pytestmark = pytest.mark.usefixtures("on_the_list")
FEW = {"encoder": "tiny", "head_epochs": 60, "epochs": 1, "rank": 4, "precision": "float32"}
FEW |= {"batch": 64, "factors": 16, "hidden": 32}


@cache
def trained(tuning: str) -> Model:
    return fitted("lm_tuned", COLD, **(FEW | {"tuning": tuning}))


def test_texts_rank_items_that_nobody_touched_and_shuffled_texts_do_not() -> None:
    found = ndcg(trained("lora"), COLD, only=ONLY)
    assert found > 1.4 * ndcg(fitted("random", COLD), COLD, only=ONLY)
    lost = mixed(COLD)
    assert ndcg(fitted("lm_tuned", lost, **FEW), lost, only=ONLY) < 0.75 * found


@pytest.mark.parametrize("tuning", ["frozen", "lora", "adalora", "adapter", "full"])
def test_each_way_learns_and_says_what_it_gained(tuning: str) -> None:
    made: Any = trained(tuning)
    assert np.isfinite(made.scores(np.arange(9))).all()
    facts = made.facts_
    assert facts["used"] == tuning and (facts["learning"] > 0) == (tuning != "frozen")
    assert made.notes() == []  # held-out items are all new here: nothing validates it


def test_without_a_step_the_tuned_model_is_the_frozen_one() -> None:
    none = fitted("lm_tuned", COLD, **(FEW | {"epochs": 0}))
    np.testing.assert_array_equal(none.scores(np.arange(9)), trained("frozen").scores(np.arange(9)))


def test_a_first_step_starts_from_the_frozen_model_exactly() -> None:
    import torch

    from training.engine.session import session
    from training.models.lm_tuned_stages import Stages

    params = registry.check_params("lm_tuned", FEW | {"learning_rate": 1e-5})
    with session(np.random.default_rng(0), torch.device("cpu")):
        stages = Stages(params, COLD, np.random.default_rng(0), None)
        stages.read(quiet)
        stages.head(quiet)
        users, items = stages.frozen.vectors()
        stages.params = params | {"learning_rate": 0.0}
        stages.tune(quiet)
        assert stages.tuned is not None
        # a step of length 0 went through the whole machine, by the texts and not by the table
        left, right = stages.tuned.vectors()
    torch.testing.assert_close(left, users, atol=0.0, rtol=0.0)
    torch.testing.assert_close(right, items, atol=1e-5, rtol=0.0)


def test_tuning_that_does_not_pay_is_not_kept() -> None:
    spoilt = FEW | {"epochs": None, "learning_rate": 0.5, "head_epochs": 60, "tuning": "full"}
    made: Any = fitted("lm_tuned", WARM, **spoilt)
    frozen: Any = fitted("lm_tuned", WARM, **(FEW | {"head_epochs": 60, "tuning": "frozen"}))
    assert made.facts_["used"] == "frozen" and made.facts_["tuned"] <= made.facts_["frozen"]
    np.testing.assert_allclose(made.scores(np.arange(9)), frozen.scores(np.arange(9)), atol=1e-4)
    assert "did not pay" in made.notes()[0]["en"]
    assert made.serving_meta()["epochs"] == 0  # a refit tunes nothing either


def test_every_event_stands_in_one_group() -> None:
    from training.models.lm_tuned_task import TOGETHER, grouped

    items, users, weights = grouped(WARM.train)
    row, column = weights.numpy().nonzero()
    found = {(int(users[r, c]), int(items[r])) for r, c in zip(row, column, strict=True)}
    assert len(row) == WARM.train.nnz == len(found)
    assert found == set(zip(*(side.tolist() for side in WARM.train.nonzero()), strict=True))
    assert users.shape[1] == TOGETHER


def test_an_interrupted_run_ends_as_if_never_stopped(tmp_path: Path) -> None:
    params = FEW | {"epochs": 2, "head_epochs": 2, "tuning": "adalora"}

    class Stop(Exception):
        pass

    def stop(done: int, total: int, step: str) -> None:
        if done >= 70:  # the first epoch with the language model is stored, the second runs
            raise Stop

    states = Checkpoint(tmp_path)
    rng = np.random.default_rng(0)
    with pytest.raises(Stop):
        LmTuned(**params).fit(COLD, rng=rng, progress=stop, checkpoint=states)
    assert list(tmp_path.glob("epoch-*"))
    again = LmTuned(**params).fit(
        COLD, rng=np.random.default_rng(0), progress=quiet, checkpoint=Checkpoint(tmp_path)
    )
    whole = fitted("lm_tuned", COLD, **params)
    np.testing.assert_array_equal(again.scores(np.arange(9)), whole.scores(np.arange(9)))


def test_pretraining_is_done_once_and_said(tmp_path: Path) -> None:
    params = FEW | {"pretraining": "mlm", "pretraining_steps": 3, "epochs": 0, "head_epochs": 1}
    made = LmTuned(**params).fit(
        WARM, rng=np.random.default_rng(0), progress=quiet, checkpoint=Checkpoint(tmp_path)
    )
    before, after, step = made.facts_["pretraining"]
    assert after <= before and 0 <= step <= 3
    again = LmTuned(**params).fit(
        WARM, rng=np.random.default_rng(0), progress=quiet, checkpoint=Checkpoint(tmp_path)
    )
    np.testing.assert_array_equal(again.scores(np.arange(9)), made.scores(np.arange(9)))


def test_it_serves_what_it_scores() -> None:
    made: Any = trained("lora")
    arrays, meta = made.serving(), made.serving_meta()
    known = np.flatnonzero(np.diff(COLD.train.indptr))[:9]
    served = arrays["user_factors"][known] @ arrays["item_factors"].T
    np.testing.assert_allclose(served, made.scores(known), atol=1e-6)
    assert meta["form"] == "factors" and meta["epochs"] == 1 and meta["head_epochs"] == 60


def test_without_texts_it_is_refused_in_words() -> None:
    nothing = replace(COLD.items, texts=("",) * COLD.n_items)
    for items in (None, nothing):
        with pytest.raises(ValueError, match="lm_tuned needs the items' texts"):
            fitted("lm_tuned", replace(COLD, items=items), **FEW)
