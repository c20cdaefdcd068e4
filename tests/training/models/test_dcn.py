from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.models.planted import fitted, ndcg, planted, shuffled
from training.models.dcn import SPEC
from training.models.dcn_task import Clicks
from training.models.pair_fields import DAY, newest, slots
from training.registry import fill
from training.split import Split

SPLIT = planted()
POP = ndcg(fitted("pop", SPLIT), SPLIT)
FAST = {"epochs": 6, "batch": 256, "learning_rate": 0.02, "regularization": 0.001}


def task(split: Split = SPLIT, **params: object) -> Clicks:
    torch.manual_seed(0)
    made = Clicks(split, fill(SPEC, params), torch.device("cpu"))
    for parameter in made.module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def dated() -> Split:
    """Years on items and round hours on events."""
    years = (1950 + np.arange(SPLIT.n_items)).astype(np.float32)
    years[:5] = np.nan
    at = SPLIT.train_at.copy()
    at.data = np.random.default_rng(0).integers(0, 10**9, at.nnz).astype(float)
    return replace(SPLIT, items=replace(SPLIT.items, years=years), train_at=at)


def logit(made: Clicks, split: Split, user: int, item: int, when: tuple[int, int]) -> float:
    """One pair through the paper's network, field by field, in plain numpy."""
    state = {name: value.numpy().astype(float) for name, value in made.module.state_dict().items()}
    table = {name.removeprefix("0."): value for name, value in state.items() if name[0] == "0"}
    net = {name.removeprefix("1."): value for name, value in state.items() if name[0] == "1"}
    activity = np.log1p((split.train.toarray() > 0).sum(axis=1))
    fame = np.log1p((split.train.toarray() > 0).sum(axis=0))
    decade = split.items.years[item] // 10
    seen = np.unique(split.items.years[~np.isnan(split.items.years)] // 10)
    era = 0 if np.isnan(decade) else 1 + int(np.searchsorted(seen, decade))
    topics = split.items.topics[item].toarray()[0]
    x = np.concatenate(
        [
            table["users.weight"][user],
            [(activity[user] - activity.mean()) / max(activity.std(), 1e-9)],
            table["hours.weight"][when[0]],
            table["days.weight"][when[1]],
            table["items.weight"][item],
            [(fame[item] - fame.mean()) / fame.std()],
            topics / topics.sum() @ table["topics.table.weight"],
            table["decades.weight"][era],
        ]
    )
    crossed = x
    for layer in range(made.params["layers"]):
        w, b = net[f"cross.{layer}.weight"], net[f"cross.{layer}.bias"]
        crossed = x * (w @ crossed + b) + crossed
    deep = np.maximum(net["deep.1.weight"] @ x + net["deep.1.bias"], 0)
    deep = np.maximum(net["deep.3.weight"] @ deep + net["deep.3.bias"], 0)
    return float(net["last.weight"][0] @ np.concatenate([crossed, deep]) + net["last.bias"][0])


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_scores_are_the_networks_of_the_paper_pair_by_pair(layers: int) -> None:
    split = dated()
    made = task(split, layers=layers, hidden=8, factors=4, context=True)
    frozen, now = made.frozen(), newest(split)
    found = frozen.everything(np.array([5, 90]))
    for row, user in enumerate((5, 90)):
        expected = [logit(made, split, user, item, tuple(now[user])) for item in range(9)]
        np.testing.assert_allclose(found[row][:9], expected, rtol=1e-3, atol=1e-3)
    at = np.array([3 * DAY + 3600 * 22 + 5])
    expected = logit(made, split, 7, 3, (22, 3))
    assert frozen.pairs(np.array([7]), np.array([3]), at)[0] == pytest.approx(expected, rel=1e-3)


def test_the_loss_is_the_log_loss_over_what_was_shown() -> None:
    split = dated()
    made = task(split, hidden=8, factors=4, context=True, negatives=3, regularization=0.2)
    batch = made.batch(torch.tensor([0, 900]))
    rows = split.train.tocoo()
    total = 0.0
    for place, row in enumerate((0, 900)):
        user, shown = int(batch.each["users"][place]), batch.each["shown"][place].tolist()
        assert (user, shown[0]) == (rows.row[row], rows.col[row])
        assert not split.train[user].toarray()[0][shown[1:]].any()
        when = tuple(slots(split.train_at.data[[row]])[0])
        p = [1 / (1 + np.exp(-logit(made, split, user, item, when))) for item in shown]
        total -= (np.log(p[0]) + np.log(1 - np.array(p[1:])).sum()) / 4
        ids = [table.weight.detach() for table in (made.fields.users, made.fields.items)]
        ids = [ids[0][user], ids[1][shown]]
        total += 0.2 * float((ids[0] ** 2).sum() + (ids[1] ** 2).sum(dim=1).mean())
    assert float(made.loss(batch).detach()) == pytest.approx(total / 2, rel=1e-4)


@cache
def trained() -> Any:
    return fitted("dcn", SPLIT, **FAST)


def test_it_finds_taste_and_none_in_shuffled_events() -> None:
    assert ndcg(trained(), SPLIT) > 1.3 * POP
    assert ndcg(fitted("dcn", shuffled(SPLIT), **FAST), SPLIT) < 1.1 * POP


def test_crosses_learn_what_no_sum_of_features_can_say() -> None:
    """Who likes what is a product of user and item: without crosses popularity is all there is."""
    crossed = fitted("dcn", SPLIT, **FAST, layers=1, hidden=0)
    summed = fitted("dcn", SPLIT, **FAST, layers=0, hidden=0)
    assert ndcg(crossed, SPLIT) > 1.3 * POP
    assert ndcg(summed, SPLIT) < 1.1 * POP
    gaps = np.diff(summed.scores(np.arange(3)), axis=1)
    np.testing.assert_allclose(gaps, np.tile(gaps[0], (3, 1)), atol=1e-4)  # one order for all


def test_probabilities_mean_what_they_say() -> None:
    facts = trained().facts()
    assert facts == trained().serving_meta()["calibration_quality"]
    (note,) = trained().notes()
    assert f"log loss {facts['log_loss']:.3f} (" in note["en"] and set(note) == {"en", "zh-hans"}
    assert facts["taken"] * 5 == facts["pairs"]  # one taken, four drawn
    assert facts["log_loss"] < facts["base_log_loss"] - 0.05
    assert facts["log_loss"] <= facts["log_loss_raw"] + 0.005
    assert facts["ece"] < 0.06
    users, items = np.repeat(np.arange(30), 40), np.tile(np.arange(40), 30)
    found = trained().probabilities(users, items)
    logits = trained().scores(np.arange(30))[:, :40].ravel()
    assert (np.diff(found[np.argsort(logits)]) >= -1e-9).all() and 0 < found.min() < found.max() < 1


def test_a_refit_on_everything_keeps_the_calibration() -> None:
    meta = trained().serving_meta()
    whole = replace(SPLIT, validation=SPLIT.validation * 0)
    whole.validation.eliminate_zeros()
    given = {name: meta[name] for name in ("slope", "offset", "epochs")}
    again = fitted("dcn", whole, **(FAST | given))
    assert {name: again.serving_meta()[name] for name in given} == given
    bare = fitted("dcn", whole, **(FAST | {"calibration": "isotonic"}))
    assert bare.calibration_.method == "none" and "slope" not in bare.serving_meta()


def test_isotonic_steps_mend_probabilities_and_a_refit_takes_platts_numbers() -> None:
    """The same network as `trained`: the same seeds. Each held against the other half of pairs."""
    steps, two = fitted("dcn", SPLIT, **FAST, calibration="isotonic"), trained()
    assert steps.calibration_.method == "isotonic" and len(steps.calibration_.xs) > 2
    assert steps.facts()["log_loss_raw"] == two.facts()["log_loss_raw"]
    assert steps.facts()["log_loss"] < steps.facts()["base_log_loss"] - 0.03
    assert steps.facts()["ece"] < 0.08
    whole = replace(SPLIT, validation=SPLIT.validation * 0)
    whole.validation.eliminate_zeros()
    given = {name: steps.serving_meta()[name] for name in ("slope", "offset")}
    assert given == {name: two.serving_meta()[name] for name in given}
    more = {"calibration": "isotonic", "epochs": 1}
    again = fitted("dcn", whole, **(FAST | more | given)).calibration_
    assert (again.method, again.slope, again.offset) == ("platt", *given.values())


def test_a_planted_hour_is_found() -> None:
    """Even items are taken in the morning, odd ones in the evening, by everybody."""
    rng = np.random.default_rng(0)
    at = SPLIT.train_at.copy()
    hours = np.where(at.indices % 2 == 0, rng.integers(6, 12, at.nnz), rng.integers(18, 24, at.nnz))
    at.data = (rng.integers(1, 400, at.nnz) * DAY + hours * 3600).astype(float)
    made = fitted("dcn", replace(SPLIT, train_at=at), **FAST, context=True)
    users, items = np.repeat(np.arange(40), 120), np.tile(np.arange(120), 40)
    clock = np.full(len(users), 500 * DAY)
    gained = made.probabilities(users, items, clock + 9 * 3600) - made.probabilities(
        users, items, clock + 21 * 3600
    )
    even = items % 2 == 0
    assert gained[even].mean() > 0.05 and gained[~even].mean() < -0.05


def test_it_reads_a_log_without_catalogue_and_times() -> None:
    bare = replace(SPLIT, items=None, train_at=None)
    made = fitted("dcn", bare, **(FAST | {"epochs": 1}), context=True)
    assert np.isfinite(made.scores(np.arange(3))).all()
