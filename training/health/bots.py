"""Users that do more than a person can: too many events an hour, or no hour of sleep."""

from __future__ import annotations

import numpy as np

from training.health.data import HOUR, SECONDS, Data, runs
from training.health.finding import ROWS, USER, Evidence, Finding, column, finding

SPEC = {
    "code": "bots",
    "unit": "share",
    "title": {"en": "Bots", "zh-hans": "机器人"},
    "found": {
        "usual": {
            "en": "{fast} users have more than 1,000 events in one hour, {awake} act in 22 or "
            "more hours of one day; together they have {share:.1%} of the events.",
            "zh-hans": "{fast} 个用户在一小时内超过 1,000 个事件，"
            "{awake} 个用户在一天中有 22 个或更多小时"
            "在活动；合计占事件的 {share:.1%}。",
        },
        "none": {"en": "The log has no times.", "zh-hans": "日志没有时间。"},
    },
    "todo": {
        "en": "Probably programs, not people. Look at their timelines, then exclude them: that "
        "makes a new version without their events.",
        "zh-hans": "很可能是程序而非真人。请查看其时间线后排除它们："
        "系统会生成一个不含其事件的新版本。",
    },
}
FAST = 1000  # events in one hour (BAD-48)
AWAKE = 22  # hours of one day with events


def check(data: Data) -> Finding:
    """Share of the events that such users have."""
    if data.log.at is None or not len(data):
        return finding(SPEC, None, "none")
    since = data.user_times & ((1 << SECONDS) - 1)
    hours, counts = runs(((data.user_times >> SECONDS) << SECONDS) | (since // HOUR))
    busiest = _largest(hours >> SECONDS, counts, data.log.n_users)
    days, awake = runs(((hours >> SECONDS) << SECONDS) | ((hours & ((1 << SECONDS) - 1)) // 24))
    longest = _largest(days >> SECONDS, awake, data.log.n_users)
    fast, sleepless = busiest > FAST, longest >= AWAKE
    found = np.flatnonzero(fast | sleepless)
    found = found[np.argsort(-busiest[found], kind="stable")]
    rows = [
        [int(user), int(busiest[user]), int(longest[user]), int(data.per_user[user])]
        for user in found[:ROWS]
    ]
    columns = (
        USER,
        column("count", "Events in the busiest hour", "最忙一小时的事件数"),
        column("count", "Active hours of the longest day", "最长一天的活动小时数"),
        column("count", "Events", "事件数"),
    )
    share = float(data.per_user[found].sum() / len(data))
    args = {"fast": f"{fast.sum():,}", "awake": f"{sleepless.sum():,}", "share": share}
    return finding(
        SPEC,
        share,
        args=args,
        evidence=Evidence(columns, rows, len(found)) if rows else None,
        suspects=found.tolist(),
        facts={"fast": int(fast.sum()), "sleepless": int(sleepless.sum())},
    )


def _largest(users: np.ndarray, counts: np.ndarray, n_users: int) -> np.ndarray:
    """The largest count of each user; users ascending."""
    made = np.zeros(n_users, dtype=np.int64)
    if len(users):
        starts = np.flatnonzero(np.append(True, users[1:] != users[:-1]))
        made[users[starts]] = np.maximum.reduceat(counts, starts)
    return made
