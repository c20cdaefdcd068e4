"""What will hurt later: seen in the accepted rows of one file, told before a model is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.clean.reasons import Value
from training.clean.report import Note

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
    *,
    timed: bool,
) -> list[Note]:
    """Notes on users and items that a model cannot learn from. users, items, at: (n,)."""
    users, items = columns["users"], columns["items"]
    if not len(users):
        return []
    per_user = np.bincount(users, minlength=len(user_ids))
    per_item = np.bincount(items[items >= 0], minlength=len(item_ids))
    notes = _dominance("user", per_user, user_ids, len(users))
    notes += _dominance("item", per_item, item_ids, len(users))
    if len(user_ids) > 1 and per_user.max() == 1:
        notes.append(Note("users-once", {}))
    if timed:
        notes += _bots(users, columns["at"], per_user, user_ids)
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
    users: np.ndarray, at: np.ndarray, per_user: np.ndarray, ids: Sequence[str]
) -> list[Note]:
    """Users with more than BOT events within some hour; only the busy ones are sorted."""
    rows = _suspects(users, at, per_user)
    rows = rows[np.lexsort((at[rows], users[rows]))]
    who, when = users[rows], at[rows]
    found: dict[int, int] = {}
    quick = (who[BOT:] == who[:-BOT]) & (when[BOT:] - when[:-BOT] < HOUR)
    for user in np.unique(who[:-BOT][quick]):
        times = when[who == user]
        inside = np.searchsorted(times, times + HOUR) - np.arange(len(times))
        found[int(user)] = int(inside.max())
    if not found:
        return []
    worst = max(found, key=found.__getitem__)
    example: dict[str, Value] = {
        "example": ids[worst],
        "most": found[worst],
        "limit": BOT,
        "count": len(found),
    }
    return [Note("bots", example)]


def _suspects(users: np.ndarray, at: np.ndarray, per_user: np.ndarray) -> np.ndarray:
    """Rows of the users who could have more than BOT events within some hour.

    Such an hour lies in two hours of the clock, so one of these has more than half of them.
    """
    rows = np.flatnonzero((per_user > BOT)[users])
    hours = at[rows]
    hours //= HOUR
    hours |= users[rows].astype(np.int64) << 32
    hours.sort()
    half = BOT // 2
    busy = np.unique(hours[half:][hours[half:] == hours[:-half]] >> 32)
    named = np.zeros(len(per_user), dtype=bool)
    named[busy] = True
    return np.asarray(rows[named[users[rows]]])
