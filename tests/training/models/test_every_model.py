"""What each model owes, whatever it is."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training import registry
from training.engine.session import best_device
from training.models.contract import Model

LEARNERS = [
    "apr",
    "blend",
    "bpr",
    "content_map",
    "content_ridge",
    "dcn",
    "ease",
    "feature_mf",
    "head_tail",
    "hybrid",
    "ials",
    "itemknn",
    "kg_cf",
    "lightgcn",
    "mf_diverse",
    "mf_ips",
    "mf_ssm",
    "multi_view",
    "multvae",
    "neumf",
    "puresvd",
    "rp3beta",
    "simgcl",
    "two_tower_text",
    "userknn",
]
# test_stars.py, test_completion.py: they learn from ratings
STARS = [
    "baseline_only",
    "biased_mf",
    "knn_baseline",
    "meta_mf",
    "prior_mf",
    "soft_impute",
    "svdpp",
]
# test_mmoe.py: it learns from positives of two kinds, and here all are alike
GRADED = ["mmoe"]
# test_markov.py, test_sasrec.py: a random split is no split for them
SEQUENCES = ["markov", "sasrec"]
# test_modal_fusion.py: it reads vectors that the planted catalogue does not have
MODAL = ["modal_fusion"]
# test_zero_shot.py: it asks a server, and none is set up here
ASKERS = ["zero_shot"]
# test_lm_tuned.py, test_cross_encoder.py: titles are all they read, and here these say nothing
READERS = ["cross_encoder", "lm_tuned"]
# learnt step by step: what is asked here holds long before the last epoch
FEW: dict[str, dict[str, float]] = {
    "cross_encoder": {"candidates": 3, "history": 1, "examples": 8},
    "apr": {"epochs": 15, "adversarial_epochs": 4, "batch": 512, "learning_rate": 0.02},
    "bpr": {"epochs": 20, "batch": 512, "learning_rate": 0.02},
    "dcn": {"epochs": 5, "batch": 256, "learning_rate": 0.02, "regularization": 0.001},
    "feature_mf": {"epochs": 6, "batch": 256},
    "head_tail": {"epochs": 10, "batch": 256},
    "kg_cf": {"epochs": 10, "batch": 256},
    "lightgcn": {"epochs": 10, "batch": 256},
    "mf_diverse": {"epochs": 10, "batch": 256, "list_diversity": 0.1},
    "lm_tuned": {"head_epochs": 2, "epochs": 1},
    "mf_ssm": {"epochs": 10, "batch": 256},
    "multi_view": {"epochs": 10, "batch": 256},
    "multvae": {"epochs": 20, "batch": 16, "hidden": 80, "code": 30},
    "neumf": {"epochs": 8, "batch": 256, "learning_rate": 0.02},
    "simgcl": {"epochs": 10, "batch": 256},
    "two_tower_text": {"epochs": 10, "batch": 256},
}
SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)


@cache
def trained(model: str) -> Model:
    """One fit serves all tests that only read."""
    return fitted(model, SPLIT, **FEW.get(model, {}))


def test_the_list_of_models_is_whole() -> None:
    assert sorted(registry.models()) == sorted(
        [*LEARNERS, *STARS, *GRADED, *SEQUENCES, *MODAL, *ASKERS, *READERS]
        + ["pop", "random", "recentpop"]
    )


def test_popularity_beats_chance() -> None:
    assert POP > ndcg(fitted("random", SPLIT), SPLIT) + 0.02


@pytest.mark.parametrize("model", LEARNERS)
def test_it_finds_planted_taste_and_loses_it_with_shuffled_events(model: str) -> None:
    assert ndcg(trained(model), SPLIT) > 1.2 * POP
    # the seen items stay those of the real log, so both rank the same candidates
    assert ndcg(fitted(model, shuffled(SPLIT), **FEW.get(model, {})), SPLIT) < 1.1 * POP


@pytest.mark.parametrize("model", [*LEARNERS, "pop", "random"])
def test_scores_do_not_depend_on_who_else_is_asked(model: str) -> None:
    made = trained(model)
    everyone = made.scores(np.arange(SPLIT.n_users))
    assert everyone.shape == (SPLIT.n_users, SPLIT.n_items)
    assert np.isfinite(everyone).all()
    np.testing.assert_allclose(made.scores(np.array([7, 3])), everyone[[7, 3]], atol=1e-5)
    assert made.scores(np.array([], dtype=int)).shape == (0, SPLIT.n_items)


@pytest.mark.parametrize("model", [*LEARNERS, "pop", "random"])
def test_one_seed_gives_one_model_bit_by_bit(model: str) -> None:
    users = np.arange(20)
    again = fitted(model, SPLIT, **FEW.get(model, {}))
    assert np.array_equal(trained(model).scores(users), again.scores(users))


@pytest.mark.parametrize("model", [*LEARNERS, "pop", "random"])
def test_it_fits_a_log_with_one_weightless_user_and_one_cold_item(model: str) -> None:
    train = SPLIT.train.tolil()
    train[5], train[:, 9] = 0, 0
    changed = replace(SPLIT, train=train.tocsr(), train_at=None)
    made = fitted(model, changed, **FEW.get(model, {}))
    assert np.isfinite(made.scores(np.array([5, 6]))).all()


@pytest.mark.parametrize("model", [*LEARNERS, "pop", "random"])
def test_progress_ends_at_its_total_and_what_it_raises_goes_through(model: str) -> None:
    calls: list[tuple[int, int, str]] = []
    made = registry.load_model(model)(**FEW.get(model, {}))
    made.fit(SPLIT, rng=np.random.default_rng(0), progress=lambda *step: calls.append(step))
    assert calls[-1][0] == calls[-1][1]
    shares = [done / total for done, total, _ in calls]
    assert shares == sorted(shares)  # one bar, never back

    def stop(done: int, total: int, step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registry.load_model(model)().fit(SPLIT, rng=np.random.default_rng(0), progress=stop)


@pytest.mark.parametrize("model", ["apr", "bpr", "lightgcn", "multvae"])
def test_what_the_engine_trained_names_its_device(model: str) -> None:
    """The record of a run takes it from there."""
    device = getattr(trained(model), "device_", "none")
    assert device == best_device(sparse=model == "lightgcn").type


@pytest.mark.parametrize("model", [*LEARNERS, "pop", "random"])
def test_the_serving_form_is_the_one_of_its_spec(model: str) -> None:
    made = trained(model)
    meta, arrays = made.serving_meta(), made.serving()
    assert meta["form"] == registry.model_spec(model)["serving"]
    names = {
        "factors": {"user_factors", "item_factors"},
        "item-item": {"neighbours", "weights"},
        "popularity": {"item_scores"},
        "lists": {"items", "scores"},
    }
    assert names[meta["form"]] <= set(arrays)
    assert all(array.dtype in (np.float32, np.int32) for array in arrays.values())


@pytest.mark.parametrize("model", [*LEARNERS, "pop", "random"])
def test_the_serving_form_ranks_as_the_model_does(model: str) -> None:
    made = trained(model)  # 120 items: within 200 neighbours and 500 listed, nothing is cut
    arrays, form = made.serving(), made.serving_meta()["form"]
    users = np.arange(SPLIT.n_users)
    scores = np.array(made.scores(users), dtype=float)
    if form == "lists":
        gone = SPLIT.train.toarray() > 0
        for user in users:
            listed = arrays["items"][user][arrays["items"][user] >= 0]
            free = [i for i in np.flatnonzero(~gone[user]) if model != "userknn" or scores[user, i]]
            assert listed.tolist() == sorted(free, key=lambda i, u=user: (-scores[u, i], i))
        return
    served = {
        "factors": lambda: arrays["user_factors"] @ arrays["item_factors"].T,
        "popularity": lambda: np.tile(arrays["item_scores"], (len(users), 1)),
        "item-item": lambda: SPLIT.train @ _dense(arrays),
    }[form]()
    np.testing.assert_allclose(served, scores, atol=2e-5)


def _dense(arrays: dict[str, np.ndarray]) -> np.ndarray:
    n = len(arrays["neighbours"])
    weights = np.zeros((n, n))
    for item in range(n):
        for target, weight in zip(arrays["neighbours"][item], arrays["weights"][item], strict=True):
            if target >= 0:
                weights[item, target] = weight
    return weights
