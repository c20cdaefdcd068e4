"""Who goes where: each way of api.md gives every positive its part, 0 train to 2 test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.features import Positives
from training.order import order_only
from training.split_reasons import SplitError

TRAIN, VALIDATION, TEST = 0, 1, 2


def _times(positives: Positives, name: str) -> np.ndarray:
    if positives.at is None:
        raise SplitError("no-times", name=name)
    if positives.at.min() == positives.at.max():
        raise SplitError("one-time", name=name)
    return positives.at


def temporal(positives: Positives, rng: np.random.Generator) -> np.ndarray:
    """One cut for all: events of one second never stand on both sides of it."""
    at = _times(positives, "temporal")
    if order_only(at):
        raise SplitError("order-only", name="temporal")
    order = np.sort(at)
    cuts = order[[int(0.8 * len(at)), int(0.9 * len(at))]]
    return np.asarray(np.searchsorted(cuts, at, side="right"), dtype=np.int8)


def _user_temporal(positives: Positives, rng: np.random.Generator) -> np.ndarray:
    return _held_out(positives, _times(positives, "user-temporal"), _tenth)


def _leave_last(positives: Positives, rng: np.random.Generator) -> np.ndarray:
    return _held_out(positives, _times(positives, "leave-last"), _one)


def _random(positives: Positives, rng: np.random.Generator) -> np.ndarray:
    return _held_out(positives, rng.permutation(len(positives)), _tenth)


def _cold_item(positives: Positives, rng: np.random.Generator) -> np.ndarray:
    """A tenth of the items gives all its events to test, another tenth to validation."""
    return _cold(positives.items, rng)


def _cold_user(positives: Positives, rng: np.random.Generator) -> np.ndarray:
    """A tenth of the users gives its whole history to test, another tenth to validation."""
    return _cold(positives.users, rng)


def _cold(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    seen, place = np.unique(codes, return_inverse=True)
    held = max(1, len(seen) // 10)
    part = np.zeros(len(seen), dtype=np.int8)
    part[:held], part[held : 2 * held] = TEST, VALIDATION
    return np.asarray(rng.permutation(part)[place])


def given_parts(positives: Positives, given: np.ndarray | None) -> np.ndarray:
    """The parts that came with the log, (m,) of 0, 1 or 2. Raises SplitError for others."""
    fits = given is not None and given.shape == (len(positives),)
    if given is None or not fits or not np.isin(given, (TRAIN, VALIDATION, TEST)).all():
        raise SplitError("given-missing", rows=len(positives))
    return given.astype(np.int8)


def _tenth(counts: np.ndarray) -> np.ndarray:
    return np.where(counts < 3, 0, np.maximum(1, counts // 10))


def _one(counts: np.ndarray) -> np.ndarray:
    return np.where(counts < 3, 0, 1)


def _held_out(
    positives: Positives, by: np.ndarray, held: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Parts (m,): of each user the last `held` by `by` test, the ones before validation.

    Equal `by`: the order of the log decides.
    """
    order = _by_user(positives.users, by)
    counts = np.bincount(positives.users, minlength=positives.n_users)
    ends = np.cumsum(counts)
    users = positives.users[order]
    from_end = ends[users] - 1 - np.arange(len(order))  # 0 = the user's newest
    test = held(counts)[users]
    parts = np.empty(len(order), dtype=np.int8)
    parts[order] = np.where(from_end < test, TEST, np.where(from_end < 2 * test, VALIDATION, TRAIN))
    return parts


def _by_user(users: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Rows by user, then by `by`, then as they stand: lexsort, by one sort of packed numbers."""
    rows = np.arange(len(by))
    first = rows if (by[1:] >= by[:-1]).all() else np.argsort(by, kind="stable")
    keys = (users[first].astype(np.int64) << 32) | rows
    keys.sort()  # numbers are sorted several times as fast as places
    return np.asarray(first[keys & 0xFFFFFFFF])


Way = Callable[[Positives, np.random.Generator], np.ndarray]
WAYS: dict[str, Way] = {
    "temporal": temporal,
    "user-temporal": _user_temporal,
    "leave-last": _leave_last,
    "random": _random,
    "cold-item": _cold_item,
    "cold-user": _cold_user,
}
