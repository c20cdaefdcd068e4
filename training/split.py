"""Train, validation and test, by the ways that api.md names, with the leak of each one measured.

Shares are 80/10/10. Where a history is divided (user-temporal, random), a user of n positives
gives floor(n / 10) to test and as many to validation, but at least one each from three on; with
one or two positives all of them train, for a model that never saw the user tells us nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.features import Positives
from training.log import Items
from training.order import order_only
from training.split_reasons import CHOSEN, REASONS, SplitError
from training.split_ways import TEST, TRAIN, VALIDATION, WAYS, given_parts, temporal

__all__ = [
    "CHOSEN",
    "NAMES",
    "REASONS",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "Split",
    "SplitError",
    "choose",
    "everything",
    "preview",
    "split",
]
NAMES = ("auto", *WAYS, "given")
ENOUGH = 200  # test users with history from which one cut in time says enough


@dataclass(frozen=True)
class Split:
    """Three disjoint float32 csr matrices (n_users, n_items), data = confidence > 0.

    train_at: float64 csr with train's pattern, epoch seconds; None when the log has no time.
    leak: share of test events that are older than the newest training event (0 = none is, 1 = all
    are); None without times. chosen_because: "" or a key of CHOSEN when auto did not take temporal.
    """

    train: sparse.csr_matrix
    validation: sparse.csr_matrix
    test: sparse.csr_matrix
    train_at: sparse.csr_matrix | None
    name: str
    seed: int
    leak: float | None
    chosen_because: str = ""
    items: Items | None = None

    @property
    def n_users(self) -> int:
        """Users of the dataset, with or without events in this split."""
        return int(self.train.shape[0])

    @property
    def n_items(self) -> int:
        """Items of the catalogue, with or without events in this split."""
        return int(self.train.shape[1])

    def masked(self, part: str) -> sparse.csr_matrix:
        """What must not be ranked for `part`: train for "validation", also validation for "test".

        Raises ValueError on another part.
        """
        if part == "validation":
            return self.train
        if part == "test":
            both = sparse.csr_matrix(self.train + self.validation)
            both.sort_indices()
            return both
        raise ValueError(f"part must be validation or test, got {part!r}")


def split(
    positives: Positives,
    name: str = "auto",
    *,
    seed: int = 0,
    items: Items | None = None,
    given: np.ndarray | None = None,
) -> Split:
    """Divide positives into train, validation and test.

    name: auto, temporal, user-temporal, leave-last, random, cold-item, cold-user or given. auto is
    temporal, or user-temporal where fewer than 200 test users would have a history, or random
    without (different) times; `chosen_because` says which. seed: for random, cold-item, cold-user.
    given: int (m,) with 0 train, 1 validation, 2 test for each row of positives (a part for each
    row of the log is brought here by `parts[positives.rows]`).
    Raises SplitError (a ValueError) naming the reason when the split is impossible.
    """
    _enough(positives)
    because = ""
    if name == "auto":
        name, because = _choose(positives)
    if name == "given":
        parts = given_parts(positives, given)
        _all_parts(parts, name)
    else:
        parts = _parts(positives, name, seed)
    return _assemble(positives, parts, name, seed, because, items)


def preview(positives: Positives, name: str, *, seed: int = 0) -> dict[str, int | float | None]:
    """What `split` would make of the positives, without making it.

    train, validation, test: positives in each; test_users: those with a history in train; leak as
    in Split. Raises SplitError as `split` does. name: not auto and not given.
    """
    _enough(positives)
    parts = _parts(positives, name, seed)
    counts = np.bincount(parts, minlength=3).tolist()
    known = np.zeros(positives.n_users, dtype=bool)
    known[positives.users[parts == TRAIN]] = True
    tested = np.zeros(positives.n_users, dtype=bool)
    tested[positives.users[parts == TEST]] = True
    found: dict[str, int | float | None] = {
        "train": counts[TRAIN], "validation": counts[VALIDATION], "test": counts[TEST]
    }  # fmt: skip
    return {**found, "test_users": int((known & tested).sum()), "leak": _leak(positives.at, parts)}


def choose(positives: Positives) -> tuple[str, str]:
    """(the split that auto stands for, the code of the reason or ""). Raises SplitError."""
    _enough(positives)
    return _choose(positives)


def _parts(positives: Positives, name: str, seed: int) -> np.ndarray:
    if name not in WAYS:
        raise SplitError("unknown-split", name=name)
    parts = WAYS[name](positives, np.random.default_rng(seed))
    _all_parts(parts, name)
    return parts


def everything(positives: Positives, items: Items | None = None) -> Split:
    """All positives in train, nothing held out: what a published model is fitted on.

    Name "whole", leak None. Raises SplitError below two users or items.
    """
    _enough(positives)
    parts = np.zeros(len(positives), np.int8)
    return _assemble(positives, parts, "whole", 0, "", items)


def _enough(positives: Positives) -> None:
    users, items = _different(positives.users), _different(positives.items)
    if users < 2:
        raise SplitError("too-few-users", users=users)
    if items < 2:
        raise SplitError("too-few-items", items=items)


def _different(codes: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(codes))) if len(codes) else 0


def _all_parts(parts: np.ndarray, name: str) -> None:
    for part, label in ((TRAIN, "train"), (VALIDATION, "validation"), (TEST, "test")):
        if not (parts == part).any():
            raise SplitError("empty-part", name=name, part=label)


def _choose(positives: Positives) -> tuple[str, str]:
    if positives.at is None:
        return "random", "no-times"
    if positives.at.min() == positives.at.max():
        return "random", "one-time"
    if order_only(positives.at):
        return "leave-last", "order-only"
    parts = temporal(positives, np.random.default_rng(0))
    known = np.isin(positives.users, positives.users[parts == TRAIN])
    if len(np.unique(positives.users[known & (parts == TEST)])) < ENOUGH:
        return "user-temporal", "few-temporal-test-users"
    return "temporal", ""


def _assemble(
    positives: Positives, parts: np.ndarray, name: str, seed: int, because: str, items: Items | None
) -> Split:
    at = positives.at
    trained = parts == TRAIN
    return Split(
        train=_matrix(positives, trained, positives.confidence),
        validation=_matrix(positives, parts == VALIDATION, positives.confidence),
        test=_matrix(positives, parts == TEST, positives.confidence),
        train_at=None if at is None else _matrix(positives, trained, at.astype(np.float64)),
        name=name,
        seed=seed,
        leak=_leak(at, parts),
        chosen_because=because,
        items=items,
    )


def _leak(at: np.ndarray | None, parts: np.ndarray) -> float | None:
    tested = parts == TEST
    if at is None or not tested.any() or order_only(at):
        return None
    return float(np.mean(at[tested] < at[parts == TRAIN].max()))


def _matrix(positives: Positives, rows: np.ndarray, data: np.ndarray) -> sparse.csr_matrix:
    """Csr with sorted indices; built by hand, so that a time of 0 stays in the pattern."""
    users, items, data = positives.users[rows], positives.items[rows], data[rows]
    order = np.lexsort((items, users))
    counts = np.bincount(users, minlength=positives.n_users)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    shape = (positives.n_users, positives.n_items)
    matrix = sparse.csr_matrix((data[order], items[order], indptr), shape=shape)
    matrix.has_sorted_indices = True
    return matrix
