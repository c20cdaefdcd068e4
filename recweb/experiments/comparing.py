"""Runs against one of them, user by user: differences, intervals, and p by Holm over all."""

from typing import Any

import numpy as np
import numpy.typing as npt

from recweb.experiments import artifacts
from recweb.experiments.models import Experiment
from training.stats import Paired, holm, paired_table
from training.store import read

SEED = 20_240_601  # the same question gets the same answer
ALPHA = 0.05


def against(base: Experiment, runs: list[Experiment], metrics: list[str]) -> dict[str, Any]:
    """{run: {"n", "metrics": {metric: {"difference", "lo", "hi", "p", "p_holm", "n", "code"}}}}.

    Differences are run - base over the users that both have. p_holm is adjusted over all pairs of
    run and metric here. code: "up", "down" or "noise", whatever is better.
    """
    users, columns = table(base, metrics)
    found: dict[str, dict[str, Paired]] = {}
    sizes = {}
    for run in runs:
        theirs, values = table(run, metrics)
        common, mine, other = np.intersect1d(users, theirs, return_indices=True)
        names = [name for name in metrics if name in columns and name in values]
        a = np.column_stack([values[name][other] for name in names])
        b = np.column_stack([columns[name][mine] for name in names])
        # drawn anew for each run: its interval must not depend on which others are chosen
        pairs = paired_table(a, b, np.random.default_rng(SEED))
        found[str(run.pk)] = dict(zip(names, pairs, strict=True))
        sizes[str(run.pk)] = len(common)
    return {key: {"n": sizes[key], "metrics": cells} for key, cells in adjusted(found).items()}


def table(
    run: Experiment, metrics: list[str]
) -> tuple[npt.NDArray[np.int32], dict[str, npt.NDArray[np.float32]]]:
    """Users (m,) and each known metric (m,). Raises training.store.Corrupt."""
    arrays, _meta = read(artifacts.folder(run) / "validation", verify=False)
    names = [name for name in metrics if artifacts.array_name(name) in arrays]
    return arrays["users"], {name: arrays[artifacts.array_name(name)] for name in names}


def adjusted(found: dict[str, dict[str, Paired]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The pairs as JSON, with Holm's p over all of them together."""
    flat = [(key, name, pair) for key, pairs in found.items() for name, pair in pairs.items()]
    ps = holm([pair.p for _key, _name, pair in flat])
    out: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in found}
    for (key, name, pair), p in zip(flat, ps, strict=True):
        out[key][name] = {
            "difference": number(pair.difference),
            "lo": number(pair.lo),
            "hi": number(pair.hi),
            "p": number(pair.p),
            "p_holm": number(float(p)),
            "n": pair.n,
            "test": pair.test,
            "code": code(pair, float(p)),
        }
    return out


def code(pair: Paired, p: float) -> str:
    if not p < ALPHA or not (pair.lo > 0 or pair.hi < 0):
        return "noise"
    return "up" if pair.difference > 0 else "down"


def number(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
