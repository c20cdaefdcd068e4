import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training import registry
from training.models import mf_ssm_task
from training.models.contract import quiet
from training.models.mf_ssm import SPEC, SoftmaxMF
from training.models.mf_ssm_task import Contrast
from training.registry import fill
from training.store import Checkpoint

SPLIT = planted(stars=True)
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 15, "batch": 256}
CPU = torch.device("cpu")
KINDS = SPEC["params"]["loss"]["choices"]


def task(**params: object) -> Contrast:
    torch.manual_seed(0)
    made = Contrast(SPLIT.train, fill(SPEC, params), CPU)
    for table in (made.users, made.items):  # further apart than at the start
        torch.nn.init.normal_(table.weight, std=1.0)
    return made


def plain(made: Contrast, users: list[int], drawn: list[int], counts: list[float]) -> float:
    """The loss by loops over events; drawn: the negatives, counts: how often each is expected."""
    heat, total, events = made.params["temperature"], 0.0, made.log.mean * len(users)
    x, y = (table.weight.detach().numpy().astype(float) for table in (made.users, made.items))
    if made.params["loss"] != "mse":
        x, y = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (x, y))
    for user in users:
        row = SPLIT.train[user]
        for item, value in zip(row.indices, row.data, strict=True):
            right = x[user] @ y[item]
            wrong = [
                (x[user] @ y[j], count)
                for j, count in zip(drawn, counts, strict=True)
                if j not in row.indices
            ]
            total += value / SPLIT.train.data.mean() * _one(made, right, wrong, heat)
            if made.params["loss"] == "mse":
                total += made.params["regularization"] * (x[user] @ x[user] + y[item] @ y[item])
    return total / events


def _one(made: Contrast, right: float, wrong: list[tuple[float, float]], heat: float) -> float:
    kind, n = made.params["loss"], len(wrong)
    if kind == "infonce":
        against = sum(math.exp(score / heat) / count for score, count in wrong)
        return -math.log(math.exp(right / heat) / (math.exp(right / heat) + against))
    if kind == "hinge":
        return sum(max(0.0, made.params["margin"] - right + score) for score, _ in wrong) / n
    if kind == "mse":
        return (1 - right) ** 2 + sum(score**2 for score, _ in wrong) / n
    gamma = made.params["gamma"] if kind == "focal" else 0.0
    p = 1 / (1 + math.exp(-right / heat))
    qs = [1 / (1 + math.exp(-score / heat)) for score, _ in wrong]
    return -((1 - p) ** gamma) * math.log(p) - sum(q**gamma * math.log(1 - q) for q in qs) / n


def test_infonce_is_the_softmax_against_all_that_the_user_did_not_take() -> None:
    made = task()
    users = [3, 40, 41]
    found = made.loss(made.batch(torch.tensor(users)))
    every = list(range(SPLIT.n_items))
    assert float(found.detach()) == pytest.approx(
        plain(made, users, every, [1.0] * len(every)), rel=1e-4
    )


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_negatives_give_the_formula(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mf_ssm_task, "WHOLE", 0)
    made = task(loss=kind, negatives=25, popularity=0.7)
    users = [3, 40, 41]
    batch = made.batch(torch.tensor(users))
    drawn, counts = batch.shared["against"].tolist(), batch.shared["log_counts"].exp().tolist()
    assert float(made.loss(batch).detach()) == pytest.approx(
        plain(made, users, drawn, counts), rel=1e-4
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_loss_finds_taste_and_none_finds_any_in_shuffled_events(kind: str) -> None:
    settings = FAST | {"loss": kind, "negatives": 120}
    assert ndcg(fitted("mf_ssm", SPLIT, **settings), SPLIT) > 1.3 * POP
    assert ndcg(fitted("mf_ssm", shuffled(SPLIT), **settings), SPLIT) < 1.1 * POP


def test_drawn_negatives_learn_what_all_items_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ndcg(fitted("mf_ssm", SPLIT, **FAST), SPLIT)
    monkeypatch.setattr(mf_ssm_task, "WHOLE", 0)
    for law in (0.0, 1.0):
        drawn = fitted("mf_ssm", SPLIT, **FAST, negatives=60, popularity=law)
        assert ndcg(drawn, SPLIT) > 0.85 * whole


def test_a_user_who_took_everything_teaches_nothing_and_breaks_nothing() -> None:
    train = SPLIT.train.tolil()
    train[4] = 1.0
    made = fitted("mf_ssm", replace(SPLIT, train=train.tocsr()), **FAST)
    assert np.isfinite(made.scores(np.arange(SPLIT.n_users))).all()


def test_a_user_without_events_is_served_as_unknown() -> None:
    train = SPLIT.train.tolil()
    train[4] = 0
    made = fitted("mf_ssm", replace(SPLIT, train=train.tocsr()), **FAST)
    known = made.serving()["user_factors"].any(axis=1)
    assert not known[4] and known.sum() == SPLIT.n_users - 1


def test_the_refit_is_told_the_best_epoch() -> None:
    made = SoftmaxMF(batch=1024).fit(SPLIT, rng=np.random.default_rng(0), progress=quiet)
    best = made.serving_meta()["epochs"]
    assert best == made.trained_.epochs < made.trained_.run
    assert registry.check_params("mf_ssm", {"epochs": best})["epochs"] == best


def test_a_model_goes_on_from_its_checkpoint_and_not_from_another_ones(tmp_path: Path) -> None:
    place, steps = Checkpoint(tmp_path), []
    whole = fitted("mf_ssm", SPLIT, epochs=6)
    SoftmaxMF(epochs=3).fit(SPLIT, rng=np.random.default_rng(0), progress=quiet, checkpoint=place)
    again = SoftmaxMF(epochs=6).fit(
        SPLIT,
        rng=np.random.default_rng(0),
        progress=lambda done, total, step: steps.append(done),
        checkpoint=place,
    )
    assert steps[0] == 1000  # other parameters: from the first epoch
    assert np.array_equal(whole.scores(np.arange(9)), again.scores(np.arange(9)))
