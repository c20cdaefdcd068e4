"""From events to positives (who liked what, how surely, when), and from items to feature rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from training.encoders.whitening import whiten
from training.log import Items, Log

Confidence = Literal["one", "value", "log", "one+value"]


@dataclass(frozen=True)
class Rule:
    """Which events are positives, and how sure each makes us.

    event: its name. minimum: only values >= minimum count (None: all; an event without a value
    never reaches a minimum). confidence, before `weight` (> 0) multiplies it:
    "one" 1; "value" the value v itself (1 where there is none);
    "log" 1 + log(1 + v), the confidence of Hu, Koren, Volinsky 2008 eq. 6 with alpha = eps = 1;
    "one+value" 1 + v, for labels. Events whose confidence is not above 0 are no positives.
    """

    event: str
    minimum: float | None = None
    confidence: Confidence = "one"
    weight: float = 1.0


@dataclass(frozen=True)
class Positives:
    """One row per (user, item), in the order of the log rows that they come from.

    users, items int32 (m,); confidence float32 (m,) > 0; at int64 (m,) epoch seconds or None;
    rows int64 (m,): the row of the log that gave the time (the newest positive event), None when
    the positives were made without a log.
    """

    users: np.ndarray
    items: np.ndarray
    confidence: np.ndarray
    at: np.ndarray | None
    n_users: int
    n_items: int
    rows: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.users)


def positives(log: Log, rules: Sequence[Rule]) -> Positives:
    """The positives of a log. Searches (item -1) are dropped.

    A pair with several positive events keeps the largest confidence and the newest time (the last
    row, as the log is in time order); an event that several rules match takes the largest too.
    Raises ValueError on no rules, an unknown confidence or a weight that is not above 0.
    """
    confidence = confidences(log, rules)
    rows = np.flatnonzero((confidence > 0) & (log.items >= 0))
    pairs = log.users[rows].astype(np.int64) * log.n_items + log.items[rows]
    order = _in_order(pairs)  # within a pair the log's order stays
    starts = np.flatnonzero(np.diff(pairs[order], prepend=-1))
    best = np.maximum.reduceat(confidence[rows[order]], starts) if len(rows) else confidence[:0]
    newest = rows[order[np.append(starts[1:], len(rows)) - 1]] if len(rows) else rows
    by_row = np.argsort(newest)
    newest = newest[by_row]
    return Positives(
        users=log.users[newest],
        items=log.items[newest],
        confidence=best[by_row],
        at=None if log.at is None else log.at[newest],
        n_users=log.n_users,
        n_items=log.n_items,
        rows=newest,
    )


def _in_order(keys: np.ndarray) -> np.ndarray:
    """Stable places of ascending keys; where key and place fit one number, by sorting numbers."""
    bits = max(1, (len(keys) - 1).bit_length()) if len(keys) else 1
    if not len(keys) or int(keys.max()).bit_length() + bits > 62:
        return np.argsort(keys, kind="stable")
    packed = (keys << bits) | np.arange(len(keys))
    packed.sort()
    return np.asarray(packed & ((1 << bits) - 1))


def confidences(log: Log, rules: Sequence[Rule]) -> np.ndarray:
    """Confidence of each event, float32 (n,), by the rule that gives most; 0 = no positive.

    Raises ValueError on no rules, an unknown confidence or a weight that is not above 0.
    """
    if not rules:
        raise ValueError("no rule says which events are positives")
    confidence = np.zeros(len(log), dtype=np.float32)
    for rule in rules:
        np.maximum(confidence, _confidence(log, rule), out=confidence)
    return confidence


def multi_hot(categories: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], sparse.csr_matrix]:
    """(topic_names, topics float32 csr (n_items, n_topics)) from each item's categories.

    Names in alphabetical order (by code point); a category named twice for an item counts once.
    """
    names = tuple(sorted({name for row in categories for name in row}))
    place = {name: column for column, name in enumerate(names)}
    columns = [sorted({place[name] for name in row}) for row in categories]
    indptr = np.cumsum([0, *map(len, columns)])
    indices = np.array([column for row in columns for column in row], dtype=np.int32)
    ones = np.ones(len(indices), dtype=np.float32)
    return names, sparse.csr_matrix((ones, indices, indptr), shape=(len(columns), len(names)))


def item_features(items: Items, *, components: int = 64) -> np.ndarray:
    """Content features, float32 (n_items, f): topics x 3, decade one-hot x 3, text x 0.5.

    Text is the whitened PCA of items.vectors with at most `components` columns; parts that the
    catalogue lacks are left out, so f may be 0. An unknown year has no decade set. Only the
    catalogue is read, never an interaction, so nothing of validation or test enters.
    """
    parts = [3 * np.asarray(items.topics.todense(), dtype=np.float32), 3 * decades(items.years)]
    if items.vectors is not None and len(items):
        parts.append(np.float32(0.5) * whitened(items.vectors, components))
    return np.hstack(parts).astype(np.float32)


def _confidence(log: Log, rule: Rule) -> np.ndarray:
    """Confidence that one rule gives to each event, float32 (n,); 0 where it does not match."""
    if not rule.weight > 0:
        raise ValueError(f"weight must be above 0, got {rule.weight}")
    if rule.event not in log.event_names:
        return np.zeros(len(log), dtype=np.float32)
    match = log.events == log.event_names.index(rule.event)
    if rule.minimum is not None:
        match = match & (log.values >= rule.minimum)  # NaN >= x is False
    size = _sizes(log.values, rule.confidence) * np.float32(rule.weight)
    return np.where(match & (size > 0), size, 0).astype(np.float32)


def _sizes(values: np.ndarray, confidence: str) -> np.ndarray:
    if confidence == "one":
        return np.ones_like(values)
    if confidence == "value":
        return np.where(np.isnan(values), np.float32(1), values)
    known = np.maximum(np.nan_to_num(values), 0)
    if confidence == "log":
        return np.asarray(1 + np.log1p(known))
    if confidence == "one+value":
        return np.asarray(1 + known)
    raise ValueError(f"confidence must be one, value, log or one+value, got {confidence!r}")


def decades(years: np.ndarray) -> np.ndarray:
    """One-hot decades of years (n,), float32 (n, decades seen); no decade for an unknown year."""
    decade = np.floor(years / 10)
    seen = np.unique(decade[~np.isnan(decade)])
    return np.asarray(decade[:, None] == seen[None, :], dtype=np.float32)


def whitened(vectors: np.ndarray, components: int) -> np.ndarray:
    """Principal components with unit variance, float32 (n, <= components).

    By the map of encoders/whitening.py (Su et al. 2021).
    """
    return whiten(vectors, components)(vectors)
