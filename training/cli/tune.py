"""The same number of trials for every model, on an inner validation that the test never enters.

Bergstra, Bardenet, Bengio, Kegl: Algorithms for hyper-parameter optimization (NIPS 2011), TPE, by
the library Optuna. The first trial is the model's defaults, so tuning is never below them there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy import sparse

from training import registry
from training.evaluate import evaluate
from training.models.contract import Model, quiet
from training.ratings import errors
from training.split import Split

WIDE = 1000.0  # a knob on a log scale is looked for so far from its default, within its range
STEPS = 4  # a whole number on a log scale (neighbours, factors: they cost) so far
ASKED = 2000  # validation users that judge a trial: as many as tell settings apart
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

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    spec = registry.model_spec(model)
    ranges = space(spec, fixed, timed=split.train_at is not None)
    judge = _Judge(split, spec["kind"], k, seed)
    study = optuna.create_study(
        direction=judge.direction, sampler=optuna.samplers.TPESampler(seed=seed)
    )
    study.enqueue_trial({name: spec["params"][name]["default"] for name in ranges})
    refused = ""
    for number in range(trials if ranges else 1):
        trial = study.ask()
        params = fixed | {name: _suggest(trial, name, rule) for name, rule in ranges.items()}
        try:
            value = judge(registry.load_model(model)(**params))
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            refused = str(error)
            say(f"{model}: trial {number + 1} of {trials} refused: {refused}")
            continue
        study.tell(trial, value)
        say(f"{model}: trial {number + 1} of {trials}: {judge.metric} {value:.4f} {_shown(params)}")
    failed = sum(one.state == optuna.trial.TrialState.FAIL for one in study.trials)
    if failed == len(study.trials):
        raise ValueError(f"every trial was refused: {refused}")
    best = registry.check_params(model, fixed | study.best_params)
    return Tuned(best, float(study.best_value), judge.metric, len(study.trials), failed)


def space(spec: dict[str, Any], fixed: dict[str, Any], *, timed: bool) -> dict[str, dict[str, Any]]:
    """Parameter -> rule with the range to look in.

    A rule's own "tune" decides: [low, high], or False for one that does not change the scores or
    is no more than patience. Without it: log scales within 1,000 times the default (whole numbers,
    which cost, within 4 times), others over their range. What the model finds by itself (default
    None) and recency without times are left alone.
    """
    found = {}
    for name, rule in spec["params"].items():
        left = name in fixed or rule["default"] is None or rule.get("tune") is False
        if left or (name == "recency" and not timed):
            continue
        found[name] = rule if "choices" in rule or rule["type"] == "bool" else _narrowed(rule)
    return found


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


class _Judge:
    """What a model is worth on validation, the same users for each of them."""

    def __init__(self, split: Split, kind: str, k: int, seed: int) -> None:
        self.split, self.k, self.seed = split, k, seed
        self.stars = kind == "rating"
        self.metric = "rmse" if self.stars else f"ndcg@{k}"
        self.direction: Literal["minimize", "maximize"] = "minimize" if self.stars else "maximize"
        users = np.flatnonzero(np.diff(split.validation.indptr))
        if len(users) > ASKED:
            users = np.sort(np.random.default_rng(seed).choice(users, ASKED, replace=False))
        self.users = users

    def __call__(self, model: Model) -> float:
        model.fit(self.split, rng=np.random.default_rng(self.seed), progress=quiet)
        if self.stars:
            rng = np.random.default_rng(self.seed)
            return errors(model.scores, self.split, "validation", rng).rmse.mean
        found = evaluate(
            model.scores,
            self.split,
            "validation",
            distance=None,
            ks=(self.k,),
            n_candidates=self.k,
            users=self.users,
        )
        return float(np.nanmean(found.per_user[self.metric]))


def _narrowed(rule: dict[str, Any]) -> dict[str, Any]:
    low, high = rule["low"], rule["high"]
    if "tune" in rule:
        low, high = rule["tune"]
    elif rule["log"]:
        times = STEPS if rule["type"] == "int" else WIDE
        low, high = max(low, rule["default"] / times), min(high, rule["default"] * times)
    if rule["type"] == "int":
        low, high = int(np.ceil(low)), int(high)
    return rule | {"low": low, "high": high}


def _suggest(trial: Any, name: str, rule: dict[str, Any]) -> Any:
    if rule["type"] == "choice":
        return trial.suggest_categorical(name, list(rule["choices"]))
    if rule["type"] == "bool":
        return trial.suggest_categorical(name, [False, True])
    ask = trial.suggest_int if rule["type"] == "int" else trial.suggest_float
    return ask(name, rule["low"], rule["high"], log=rule["log"])


def _shown(params: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in params.items()
    )
