"""The same number of trials for every model, on an inner validation that the test never enters.

Bergstra, Bardenet, Bengio, Kegl: Algorithms for hyper-parameter optimization (NIPS 2011), TPE, by
the library Optuna. The first trial is the model's defaults, so tuning is never below them there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from training import registry
from training.models.contract import quiet
from training.split import Split
from training.tune.judge import Judge
from training.tune.room import room
from training.tune.trial import attempt

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tuned:
    """params: the best of all trials; value: their mean on the inner validation; metric: its name.

    trials: how many ran; failed: how many of them the model refused.
    """

    params: dict[str, Any]
    value: float
    metric: str
    trials: int
    failed: int


def tune(
    model: str,
    split: Split,
    *,
    trials: int,
    fixed: dict[str, Any],
    k: int,
    seed: int,
    say: Say,
) -> Tuned:
    """Best parameters by mean NDCG@k (kind "rating": by RMSE) on split.validation.

    fixed: parameters that are not looked for. A model without a knob to turn, which is one trial,
    is not tried again. Raises ValueError when every trial failed.
    """
    import optuna

    from training.tune.memory import distribution

    spec = registry.model_spec(model)
    ranges = room(model, split.train, fixed=fixed, timed=split.train_at is not None)
    places = {name: distribution(rule) for name, rule in ranges.items()}
    judge = Judge(split, spec["kind"], k, seed)
    study = optuna.create_study(
        direction=judge.direction, sampler=optuna.samplers.TPESampler(seed=seed)
    )
    study.enqueue_trial({name: rule["default"] for name, rule in ranges.items()})
    refused = ""
    for number in range(trials if ranges else 1):
        trial = study.ask(places)
        params = fixed | trial.params
        found = attempt(model, params, judge, quiet, None)
        if found.state == "failed":
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            refused = found.error
            say(f"{model}: trial {number + 1} of {trials} refused: {refused}")
            continue
        value = found.values[judge.metric]
        study.tell(trial, value)
        say(f"{model}: trial {number + 1} of {trials}: {judge.metric} {value:.4f} {_shown(params)}")
    failed = sum(one.state == optuna.trial.TrialState.FAIL for one in study.trials)
    if failed == len(study.trials):
        raise ValueError(f"every trial was refused: {refused}")
    best = registry.check_params(model, fixed | study.best_params)
    return Tuned(best, float(study.best_value), judge.metric, len(study.trials), failed)


def hold_out(split: Split, rng: np.random.Generator) -> Split:
    """The split with a tenth of each user's training pairs as validation, and no test.

    Users of three pairs or more give at least one: the newest where there are times, else chance.
    """
    train = split.train
    rows = np.repeat(np.arange(train.shape[0]), np.diff(train.indptr))
    key = rng.random(train.nnz) if split.train_at is None else -split.train_at.data
    order = np.lexsort((key, rows))
    counts = np.diff(train.indptr)
    wanted = np.where(counts < 3, 0, np.maximum(1, counts // 10))
    held = np.zeros(train.nnz, dtype=bool)
    held[order] = np.arange(train.nnz) - train.indptr[rows[order]] < wanted[rows[order]]
    if not held.any():
        raise ValueError("no user has three training events, so no inner validation can be made")

    def part(values: np.ndarray, keep: np.ndarray) -> sparse.csr_matrix:
        ends = np.concatenate(([0], np.cumsum(np.bincount(rows[keep], minlength=len(counts)))))
        return sparse.csr_matrix((values[keep], train.indices[keep], ends), shape=train.shape)

    at = split.train_at
    return replace(
        split,
        train=part(train.data, ~held),
        validation=part(train.data, held),
        test=part(train.data, np.zeros_like(held)),
        train_at=None if at is None else part(at.data, ~held),
    )


def _shown(params: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in params.items()
    )
