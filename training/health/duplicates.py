"""Rows that say what another row says, and the same thing done again within a minute."""

from __future__ import annotations

import numpy as np

from training.health.data import Data, runs
from training.health.finding import EVENTS, ROWS, USER, Evidence, Finding, finding

SPEC = {
    "code": "duplicates",
    "unit": "share",
    "title": {"en": "Duplicate rows", "zh-hans": "重复行"},
    "found": {
        "usual": {
            "en": "{dropped} of {rows} rows repeat another one; {again} more events do the same "
            "thing to the same item again within a minute.",
            "zh-hans": "{rows} 行中有 {dropped} 行与其他行重复；另有 {again} 个事件在一分钟内对同一"
            "物品重复了同样的操作。",
        }
    },
    "todo": {
        "en": "Of equal rows the last line counts. If many repeat, the exporter probably joins "
        "tables twice or sends retries: mend it there.",
        "zh-hans": "相同的行以最后一行为准。若重复很多，"
        "通常是导出时表被连接了两次或重试被重复发送：请在源头修正。",
    },
}
AGAIN = 60  # seconds


def check(data: Data) -> Finding:
    """Share of the files' rows that repeat another row; exact repeats in the arrays count too."""
    users, exact = _again(data)
    again = len(users)
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


def _again(data: Data) -> tuple[np.ndarray, int]:
    """(users of events that follow an equal one within a minute, how many repeat one exactly).

    Rows are sorted by some bits of (user, item, event) and, below them, by their number, which is
    their order in time; what stands side by side is then compared in full.
    """
    log = data.log
    if len(log) < 2:
        return np.empty(0, np.int32), 0
    bits = np.uint64(max(1, (len(log) - 1).bit_length()))
    keys = (_keys(data) >> bits) << bits
    keys |= np.arange(len(log), dtype=np.uint64)
    keys.sort()
    near = np.flatnonzero((keys[1:] >> bits) == (keys[:-1] >> bits))
    mask = (np.uint64(1) << bits) - np.uint64(1)
    first, second = (keys[near] & mask).astype(np.int64), (keys[near + 1] & mask).astype(np.int64)
    same = np.ones(len(near), dtype=bool)
    for column in (log.users, log.items, log.events):
        same &= column[first] == column[second]
    first, second = first[same], second[same]
    if log.at is None:
        return np.empty(0, np.int32), len(first)
    apart = log.at[second] - log.at[first]
    return log.users[second[(apart > 0) & (apart <= AGAIN)]], int((apart == 0).sum())


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
