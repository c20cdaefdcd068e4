from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.contract import quiet
from training.models.neumf import SPEC, NeuMF
from training.models.neumf_task import Network
from training.registry import fill
from training.store import Checkpoint

SPLIT = planted(stars=True)
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 20, "batch": 256, "learning_rate": 0.01}


def task(**params: object) -> Network:
    torch.manual_seed(0)
    made = Network(SPLIT.train, fill(SPEC, params), torch.device("cpu"))
    for table in (made.tower.users, made.tower.items, made.tower.deep_users, made.tower.deep_items):
        torch.nn.init.normal_(table.weight)
    return made


def logit(made: Network, user: int, item: int) -> float:
    """One pair through the network of the paper: the two sides side by side, then the layers."""
    state = {name: value.numpy().astype(float) for name, value in made.tower.state_dict().items()}
    pair = np.concatenate([state["deep_users.weight"][user], state["deep_items.weight"][item]])
    first = np.hstack([state["first_user.weight"], state["first_item.weight"]])
    deep = np.maximum(first @ pair + state["first_user.bias"], 0)
    for layer in ("second", "third"):
        deep = np.maximum(state[f"{layer}.weight"] @ deep + state[f"{layer}.bias"], 0)
    product = state["users.weight"][user] * state["items.weight"][item]
    return float(state["last.weight"][0] @ np.concatenate([product, deep]) + state["last.bias"][0])


def test_scores_are_the_networks_of_the_paper_pair_by_pair() -> None:
    made = task(hidden=16)
    found = made.frozen()(np.array([5, 90]))
    for row, user in enumerate((5, 90)):
        expected = [logit(made, user, item) for item in range(SPLIT.n_items)]
        np.testing.assert_allclose(found[row], expected, atol=1e-4)


def test_the_loss_is_the_plain_formula() -> None:
    made = task(negatives=3, regularization=0.2)
    batch = made.batch(torch.tensor([0, 900]))
    state = {name: value.numpy().astype(float) for name, value in made.tower.state_dict().items()}
    total = 0.0
    for place in range(2):
        user, shown = int(batch.each["users"][place]), batch.each["shown"][place].tolist()
        taken = SPLIT.train[user].toarray()[0]
        assert taken[shown[0]] > 0 and not taken[shown[1:]].any()
        p = [1 / (1 + np.exp(-logit(made, user, item))) for item in shown]
        loss = -np.log(p[0]) - np.mean(np.log(1 - np.array(p[1:])))
        sizes = sum((state[f"{side}users.weight"][user] ** 2).sum() for side in ("", "deep_"))
        sizes += sum(
            np.mean((state[f"{side}items.weight"][shown] ** 2).sum(axis=1))
            for side in ("", "deep_")
        )
        total += taken[shown[0]] / SPLIT.train.data.mean() * loss + 0.2 * sizes
    assert float(made.loss(batch).detach()) == pytest.approx(total / 2, rel=1e-4)


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(fitted("neumf", SPLIT, **FAST), SPLIT) > 1.3 * POP
    assert ndcg(fitted("neumf", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP


def test_dropout_is_resumed_bit_by_bit(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int, step: str) -> None:
        if done == 2000:
            raise Stopped

    settings = {"epochs": 4, "dropout": 0.3, "batch": 512}
    with pytest.raises(Stopped):
        NeuMF(**settings).fit(
            SPLIT, rng=np.random.default_rng(0), progress=stop, checkpoint=Checkpoint(tmp_path)
        )
    resumed = NeuMF(**settings).fit(
        SPLIT, rng=np.random.default_rng(5), progress=quiet, checkpoint=Checkpoint(tmp_path)
    )
    users = np.arange(SPLIT.n_users)
    assert np.array_equal(resumed.scores(users), fitted("neumf", SPLIT, **settings).scores(users))
