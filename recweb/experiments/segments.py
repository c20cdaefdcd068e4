"""Whom a run serves: new, light and heavy users; popular items and the rest. Worker only."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from recweb.experiments import measuring
from training.evaluate import Evaluation, held_out
from training.metrics.catalogue import long_tail
from training.split import Split

NEW = 4  # training events of a new user, at most
K = 10
SHOWN = ("ndcg@10", "recall@10", "hr@10", "ild@10", "epc@10", "tail@10")
Bools = npt.NDArray[np.bool_]


def summary(
    found: Evaluation, split: Split, exclude: csr_matrix | None, seed: int
) -> dict[str, dict[str, Any]]:
    """{"new": {"n", "low", "high", "metrics": {...}}, "light", "heavy", "head", "tail"}; a kind
    without members is left out. new: up to 4 training events; heavy: the most active quarter of
    the others; head: the items that hold 80 % of the training events."""
    counts = np.diff(split.train.indptr)[found.users]
    rng = np.random.default_rng(seed)  # its own: what is drawn here moves no other figure
    shown = {name: found.per_user[name] for name in SHOWN if name in found.per_user}
    out: dict[str, dict[str, Any]] = {}
    for name, rows in kinds(counts).items():
        if rows.any():
            part = {metric: values[rows] for metric, values in shown.items()}
            out[name] = {
                "n": int(rows.sum()),
                "low": int(counts[rows].min()),
                "high": int(counts[rows].max()),
                "metrics": measuring.table(part, rng),
            }
    return out | items(found, split, exclude, rng)


def kinds(counts: npt.NDArray[np.integer]) -> dict[str, Bools]:
    """Each user is of one kind. counts: training events (m,)."""
    new = counts <= NEW
    rest = counts[~new]
    bound = np.percentile(rest, 75) if len(rest) else np.inf
    heavy = ~new & (counts > bound)
    return {"new": new, "light": ~new & ~heavy, "heavy": heavy}


def items(
    found: Evaluation, split: Split, exclude: csr_matrix | None, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Recall among popular and among other items: users without such a held-out item are out."""
    mask = split.masked("validation")
    truth = held_out(split.validation, mask if exclude is None else mask + exclude)[found.users]
    takers = np.asarray((split.train > 0).sum(axis=0)).ravel().astype(float)
    tail = long_tail(takers)
    top = found.candidates[:, :K]
    out = {}
    for name, chosen in (("head", ~tail), ("tail", tail)):
        values = recall(truth, top, chosen)
        if not np.isnan(values).all():
            metrics = measuring.table({f"recall@{K}": values}, rng)
            out[name] = {"n": int(chosen.sum()), "metrics": metrics}
    return out


def recall(
    truth: csr_matrix, top: npt.NDArray[np.integer], chosen: Bools
) -> npt.NDArray[np.float64]:
    """Share of a user's held-out items of one kind that the list holds; NaN without any.

    truth: csr (m, n_items); top: (m, k) items, -1 padded; chosen: (n_items,) -> (m,)."""
    m, n_items = truth.shape
    wanted = csr_matrix(truth.multiply(chosen[None, :]))
    rows = np.repeat(np.arange(m), top.shape[1])[top.ravel() >= 0]
    flat = top.ravel()[top.ravel() >= 0]
    lists = csr_matrix((np.ones(len(flat)), (rows, flat)), shape=(m, n_items))
    hits = np.asarray((wanted > 0).multiply(lists).sum(axis=1), float).ravel()
    sizes = np.asarray((wanted > 0).sum(axis=1), float).ravel()
    out = np.full(m, np.nan)
    np.divide(hits, sizes, out=out, where=sizes > 0)
    return out
