"""Items that get most of their events within an hour: a launch, a front page, or a click farm."""

from __future__ import annotations

import numpy as np

from training.health.data import HOUR, SECONDS, Data, runs
from training.health.finding import ITEM, ROWS, TIME, Evidence, Finding, column, finding

SPEC = {
    "code": "bursts",
    "unit": "share",
    "title": {"en": "Bursts", "zh-hans": "突发"},
    "found": {
        "usual": {
            "en": "{n} items have an hour with at least 30 events and a third of all they ever "
            "get; these hours hold {share:.1%} of the events.",
            "zh-hans": "{n} 个物品有一个小时集中了至少 30 个事件且达其全部事件的三分之一；"
            "这些小时占全部事件的 {share:.1%}。",
        },
        "none": {
            "en": "The log has no times, or spans less than two days.",
            "zh-hans": "日志没有时间，或跨度不足两天。",
        },
    },
    "todo": {
        "en": "A launch or a campaign is fine, but it makes popularity look like taste. A burst "
        "that nothing explains may be a click farm: compare with the shilling check.",
        "zh-hans": "上新或活动属正常现象，但会使热度看似偏好。无法解释的突发可能是刷量："
        "请对照托攻击检查。",
    },
}
LEAST = 30
PART = 1 / 3


def check(data: Data) -> Finding:
    """Share of the events that fall into such hours."""
    at = data.log.at
    if at is None or not len(data) or int(at.max()) - data.start < 2 * 86400:
        return finding(SPEC, None, "none")
    keys = data.item_times()
    since = keys & ((1 << SECONDS) - 1)
    hours, counts = runs(((keys >> SECONDS) << SECONDS) | (since // HOUR))
    items = hours >> SECONDS
    burst = np.flatnonzero((counts >= LEAST) & (counts >= PART * data.per_item[items]))
    burst = burst[np.argsort(-counts[burst], kind="stable")]
    rows = [
        [
            int(items[place]),
            data.midnight + int(hours[place] & ((1 << SECONDS) - 1)) * HOUR,
            int(counts[place]),
            float(counts[place] / data.per_item[items[place]]),
        ]
        for place in burst[:ROWS]
    ]
    columns = (
        ITEM,
        TIME,
        column("count", "Events in that hour", "该小时事件数"),
        column("share", "Of all its events", "占其全部事件"),
    )
    n = len(np.unique(items[burst]))
    share = float(counts[burst].sum() / len(data))
    evidence = Evidence(columns, rows, len(burst)) if rows else None
    return finding(SPEC, share, args={"n": f"{n:,}", "share": share}, evidence=evidence)
