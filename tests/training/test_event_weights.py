"""Weights of events, learned from a log in which they were planted."""

import numpy as np
import pytest

from training.event_weights import DAY, NotLearned, learn
from training.log import Log

NAMES = ("view", "click", "cart", "share", "purchase")
PLANTED = {"cart": 2.5, "click": 0.9, "share": -0.8}  # log-odds beside a view
CHANCE = {"cart": 0.15, "click": 0.4, "share": 0.2}


def planted(n_users: int = 3000, pairs: int = 8, *, seed: int = 5) -> Log:
    """Each user looks at some items; what follows the look draws the purchase by PLANTED."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, int, int]] = []  # at, user, item, event
    for user in range(n_users):
        taste = rng.normal(0, 0.2)  # examples of one user are alike: the bootstrap must know
        for item in rng.choice(50, pairs, replace=False).tolist():
            at, odds = int(rng.integers(0, 300 * DAY)), -3.0 + taste
            rows.append((at, user, item, 0))
            for name, chance in CHANCE.items():
                if rng.random() < chance:
                    rows.append((at + int(rng.integers(1, DAY)), user, item, NAMES.index(name)))
                    odds += PLANTED[name]
            if rng.random() < 1 / (1 + np.exp(-odds)):
                rows.append((at + 2 * DAY, user, item, 4))
                rows.append((at + 3 * DAY, user, item, 2))  # after it: must count for nothing
    return log_of(rows)


def log_of(rows: list[tuple[int, int, int, int]]) -> Log:
    at, users, items, events = np.array(sorted(rows)).T
    nothing = np.full(len(at), np.nan, dtype=np.float32)
    return Log(
        users.astype(np.int32), items.astype(np.int32), events.astype(np.int16), nothing,
        at.astype(np.int64), NAMES, int(users.max()) + 1, 50,
    )  # fmt: skip


def test_planted_weights_come_back_in_order_and_within_their_intervals() -> None:
    found = learn(planted(), "purchase", np.random.default_rng(0))
    assert [weight.event for weight in found.weights] == ["view", "cart", "click", "share"]
    assert found.weights[0].times == 1.0
    for weight in found.weights[1:]:
        truth = float(np.exp(PLANTED[weight.event]))
        assert weight.low <= truth <= weight.high, weight
        assert weight.low < weight.times < weight.high
        assert weight.high / weight.low < 2, "an interval that excludes nothing says nothing"
    assert found.bought <= found.pairs
    assert found.late > 0


def test_a_day_of_patience_finds_no_purchase_of_the_day_after() -> None:
    with pytest.raises(NotLearned) as why:
        learn(planted(300), "purchase", np.random.default_rng(0), days=1)
    assert (why.value.code, why.value.details["bought"]) == ("never", 0)


def test_nothing_is_learned_without_times_or_kinds() -> None:
    log = planted(200)
    timeless = Log(
        log.users, log.items, log.events, log.values, None, NAMES, log.n_users, log.n_items
    )
    with pytest.raises(NotLearned) as why:
        learn(timeless, "purchase", np.random.default_rng(0))
    assert why.value.code == "no-times"
    two = log_of([(n * DAY, n, 0, n % 2 * 4) for n in range(200)])
    with pytest.raises(NotLearned) as why:
        learn(two, "purchase", np.random.default_rng(0))
    assert (why.value.code, why.value.details["kinds"]) == ("one-kind", 1)
    with pytest.raises(ValueError, match="no event 'rent'"):
        learn(log, "rent", np.random.default_rng(0))


def test_the_same_seed_gives_the_same_intervals() -> None:
    log = planted(400)
    first = learn(log, "purchase", np.random.default_rng(3), rounds=20)
    assert first == learn(log, "purchase", np.random.default_rng(3), rounds=20)
