"""Whether what is popular now is what was popular then."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.divergence import jensen_shannon, noise
from training.health.finding import ITEM, ROWS, Curve, Evidence, Finding, column, finding

SPEC = {
    "code": "popularity-drift",
    "unit": "bits",
    "title": {"en": "Popularity drift", "zh-hans": "热度漂移"},
    "found": {
        "usual": {
            "en": "Jensen-Shannon divergence between the first and the last fifth of the events: "
            "{js:.3f} bits (0 the same items, 1 none in common), of which {noise:.3f} is what "
            "chance alone gives; {new:.1%} of the last events go to items that the first fifth "
            "does not know.",
            "zh-hans": "最早五分之一与最近五分之一事件之间的 Jensen-Shannon 散"
            "度为 {js:.3f} 比特（0 表示物品相同，"
            "1 表示毫无重合），其中 {noise:.3f} 仅由随机造成；"
            "最近的事件中 {new:.1%} 指向最早五分之一未出现过的物品。",
        },
        "chance": {
            "en": "Jensen-Shannon divergence between the first and the last fifth of the events: "
            "{js:.3f} bits (0 the same items, 1 none in common), no more than chance alone gives "
            "({noise:.3f}); {new:.1%} of the last events go to items that the first fifth does not "
            "know.",
            "zh-hans": "最早五分之一与最近五分之一事件之间的 Jensen-Shannon 散"
            "度为 {js:.3f} 比特（0 表示物品相同，1 表示毫无重合），"
            "不超过仅由随机造成的水平（{noise:.3f}）；"
            "最近的事件中 {new:.1%} 指向最早五分之一未出现过的物品。",
        },
        "none": {"en": "The log has no (different) times.", "zh-hans": "日志没有（不同的）时间。"},
    },
    "todo": {
        "en": "The more it drifts, the less a random split tells about tomorrow: split by time, "
        "retrain often, and try the recency-weighted popularity as the baseline.",
        "zh-hans": "漂移越大，随机划分越不能说明未来：请按时间划分、经常重新训练，"
        "并以近期加权的热门榜为基线。",
    },
}
PARTS = 5


def check(data: Data) -> Finding:
    """Excess Jensen-Shannon divergence (bits) over what chance gives, first to last fifth."""
    items = data.log.items
    if not data.varied or not (items >= 0).any():
        return finding(SPEC, None, "none")
    counts = _parts(data)
    first, last = counts[0], counts[-1]
    js, chance = jensen_shannon(first, last), noise(first, last)
    excess = max(0.0, js - chance)
    args = {
        "js": js,
        "noise": chance,
        "new": float(last[first == 0].sum() / max(last.sum(), 1)),
    }
    moved = last / max(last.sum(), 1) - first / max(first.sum(), 1)
    top = np.argsort(-np.abs(moved), kind="stable")[:ROWS]
    rows = [[int(code), int(first[code]), int(last[code])] for code in top if moved[code]]
    columns = (
        ITEM,
        column("count", "Events in the first fifth", "最早五分之一的事件"),
        column("count", "Events in the last fifth", "最近五分之一的事件"),
    )
    points = [[part + 1, jensen_shannon(first, counts[part])] for part in range(PARTS)]
    curve = Curve(
        "line",
        points,
        {"en": "fifth of the events, oldest first", "zh-hans": "事件的五等分（由旧到新）"},
        {"en": "divergence from the first (bits)", "zh-hans": "与第一份的散度（比特）"},
        {"en": "How far popularity moved", "zh-hans": "热度移动了多远"},
    )
    return finding(
        SPEC,
        excess,
        "usual" if excess else "chance",
        args=args,
        curve=curve,
        evidence=Evidence(columns, rows, int((moved != 0).sum())) if rows else None,
        facts=args,
    )


def _parts(data: Data) -> list[np.ndarray]:
    """Events of each item in five parts of equally many events, by time."""
    at, items = data.log.at, data.log.items
    assert at is not None
    edges = np.quantile(at[:: max(1, len(at) // 1_000_000)], np.linspace(0, 1, PARTS + 1)[1:-1])
    part = np.searchsorted(edges, at, side="right")
    named = items >= 0
    width = data.log.n_items
    keys = part[named] * width + items[named]
    return list(np.bincount(keys, minlength=PARTS * width).reshape(PARTS, width))
