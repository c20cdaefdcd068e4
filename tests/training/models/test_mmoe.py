from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.mmoe import SPEC
from training.models.mmoe_task import Questions
from training.recommend import top
from training.registry import fill
from training.split import Split

FAST = {
    "epochs": 6,
    "batch": 256,
    "learning_rate": 0.03,
    "experts": 2,
    "hidden": 16,
    "factors": 16,
    "regularization": 0.001,
}


def graded(whole: Split) -> Split:
    """Everybody is glad of even items (5) and not of odd ones (1), popular or not."""

    def grade(part: sparse.csr_matrix) -> sparse.csr_matrix:
        made = part.copy()
        made.data = np.where(made.indices % 2 == 0, 5.0, 1.0).astype(np.float32)
        return made

    return replace(
        whole,
        train=grade(whole.train),
        validation=grade(whole.validation),
        test=grade(whole.test),
    )


SPLIT = graded(planted())
POP = ndcg(fitted("pop", SPLIT), SPLIT)


@cache
def trained(satisfaction: float) -> Any:
    return fitted("mmoe", SPLIT, **FAST, satisfaction=satisfaction)


def task(**params: object) -> Questions:
    torch.manual_seed(0)
    given = fill(SPEC, {"experts": 3, "hidden": 4, "factors": 5} | params)
    made = Questions(SPLIT, 5.0, given, torch.device("cpu"))
    for parameter in made.module.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return made


def logits(made: Questions, user: int, item: int) -> tuple[float, float]:
    """One pair through the paper's network, expert by expert, in plain numpy."""
    state = {name: value.numpy().astype(float) for name, value in made.module.state_dict().items()}
    activity = np.log1p((SPLIT.train.toarray() > 0).sum(axis=1))
    fame = np.log1p((SPLIT.train.toarray() > 0).sum(axis=0))
    p, q = state["0.users.weight"][user], state["0.items.weight"][item]
    topics = SPLIT.items.topics[item].toarray()[0] @ state["0.topics.table.weight"]
    x = np.concatenate(
        [
            np.append(p, (activity[user] - activity.mean()) / max(activity.std(), 1e-9)),
            np.append(q, (fame[item] - fame.mean()) / fame.std()),
            topics,
            p * q,
        ]
    )
    first = np.hstack([state[f"1.first.{part}.weight"] for part in range(3)])
    gates = np.hstack([state[f"1.gates.{part}.weight"] for part in range(3)])
    experts = np.maximum(first @ x + state["1.first.0.bias"], 0).reshape(3, 4)
    heats = (gates @ x + state["1.gates.0.bias"]).reshape(2, 3)
    out = []
    for k in range(2):
        share = np.exp(heats[k]) / np.exp(heats[k]).sum()
        mixed = sum(share[e] * experts[e] for e in range(3))
        deep = state[f"1.towers.{k}.0.weight"] @ mixed + state[f"1.towers.{k}.0.bias"]
        last = state[f"1.towers.{k}.2.weight"][0] @ np.maximum(deep, 0)
        out.append(float(last + state[f"1.towers.{k}.2.bias"][0]))
    return out[0], out[1]


def sigmoid(value: float) -> float:
    return 1 / (1 + float(np.exp(-value)))


def test_scores_are_the_networks_of_the_paper_pair_by_pair() -> None:
    made = task(satisfaction=0.7)
    found = made.frozen()(np.array([5, 90]))
    for row, user in enumerate((5, 90)):
        for item in range(9):
            taken, glad = logits(made, user, item)
            expected = np.log(sigmoid(taken)) + 0.7 * np.log(sigmoid(glad))
            assert found[row, item] == pytest.approx(expected, abs=1e-3)


def test_the_loss_asks_both_questions() -> None:
    made = task(negatives=3, regularization=0.2, second=0.6)
    batch = made.batch(torch.tensor([0, 900, 7]))
    first, second, sizes = 0.0, 0.0, 0.0
    for place in range(3):
        user, shown = int(batch.each["users"][place]), batch.each["shown"][place].tolist()
        assert not SPLIT.train[user].toarray()[0][shown[1:]].any()
        p = [sigmoid(logits(made, user, item)[0]) for item in shown]
        first -= (np.log(p[0]) + np.log(1 - np.array(p[1:])).sum()) / 4
        glad = sigmoid(logits(made, user, shown[0])[1])
        second -= np.log(glad if shown[0] % 2 == 0 else 1 - glad)
        ids = [table.weight.detach() for table in (made.fields.users, made.fields.items)]
        ids = [ids[0][user], ids[1][shown]]
        sizes += float((ids[0] ** 2).sum() + (ids[1] ** 2).sum(dim=1).mean())
    expected = (first + 0.6 * second + 0.2 * sizes) / 3
    assert float(made.loss(batch).detach()) == pytest.approx(expected, rel=1e-3)


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(trained(0.0), SPLIT) > 1.3 * POP
    mixed = graded(shuffled(SPLIT))
    assert ndcg(fitted("mmoe", mixed, **FAST, satisfaction=0.0), SPLIT) < 1.1 * POP


def test_satisfaction_lifts_what_pleases() -> None:
    shares = []
    for satisfaction in (0.0, 0.5, 1.0):
        lists, _ = top(trained(satisfaction).scores, np.arange(160), SPLIT.train, 10)
        shares.append(float((lists % 2 == 0).mean()))
    assert shares[0] + 0.1 < shares[1] <= shares[2]


def test_it_tells_what_satisfies_and_only_when_it_is_asked_to_learn_it() -> None:
    meta = trained(0.5).serving_meta()
    assert meta["satisfied"] == 5.0 and meta["satisfaction_auc"] > 0.95
    assert f"{meta['satisfaction_auc']:.1%}" in trained(0.5).notes()[0]["en"]
    alone = fitted("mmoe", SPLIT, **FAST, second=0.0)
    assert alone.serving_meta()["satisfaction_auc"] < 0.8


def test_a_log_whose_positives_are_all_alike_is_refused() -> None:
    with pytest.raises(ValueError, match="all count the same"):
        fitted("mmoe", planted())
    with pytest.raises(ValueError, match="all count the same"):
        fitted("mmoe", SPLIT, satisfied=7.0)
