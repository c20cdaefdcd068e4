"""Users with nearly the same items as another user: one person twice, or one program many times."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.finding import ROWS, USER, Evidence, Finding, column, finding

SPEC = {
    "code": "copycats",
    "unit": "share",
    "title": {"en": "Copy-cat users", "zh-hans": "雷同用户"},
    "found": {
        "usual": {
            "en": "{n} users have at least 80 % of their items in common with another user (of "
            "{all} users with 10 or more items).",
            "zh-hans": "{n} 个用户与另一用户至少有 80 % 的物品相同（共 {all} 个"
            "拥有 10 个以上物品的用户）。",
        }
    },
    "todo": {
        "en": "One person with two accounts, a retried export, or one script with many accounts. "
        "Neighbour models are carried away by them: look, then exclude them.",
        "zh-hans": "一人两个账号、重复导出，或一个脚本控制多个账号。近邻模型会被其带偏："
        "请查看后排除。",
    },
}
LEAST = 10  # items: two small profiles are alike by chance
ALIKE = 0.8  # Jaccard
HASHES, ROWS_A_BAND = 16, 4
PRIME = np.uint64(0x9E3779B97F4A7C15)
TOGETHER = 8  # members of a bucket that are compared with each other


def check(data: Data) -> Finding:
    """Share of the users with 10 or more items that copy another one."""
    counts = np.bincount(data.pair_users, minlength=data.log.n_users)
    eligible = int((counts >= LEAST).sum())
    pairs = _copies(data, counts) if eligible > 1 else []
    found: dict[int, tuple[float, int]] = {}
    for a, b, alike in pairs:
        for mine, other in ((a, b), (b, a)):
            if alike > found.get(mine, (0.0, 0))[0]:
                found[mine] = (alike, other)
    ranked = sorted(found, key=lambda user: (-found[user][0], -counts[user], user))
    rows = [[user, found[user][1], int(counts[user]), found[user][0]] for user in ranked[:ROWS]]
    columns = (
        USER,
        column("user", "Copies", "与之雷同"),
        column("count", "Items", "物品数"),
        column("share", "In common", "相同比例"),
    )
    args = {"n": f"{len(found):,}", "all": f"{eligible:,}"}
    evidence = Evidence(columns, rows, len(found)) if rows else None
    share = len(found) / eligible if eligible else 0.0
    return finding(SPEC, share, args=args, evidence=evidence, suspects=ranked)


def _copies(data: Data, counts: np.ndarray) -> list[tuple[int, int, float]]:
    """(user, other, Jaccard >= ALIKE): MinHash in bands (Broder 1997), each pair then counted.

    Two users at Jaccard 0.8 share one of 4 bands of 4 rows with probability 0.88, at 0.95 with
    0.999; what is reported is always counted exactly.
    """
    chosen = counts >= LEAST
    of = np.flatnonzero(chosen)
    starts = np.concatenate(([0], np.cumsum(counts)))
    inside = data.pair_items[chosen[data.pair_users]]
    heads = np.concatenate(([0], np.cumsum(counts[of])[:-1]))
    seen: set[tuple[int, int]] = set()
    rng = np.random.default_rng(0)
    for _band in range(HASHES // ROWS_A_BAND):
        key = np.zeros(len(of), dtype=np.uint64)
        for _row in range(ROWS_A_BAND):
            order = rng.permutation(data.log.n_items).astype(np.uint32)
            lowest = np.minimum.reduceat(order[inside], heads).astype(np.uint64)
            key = (key ^ lowest) * PRIME
            key ^= key >> np.uint64(31)
        seen |= _neighbours(of, key)
    return [
        (a, b, alike)
        for a, b in sorted(seen)
        if (alike := _jaccard(data.pair_items, starts, a, b)) >= ALIKE
    ]


def _neighbours(of: np.ndarray, keys: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of users with equal keys: each with the next few of its bucket."""
    order = np.argsort(keys, kind="stable")
    ranked, users = keys[order], of[order]
    pairs: set[tuple[int, int]] = set()
    for step in range(1, TOGETHER):
        same = np.flatnonzero(ranked[step:] == ranked[:-step])
        if not len(same):
            break
        low = np.minimum(users[same], users[same + step]).tolist()
        high = np.maximum(users[same], users[same + step]).tolist()
        pairs |= set(zip(low, high, strict=True))
    return pairs


def _jaccard(items: np.ndarray, starts: np.ndarray, a: int, b: int) -> float:
    mine, other = items[starts[a] : starts[a + 1]], items[starts[b] : starts[b + 1]]
    both = len(np.intersect1d(mine, other, assume_unique=True))
    return both / (len(mine) + len(other) - both)
