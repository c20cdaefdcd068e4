"""Rows that say what another row says, and the same thing done again within a minute."""

from __future__ import annotations

import numpy as np

from training.health.data import Data, runs
from training.health.finding import EVENTS, ROWS, USER, Evidence, Finding, finding

SPEC = {
    "code": "duplicates",
    "unit": "share",
    "warn": 0.01,
    "fail": 0.3,
    "title": {"en": "Duplicate rows", "zh-hans": "重复行"},
    "found": {
        "usual": {
            "en": "{dropped} of {rows} rows repeat another one; {again} more events do the same "
            "thing to the same item again within a minute.",
            "zh-hans": "{rows} 行中有 {dropped} 行与其他行重复;另有 {again} 个事件在一分钟内对同一"
            "物品重复了同样的操作。",
        }
    },
    "todo": {
        "en": "Of equal rows the last line counts. If many repeat, the exporter probably joins "
        "tables twice or sends retries: mend it there.",
        "zh-hans": "相同的行以最后一行为准。若重复很多,"
        "通常是导出时表被连接了两次或重试被重复发送:请在源头修正。",
    },
}
AGAIN = 60  # seconds


def check(data: Data) -> Finding:
    """Share of the files' rows that repeat another row; exact repeats in the arrays count too."""
    users, again = _again(data)
    exact = _exact(data)
    rows = max(data.rows_in, len(data) + data.dropped)
    dropped = data.dropped + exact
    worst, counts = runs(np.sort(users))
    order = np.argsort(-counts, kind="stable")[:ROWS]
    table = [[int(worst[place]), int(counts[place])] for place in order]
    return finding(
        SPEC,
        dropped / rows if rows else 0.0,
        args={"dropped": f"{dropped:,}", "rows": f"{rows:,}", "again": f"{again:,}"},
        evidence=Evidence((USER, EVENTS), table, len(worst)) if table else None,
        facts={"dropped": dropped, "exact": exact, "again": again},
    )


def _keys(data: Data) -> np.ndarray:
    """64 mixed bits of (user, item, event): equal events have equal keys."""
    log = data.log
    mixed = log.users.astype(np.uint64) << np.uint64(32)
    mixed |= (log.items.astype(np.int64) + 1).astype(np.uint64)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed += log.events.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(32))


def _exact(data: Data) -> int:
    keys = _keys(data)
    if data.log.at is not None:
        keys ^= data.log.at.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        keys *= np.uint64(0xFF51AFD7ED558CCD)
    keys.sort()
    return int((keys[1:] == keys[:-1]).sum())


def _again(data: Data) -> tuple[np.ndarray, int]:
    """(users, how many events) that follow an equal one within a minute.

    The log is in time order, so an equal event of the same or the last minute has the same key
    (user, item, event, minute) or the one before: two sorted passes find them without a sort by
    two columns.
    """
    at = data.log.at
    if at is None or not len(data):
        return np.empty(0, np.int32), 0
    keys = _keys(data)
    order = np.argsort(keys)
    # within equal keys the order is free: sort their times by a second, small pass
    same = keys[order][1:] == keys[order][:-1]
    inside = np.append(same, False) | np.append(False, same)
    rows = order[inside]
    rows = rows[np.lexsort((at[rows], keys[rows]))]
    close = (keys[rows][1:] == keys[rows][:-1]) & (np.diff(at[rows]) <= AGAIN)
    close &= np.diff(at[rows]) > 0
    found = data.log.users[rows[1:][close]]
    return found, len(found)
