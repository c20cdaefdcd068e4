"""From the trials that there are to the next one: TPE and median pruning, without a memory.

Bergstra, Bardenet, Bengio, Kegl: Algorithms for hyper-parameter optimization (NIPS 2011), and its
form for several objectives (Ozaki et al., JAIR 2022), by the library Optuna. The trials are given,
never kept here: whoever stores them (rows of a database, a list) can stop and go on anywhere, and
the n-th proposal depends on the seed, n and the trials before it alone.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

State = Literal["running", "done", "pruned", "failed"]
Direction = Literal["maximize", "minimize"]
STATES = {
    "running": TrialState.RUNNING,
    "done": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
FIRST = 4  # whole trials before one may be stopped early
TREES = 32  # of the forest that importances come from
WARM = 2  # epochs that every trial gets
optuna.logging.set_verbosity(optuna.logging.ERROR)


@dataclass(frozen=True)
class Past:
    """A trial that there is. values: one an objective, of a done one; steps: epoch -> NDCG@10."""

    state: State
    params: Mapping[str, Any]
    values: tuple[float, ...] = ()
    steps: Mapping[int, float] = field(default_factory=dict)


class Memory:
    """What the trials of one model say. ranges: registry.space; directions: one an objective.

    A trial whose parameters do not fit the ranges (they were another version's) is not used.
    """

    def __init__(
        self,
        model: str,
        ranges: Mapping[str, Mapping[str, Any]],
        directions: Sequence[Direction],
        past: Sequence[Past],
        seed: int,
    ) -> None:
        self.ranges, self.past = ranges, past
        self.room = {name: distribution(rule) for name, rule in ranges.items()}
        # every trial has a generator of its own: to go on after a stop changes nothing
        mixed = np.random.SeedSequence([seed, zlib.crc32(model.encode()), len(past)])
        sampler = optuna.samplers.TPESampler(seed=int(mixed.generate_state(1)[0]))
        self.study = optuna.create_study(directions=list(directions), sampler=sampler)
        for one in past:
            if self._fits(one):
                self.study.add_trial(self._frozen(one))

    def propose(self) -> dict[str, Any]:
        """Parameters of the next trial; the model's defaults when it is the first."""
        if not self.past:
            return {name: rule["default"] for name, rule in self.ranges.items()}
        trial = self.study.ask(self.room)
        return dict(trial.params)

    def prune(self, params: Mapping[str, Any], steps: Mapping[int, float]) -> bool:
        """Whether a trial that is at `steps` is worse than the median of the others there.

        Never with several objectives: what is worse in one may be better in another.
        """
        if len(self.study.directions) > 1:
            return False
        pruner = optuna.pruners.MedianPruner(n_startup_trials=FIRST, n_warmup_steps=WARM)
        now = self._frozen(Past("running", params, (), steps))
        return bool(pruner.prune(self.study, now))

    def _fits(self, one: Past) -> bool:
        known = set(one.params) == set(self.room)
        return known and all(
            self.room[name]._contains(self.room[name].to_internal_repr(value))
            for name, value in one.params.items()
        )

    def _frozen(self, one: Past) -> FrozenTrial:
        return create_trial(
            state=STATES[one.state],
            params=dict(one.params),
            distributions=self.room,
            values=list(one.values) if one.state == "done" else None,
            intermediate_values={int(epoch): value for epoch, value in one.steps.items()},
        )


def distribution(rule: Mapping[str, Any]) -> BaseDistribution:
    """Of a parameter's rule: where its values may lie. Its default always may."""
    if rule["type"] == "choice":
        return CategoricalDistribution(list(rule["choices"]))
    if rule["type"] == "bool":
        return CategoricalDistribution([False, True])
    low, high = min(rule["low"], rule["default"]), max(rule["high"], rule["default"])
    if rule["type"] == "int":
        return IntDistribution(low, high, log=rule["log"])
    return FloatDistribution(low, high, log=rule["log"])


def importances(memory: Memory, seed: int = 0) -> dict[str, float]:
    """Parameter -> its share (0..1, together 1) of what the first objective varied by.

    fANOVA (Hutter, Hoos, Leyton-Brown, ICML 2014) over done trials; {} with fewer than four, or
    when all came out the same.
    """
    done = [one for one in memory.past if one.state == "done" and memory._fits(one)]
    if len(done) < 4 or len({one.values[0] for one in done}) < 2 or not memory.room:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        found = optuna.importance.get_param_importances(
            memory.study,
            evaluator=optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=seed),
            target=_first,
        )
    return {name: float(share) for name, share in found.items() if np.isfinite(share)}


def _first(trial: FrozenTrial) -> float:
    return float(trial.values[0])
