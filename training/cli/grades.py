"""How strongly positives speak, for models that learn what people take and which of it satisfied.

Weights of events tell (a purchase says more than a view); where all count alike, ratings do: each
positive then counts as much as its value. The pairs stay those of every other model.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from training.cli.arguments import Request
from training.cli.data import RATED, Data, matrix, rules
from training.features import positives
from training.log import Log
from training.split import Split

LACK = (
    "positives that differ in strength: a column rating with at least two values among the "
    "positives (see --minimum), or a second event as cart or purchase"
)


def told(log: Log, minimum: float | None) -> bool:
    """Whether any positive of the log says more than another."""
    return _weighed(log, minimum) or _rated(log, minimum)


def graded(split: Split, request: Request, data: Data) -> Split:
    """The split with ratings as the strength of its positives, where weights do not tell it."""
    if _weighed(data.log, request.minimum) or not _rated(data.log, request.minimum):
        return split
    valued = [
        replace(rule, confidence="value") if rule.event in RATED else rule
        for rule in rules(data.log, request.minimum)
    ]
    pairs = positives(data.log, valued)
    strength = matrix(pairs, pairs.confidence)
    return replace(
        split, train=_of(split.train, strength), validation=_of(split.validation, strength)
    )


def _of(part: sparse.csr_matrix, strength: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same pairs, each as strong as told; a rating of 0, which is no weight, hardly counts."""
    rows = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    found = np.asarray(strength[rows, part.indices], dtype=np.float32).reshape(-1)
    found = np.maximum(found, np.finfo(np.float32).tiny)
    return sparse.csr_matrix((found, part.indices, part.indptr), shape=part.shape)


def _weighed(log: Log, minimum: float | None) -> bool:
    return len({rule.weight for rule in rules(log, minimum)}) > 1


def _rated(log: Log, minimum: float | None) -> bool:
    """Whether ratings that are positives differ."""
    for rule in rules(log, minimum):
        if rule.event in RATED:
            values = log.values[log.events == log.event_names.index(rule.event)]
            kept = values[values >= (rule.minimum or 0.0)]
            if len(kept) and kept.min() < kept.max():
                return True
    return False
