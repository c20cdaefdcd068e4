"""What is left when users and items with fewer than k partners are taken out again and again."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.finding import Evidence, Finding, column, finding

SPEC = {
    "code": "k-core",
    "unit": "share",
    "title": {"en": "Effect of a 5-core", "zh-hans": "5-core 的影响"},
    "found": {
        "usual": {
            "en": "A 5-core keeps {share:.1%} of the pairs, {users:.1%} of the users and "
            "{items:.1%} of the items.",
            "zh-hans": "5-core 保留 {share:.1%} 的组合、{users:.1%} 的用户和 {items:.1%} 的物品。",
        }
    },
    "todo": {
        "en": "Published figures on this data usually stand on its 5-core, which is an easier "
        "problem: compare only with runs on the same core. recweb itself filters nothing.",
        "zh-hans": "此数据上公开发表的指标通常基于其 5-core，那是更容易的问题："
        "只与同一 core 上的实验比较。"
        "recweb 本身不做过滤。",
    },
}
CORES = (2, 5, 10, 20)
COLUMNS = (
    column("count", "k", "k"),
    column("count", "Pairs", "组合数"),
    column("count", "Users", "用户数"),
    column("count", "Items", "物品数"),
    column("share", "Pairs kept", "保留组合"),
)


def check(data: Data) -> Finding:
    """Share of the (user, item) pairs that the 5-core keeps."""
    users, items = data.pair_users, data.pair_items
    whole = (max(len(users), 1), _some(users, data.log.n_users), _some(items, data.log.n_items))
    rows, five = [], (0, 0, 0)
    for k in CORES:  # a larger core lies inside a smaller one: go on from what is left
        users, items = core(users, items, k, data.log.n_users, data.log.n_items)
        kept = (len(users), _some(users, data.log.n_users), _some(items, data.log.n_items))
        rows.append([k, *kept, kept[0] / whole[0]])
        five = kept if k == 5 else five
    args = {
        "share": five[0] / whole[0],
        "users": five[1] / max(whole[1], 1),
        "items": five[2] / max(whole[2], 1),
    }
    evidence = Evidence(COLUMNS, rows, len(rows))
    return finding(SPEC, args["share"], args=args, evidence=evidence, facts=args)


def core(
    users: np.ndarray, items: np.ndarray, k: int, n_users: int, n_items: int
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs (m,), (m,) of the k-core: every user and item left has at least k of them."""
    while True:
        per_user = np.bincount(users, minlength=n_users)
        per_item = np.bincount(items, minlength=n_items)
        kept = (per_user[users] >= k) & (per_item[items] >= k)
        if kept.all():
            return users, items
        users, items = users[kept], items[kept]


def _some(codes: np.ndarray, n: int) -> int:
    return int(np.count_nonzero(np.bincount(codes, minlength=max(n, 1))))
