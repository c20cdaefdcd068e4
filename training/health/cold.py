"""Items and users that the log knows nothing of."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.finding import ITEM, ROWS, Evidence, Finding, finding

SPEC = {
    "code": "cold",
    "unit": "share",
    "title": {"en": "Cold items and users", "zh-hans": "冷启动物品与用户"},
    "found": {
        "usual": {
            "en": "{items:.1%} of the items have no event, {few:.1%} have fewer than 5; "
            "{users:.1%} of the users have no event, {single:.1%} exactly one.",
            "zh-hans": "{items:.1%} 的物品没有事件，{few:.1%} 的物品少于 5 个；"
            "{users:.1%} 的用户没有事件，"
            "{single:.1%} 的用户只有一个。",
        }
    },
    "todo": {
        "en": "Only models that read text or categories can recommend cold items, and users "
        "without events get the popular ones: train a content or hybrid model beside the others.",
        "zh-hans": "只有读取文本或类别的模型能推荐冷启动物品，没有事件的用户只能得到热门物品："
        "请同时训练内容或混合模型。",
    },
}


def check(data: Data) -> Finding:
    """Share of the items without an event."""
    per_item, per_user = data.per_item, data.per_user
    cold = np.flatnonzero(per_item == 0)
    items, users = max(len(per_item), 1), max(len(per_user), 1)
    share = len(cold) / items
    args = {
        "items": share,
        "few": float((per_item < 5).sum() / items),
        "users": float((per_user == 0).sum() / users),
        "single": float((per_user == 1).sum() / users),
    }
    rows = [[int(code)] for code in cold[:ROWS]]
    evidence = Evidence((ITEM,), rows, len(cold)) if rows else None
    return finding(SPEC, share, args=args, evidence=evidence, facts=args)
