"""What a user did so far, straight from the log: what to fold in and what is seen."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recweb.datasets import rows
from recweb.datasets.rows import Event

MOST = 2000  # newest events of a user that are folded in


@dataclass(frozen=True)
class Past:
    """liked: item codes, oldest first, with their confidences; seen: all items touched."""

    liked: npt.NDArray[np.int64]
    confidences: npt.NDArray[np.float64]
    seen: npt.NDArray[np.int64]


def past(dataset_id: int, user: int | None, rules: list[dict[str, Any]]) -> Past:
    """By the event rules of the run, as training reads them (training.features.positives)."""
    events = rows.history(dataset_id, user, MOST)[::-1] if user is not None else []
    seen: Iterable[int] = {event.code: None for event in events if event.code is not None}
    if user is not None and len(events) == MOST:  # there are older ones: they were seen, too
        seen = rows.touched(dataset_id, user)
    of: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for rule in rules:
        of[rule["event"]].append(rule)
    liked: dict[int, float] = {}
    known: dict[tuple[str, float | None], float] = {}  # most events repeat a few values
    for event in events:
        like = (event.event, event.value)
        if like not in known:
            known[like] = confidence(event, of[event.event]) if rules else 1.0
        sure = known[like]
        if event.code is None or sure <= 0:
            continue
        # the newest event gives the place, the surest one the confidence
        liked[event.code] = max(sure, liked.pop(event.code, 0.0))
    return Past(
        np.array(list(liked), np.int64),
        np.array(list(liked.values()), np.float32).astype(np.float64),  # as training has them
        np.array(list(seen), np.int64),
    )


def confidence(event: Event, rules: list[dict[str, Any]]) -> float:
    """By the rules for its kind of event; 0 = no positive."""
    return max((_sure(event.value, rule) for rule in rules), default=0.0)


def _sure(value: float | None, rule: dict[str, Any]) -> float:
    minimum = rule.get("minimum")
    if minimum is not None and (value is None or value < minimum):
        return 0.0
    return float(rule.get("weight", 1.0)) * _shape(rule.get("confidence", "one"), value)


def _shape(kind: str, value: float | None) -> float:
    if kind == "one" or value is None:
        return 1.0
    if kind == "value":
        return value
    if kind == "one+value":
        return 1.0 + max(value, 0.0)
    return 1.0 + math.log1p(max(value, 0.0))
