"""Trials in, the next one out: nothing is remembered between two questions."""

import numpy as np
import pytest

from training import registry
from training.tune.memory import Memory, Past, importances

EASE = registry.space(registry.model_spec("ease"), {}, timed=True)
KNN = registry.space(registry.model_spec("itemknn"), {}, timed=True)
UP = ("maximize",)


def grown(seed: int, n: int, stop_at: int | None = None) -> list[Past]:
    """A study whose value is best near l2 = 500, asked anew for each trial."""
    past: list[Past] = []
    while len(past) < (stop_at or n):
        params = Memory("ease", EASE, UP, past, seed).propose()
        value = -abs(np.log(params["l2"] / 500.0))
        past.append(Past("done", params, (float(value),)))
    return past


def test_the_first_trial_is_the_usual_settings() -> None:
    first = Memory("ease", EASE, UP, [], 0).propose()
    assert first == {name: rule["default"] for name, rule in EASE.items()}


def test_proposals_lie_in_their_ranges_and_have_their_kinds() -> None:
    past = [Past("done", Memory("itemknn", KNN, UP, [], 0).propose(), (0.1,))]
    for n in range(12):
        params = Memory("itemknn", KNN, UP, past, 5).propose()
        assert set(params) == set(KNN)
        for name, rule in KNN.items():
            if "low" in rule:
                assert rule["low"] <= params[name] <= rule["high"], name
                assert isinstance(params[name], int) == (rule["type"] == "int")
        past.append(Past("done", params, (0.1 + n / 100,)))


def test_going_on_after_a_stop_proposes_what_would_have_come() -> None:
    whole, half = grown(3, 14), grown(3, 14, stop_at=7)
    assert whole[:7] == half
    assert Memory("ease", EASE, UP, half, 3).propose() == whole[7].params
    assert Memory("ease", EASE, UP, half, 4).propose() != whole[7].params


def test_it_finds_a_known_best() -> None:
    best = max(grown(0, 30), key=lambda one: one.values[0])
    assert 250 < best.params["l2"] < 1000


def test_running_failed_and_pruned_trials_are_taken_into_account() -> None:
    past = grown(1, 11)
    odd = [
        Past("running", past[-1].params),
        Past("failed", past[-2].params),
        Past("pruned", past[-3].params, (), {3: 0.01}),
    ]
    assert Memory("ease", EASE, UP, [*past, *odd], 1).propose()


def test_a_trial_of_other_ranges_is_left_out() -> None:
    strange = Past("done", {"l2": -4.0, "other": 1}, (0.9,))
    assert len(Memory("ease", EASE, UP, [strange], 0).study.trials) == 0


def with_steps(values: list[float]) -> list[Past]:
    params = {name: rule["default"] for name, rule in EASE.items()}
    return [Past("done", params, (v,), {1: v / 3, 2: v / 2, 3: v}) for v in values]


@pytest.mark.parametrize(
    ("steps", "pruned"),
    [
        ({1: 0.0}, False),  # every trial gets its first epochs
        ({1: 0.0, 2: 0.0, 3: 0.1}, True),
        ({1: 0.0, 2: 0.0, 3: 0.35}, False),  # above the median, 0.25
    ],
)
def test_what_is_below_the_median_of_the_others_is_stopped(
    steps: dict[int, float], pruned: bool
) -> None:
    past = with_steps([0.1, 0.2, 0.3, 0.4])
    memory = Memory("ease", EASE, UP, past, 0)
    assert memory.prune(past[0].params, steps) is pruned


def test_nothing_is_stopped_before_four_trials_came_to_their_end() -> None:
    past = with_steps([0.2, 0.3, 0.4])
    assert not Memory("ease", EASE, UP, past, 0).prune(past[0].params, {1: 0.0, 3: 0.0})


def test_nothing_is_stopped_with_several_objectives() -> None:
    past = [
        Past("done", one.params, (one.values[0], 0.5), one.steps)
        for one in with_steps([0.1, 0.2, 0.3, 0.4])
    ]
    memory = Memory("ease", EASE, ("maximize", "minimize"), past, 0)
    assert not memory.prune(past[0].params, {1: 0.0, 3: 0.0})
    assert memory.propose()


def test_the_parameter_that_matters_is_named() -> None:
    rng = np.random.default_rng(0)
    past = []
    for _ in range(20):
        params = {"l2": float(np.exp(rng.uniform(0, 11))), "recency": float(rng.uniform(0.1, 1))}
        past.append(Past("done", params, (float(np.log(params["l2"])) + 1e-3 * rng.random(),)))
    room = {name: EASE[name] for name in ("l2", "recency")}
    found = importances(Memory("ease", room, UP, past, 0))
    assert found["l2"] > 0.6 > 0.4 > found["recency"] >= 0  # twenty trials: a rough answer
    assert sum(found.values()) == pytest.approx(1.0)


def test_importance_waits_for_four_trials_that_differ() -> None:
    past = grown(0, 4)
    assert importances(Memory("ease", EASE, UP, past[:3], 0)) == {}
    assert importances(Memory("ease", EASE, UP, with_steps([0.2] * 6), 0)) == {}
    assert set(importances(Memory("ease", EASE, UP, past, 0))) == set(EASE)
