"""A published folder, read by the numpy-only reader, recommends what the model would."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.models import test_zero_shot
from tests.training.models.planted import fitted, planted
from tests.training.models.test_every_model import FEW
from tests.training.models.test_modal_fusion import pictured
from training import registry, store
from training.bundle import Bundle
from training.models.contract import Model
from training.split import Split

WHOLE = planted(stars=True)
ORDERED = planted(stars=True, name="user-temporal")  # for models that a random split would tell
QUICK = {**FEW, "sasrec": {"epochs": 1}}


def whole_of(model: str) -> Split:
    if model == "modal_fusion":
        return pictured(WHOLE)
    return ORDERED if registry.model_spec(model)["kind"] == "sequence" else WHOLE


def published(model: Model, folder: Path) -> Bundle:
    popular = np.argsort(-np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items), kind="stable")
    fallback = {
        "fallback": popular.astype(np.int32),
        "fallback_scores": np.linspace(1, 0, len(popular), dtype=np.float32),
    }
    store.write(folder / "bundle", model.serving() | fallback, model.serving_meta())
    return Bundle.load(folder / "bundle")


def history(user: int, whole: Split = WHOLE) -> tuple[np.ndarray, np.ndarray]:
    """(items, confidences) oldest first."""
    row, at = whole.train[user], whole.train_at[user]
    order = np.argsort(at.data)
    return row.indices[order], row.data[order]


def best(scores: np.ndarray, user: int, whole: Split = WHOLE) -> list[int]:
    scores = np.array(scores, dtype=float)
    scores[whole.train[user].indices] = -np.inf
    return np.argsort(-scores, kind="stable")[:10].tolist()


# the others ask a server
ALONE = [model for model in registry.models() if not registry.endpoint_fault(model)]


@pytest.mark.parametrize("model", ALONE)
def test_a_known_user_gets_the_models_list(model: str, tmp_path: Path) -> None:
    whole = whole_of(model)
    made = fitted(model, whole, **QUICK.get(model, {}))
    bundle = published(made, tmp_path)
    for user in (0, 17, 101):
        served = bundle.scores(user, *history(user, whole))
        own = made.scores(np.array([user]))[0]
        assert best(served, user, whole) == best(own, user, whole)


def test_what_a_model_learnt_by_asking_is_served_without_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with test_zero_shot.serving(test_zero_shot.knowing) as server:
        made = test_zero_shot.run(server, monkeypatch)
    bundle, whole = published(made, tmp_path), test_zero_shot.SPLIT
    for user in (0, 17, 101):
        served = bundle.scores(user, *history(user, whole))
        assert best(served, user, whole) == best(made.scores(np.array([user]))[0], user, whole)


@pytest.mark.parametrize("model", ["ease", "itemknn"])
def test_recency_weighs_served_histories_too(model: str, tmp_path: Path) -> None:
    made = fitted(model, WHOLE, recency=0.7)
    bundle = published(made, tmp_path)
    for user in (0, 17, 101):
        served = bundle.scores(user, *history(user))
        assert best(served, user) == best(made.scores(np.array([user]))[0], user)


@pytest.mark.parametrize(("model", "params"), [("ials", {"iterations": 60}), ("puresvd", {})])
def test_a_new_user_with_that_history_is_folded_in(
    model: str, params: dict[str, int], tmp_path: Path
) -> None:
    made = fitted(model, WHOLE, factors=12, **params)
    bundle = published(made, tmp_path)
    for user in (0, 17, 101):
        served = bundle.scores(None, *history(user))
        own = best(made.scores(np.array([user]))[0], user)
        assert len(set(best(served, user)[:5]) & set(own)) == 5
