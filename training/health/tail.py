"""The long tail: how unequally the items share the events (Lorenz curve, Gini)."""

from __future__ import annotations

import numpy as np

from training.health.data import Data, gini
from training.health.finding import EVENTS, ITEM, ROWS, Curve, Evidence, Finding, column, finding

SPEC = {
    "code": "long-tail",
    "unit": "gini",
    "title": {"en": "Long tail", "zh-hans": "长尾"},
    "found": {
        "usual": {
            "en": "Gini {gini:.2f}: the most popular 1 % of the items have {top:.1%} of the "
            "events, the less popular 80 % have {tail:.1%}; the busiest item alone has {item:.1%} "
            "and the busiest user {user:.1%}.",
            "zh-hans": "基尼系数 {gini:.2f}：最热门的 1 % 物品占事件的 {top:.1%}，"
            "较冷门的 80 % 占 {tail:.1%}；"
            "最热物品独占 {item:.1%}，最活跃用户占 {user:.1%}。",
        }
    },
    "todo": {
        "en": "With so long a tail accuracy mostly measures the head: read coverage, novelty and "
        "the tail segment beside it, and tune the diversity weight.",
        "zh-hans": "长尾如此明显时，准确率主要反映头部：请同时查看覆盖率、新颖度和长尾分段，"
        "并调节多样性权重。",
    },
}
POINTS = 51


def tail_share(counts: np.ndarray, part: float = 0.8) -> float:
    """Share of the events that the less popular `part` of the items has, in [0, 1].

    counts: events of each item, in any order; items without events count. Read off the Lorenz
    curve, so that a part of an item adds that part of its events.
    """
    total = float(counts.sum())
    if not total:
        return 0.0
    curve = np.append(0.0, np.cumsum(np.sort(counts)) / total)
    return float(np.interp(part * len(counts), np.arange(len(curve)), curve))


def check(data: Data) -> Finding:
    """Gini of the events over all items, as on the overview: those without events count."""
    counts = np.sort(data.per_item)
    total = max(int(counts.sum()), 1)
    share = np.append(0.0, np.cumsum(counts) / total)
    at = np.unique(np.linspace(0, len(counts), POINTS).astype(int))
    points = [[float(place / max(len(counts), 1)), float(share[place])] for place in at]
    head = max(1, round(0.01 * len(counts)))
    args = {
        "gini": gini(counts),
        "top": float(counts[-head:].sum() / total),
        "tail": tail_share(counts),
        "item": float(counts.max(initial=0) / total),
        "user": float(data.per_user.max(initial=0) / max(len(data), 1)),
    }
    top = np.argsort(-data.per_item, kind="stable")[:ROWS]
    rows = [
        [int(code), int(data.per_item[code]), float(data.per_item[code] / total)]
        for code in top
        if data.per_item[code]
    ]
    curve = Curve(
        "line",
        points,
        {"en": "share of items, least popular first", "zh-hans": "物品占比（由冷到热）"},
        {"en": "share of events", "zh-hans": "事件占比"},
        {"en": "Lorenz curve of popularity", "zh-hans": "热度的洛伦兹曲线"},
    )
    columns = (ITEM, EVENTS, column("share", "Of all events", "占全部事件"))
    return finding(
        SPEC,
        args["gini"],
        args=args,
        curve=curve,
        evidence=Evidence(columns, rows, int(np.count_nonzero(counts))) if rows else None,
        facts=args,
    )
