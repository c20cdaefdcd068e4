"""Whether there is anything to train on."""

from __future__ import annotations

from training.health.data import Data
from training.health.finding import Finding, finding

SPEC = {
    "code": "enough",
    "unit": "count",
    "title": {"en": "Enough to train on", "zh-hans": "数据是否足够"},
    "found": {
        "usual": {
            "en": "{events} events of {users} users and {items} items.",
            "zh-hans": "{users} 个用户、{items} 个物品的 {events} 个事件。",
        }
    },
    "todo": {
        "en": "Training needs at least 2 users and 2 items; below about a thousand events every "
        "interval is wider than the differences between models.",
        "zh-hans": "训练至少需要 2 个用户和 2 个物品；不足约一千个事件时，"
        "置信区间会宽于模型之间的差异。",
    },
}


def check(data: Data) -> Finding:
    """Events, or 0 when fewer than two users or items have any."""
    users, items = int((data.per_user > 0).sum()), int((data.per_item > 0).sum())
    figure = float(len(data)) if users >= 2 and items >= 2 else 0.0
    args = {"events": f"{len(data):,}", "users": f"{users:,}", "items": f"{items:,}"}
    return finding(SPEC, figure, args=args)
