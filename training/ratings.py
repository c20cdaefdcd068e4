"""Logs of explicit ratings: the stars themselves as data, and how far predictions are from them.

A model of kind "rating" is fitted on a Split whose data are ratings instead of confidences; a
rating of 0 or below stays in the pattern.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.features import Positives
from training.log import Log
from training.split import Split
from training.stats import Interval, resampled

Scores = Callable[[np.ndarray], np.ndarray]
CHUNK = 256  # users whose whole row is predicted at a time


def rated(log: Log) -> Positives:
    """The rated pairs of a log, `confidence` holding the rating; of several the newest counts.

    Raises ValueError when no event on an item carries a value.
    """
    rows = np.flatnonzero((log.items >= 0) & ~np.isnan(log.values))
    if not len(rows):
        raise ValueError("no event of this log carries a rating")
    pairs = log.users[rows].astype(np.int64) * log.n_items + log.items[rows]
    order = np.argsort(pairs, kind="stable")  # stable: within a pair the log's order stays
    last = np.append(np.diff(pairs[order]) != 0, True)
    newest = np.sort(rows[order[last]])
    return Positives(
        users=log.users[newest],
        items=log.items[newest],
        confidence=log.values[newest],
        at=None if log.at is None else log.at[newest],
        n_users=log.n_users,
        n_items=log.n_items,
        rows=newest,
    )


@dataclass(frozen=True)
class Errors:
    """Root mean square and mean absolute error over all held-out ratings, lower is better.

    n: ratings. Intervals resample users; their n is the number of users.
    """

    rmse: Interval
    mae: Interval
    n: int


def errors(scores: Scores, split: Split, part: str, rng: np.random.Generator) -> Errors:
    """How far predictions are from the ratings of a part. scores: codes (c,) -> (c, n_items).

    Predictions are cut to the range of the training ratings. Raises ValueError when the part is
    empty, is not validation or test, or a prediction is no number.
    """
    if part not in ("validation", "test"):
        raise ValueError(f"part must be validation or test, got {part!r}")
    held: sparse.csr_matrix = getattr(split, part)
    if not held.nnz:
        raise ValueError(f"the {part} part holds no ratings")
    low, high = float(split.train.data.min()), float(split.train.data.max())
    users = np.flatnonzero(np.diff(held.indptr))
    sums = np.zeros((len(users), 3))  # squares, absolutes, ratings
    for start in range(0, len(users), CHUNK):
        mine = users[start : start + CHUNK]
        truth = held[mine]
        rows = np.repeat(np.arange(len(mine)), np.diff(truth.indptr))
        guessed = np.clip(np.asarray(scores(mine), np.float64)[rows, truth.indices], low, high)
        off = guessed - truth.data
        if np.isnan(off).any():
            raise ValueError("a predicted rating is no number; the model has diverged")
        for column, values in enumerate((off**2, np.abs(off), np.ones(len(off)))):
            sums[start : start + len(mine), column] = np.bincount(rows, values, len(mine))
    return _errors(sums, rng)


def _errors(sums: np.ndarray, rng: np.random.Generator) -> Errors:
    """From sums (m, 3) per user; a resample's error is its summed errors over its ratings."""
    squares, absolutes, count = sums.sum(axis=0)
    rmse, mae = float(np.sqrt(squares / count)), float(absolutes / count)
    if len(sums) < 2:
        nothing = float("nan")
        cells = [Interval(mean, nothing, nothing, len(sums)) for mean in (rmse, mae)]
        return Errors(cells[0], cells[1], int(count))
    drawn = resampled(sums, rng)
    bands = np.column_stack([np.sqrt(drawn[:, 0] / drawn[:, 2]), drawn[:, 1] / drawn[:, 2]])
    low, high = np.percentile(bands, [2.5, 97.5], axis=0)
    return Errors(
        rmse=Interval(rmse, float(low[0]), float(high[0]), len(sums)),
        mae=Interval(mae, float(low[1]), float(high[1]), len(sums)),
        n=int(count),
    )
