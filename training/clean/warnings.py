"""What will hurt later: seen in the accepted rows of one file, told before a model is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from training import workspace
from training.clean.reasons import Value
from training.clean.report import Note
from training.workspace import Tally, Workspace, tally_of

HOUR = 3600
BOT = 1000  # events of one user within an hour
CODES = {
    "user": ("one-user-only", "user-dominates"),
    "item": ("one-item-only", "item-dominates"),
}
MOST = 0.9  # of the rows with one user or one item


def warn(
    columns: Mapping[str, np.ndarray],
    user_ids: Sequence[str],
    item_ids: Sequence[str],
    space: Workspace,
    *,
    timed: bool,
) -> list[Note]:
    """Notes on users and items that a model cannot learn from. users, items, at: (n,)."""
    users, items = columns["users"], columns["items"]
    if not len(users):
        return []
    per_user = space.counts(users, len(user_ids))
    per_item = space.counts(items, len(item_ids))
    notes = _dominance("user", per_user, user_ids, len(users))
    notes += _dominance("item", per_item, item_ids, len(users))
    if len(user_ids) > 1 and per_user.max() == 1:
        notes.append(Note("users-once", {}))
    if timed:
        notes += _bots(users, columns["at"], per_user, user_ids, space)
    return notes


def _dominance(kind: str, counts: np.ndarray, ids: Sequence[str], rows: int) -> list[Note]:
    if len(ids) == 1:
        return [Note(CODES[kind][0], {})]
    if not len(ids) or counts.max() < MOST * rows:
        return []
    top = int(counts.argmax())
    percent = int(100 * counts[top] / rows)
    return [Note(CODES[kind][1], {"example": ids[top], "percent": percent})]


def _bots(
    users: np.ndarray,
    at: np.ndarray,
    per_user: np.ndarray,
    ids: Sequence[str],
    space: Workspace,
) -> list[Note]:
    """Users with more than BOT events within some hour; only the busy ones are sorted."""
    found: dict[int, int] = {}
    for moments, counts in _moments(users, at, _suspects(users, at, per_user, space), space):
        who, when = moments >> 32, moments & 0xFFFFFFFF
        ends = np.append(np.flatnonzero(who[1:] != who[:-1]) + 1, len(who))
        for first, last in pairwise([0, *ends.tolist()]):
            seconds = when[first:last]
            before = np.append(0, np.cumsum(counts[first:last]))
            inside = before[np.searchsorted(seconds, seconds + HOUR)] - before[:-1]
            if (most := int(inside.max())) > BOT:
                found[int(who[first])] = most
    if not found:
        return []
    worst = max(sorted(found), key=found.__getitem__)
    example: dict[str, Value] = {
        "example": ids[worst],
        "most": found[worst],
        "limit": BOT,
        "count": len(found),
    }
    return [Note("bots", example)]


def _suspects(
    users: np.ndarray, at: np.ndarray, per_user: np.ndarray, space: Workspace
) -> np.ndarray:
    """Bool (n_users,): who could have more than BOT events within some hour.

    Such an hour lies in two hours of the clock, so one of these has more than half of them.
    """
    many = per_user > BOT
    named = np.zeros(len(per_user), dtype=bool)

    def hours(each: slice) -> np.ndarray:
        rows = many[users[each]]
        found = at[each][rows] // HOUR
        found |= users[each][rows].astype(np.int64) << 32
        return np.asarray(found)

    if many.any():
        for keys, counts in space.tallied(len(users), hours, users, at):
            named[keys[counts > BOT // 2] >> 32] = True
    return named


def _moments(
    users: np.ndarray, at: np.ndarray, named: np.ndarray, space: Workspace
) -> Iterator[Tally]:
    """(user << 32 | second, ascending; events in it) of the users named, some users at a time."""
    if not named.any():
        return
    per_user = space.counts(users, len(named))
    per_user[~named] = 0
    groups = (np.cumsum(per_user) - per_user) // workspace.PART  # a user's rows are in one group
    for group in np.unique(groups[named]).tolist():
        mine = named & (groups == group)
        found = tally_of(
            at[each][rows] | users[each][rows].astype(np.int64) << 32
            for each in space.slices(len(users), users, at)
            for rows in [mine[users[each]]]
        )
        if found is not None:
            yield found
