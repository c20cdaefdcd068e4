"""What the catalogue does not say: titles, categories, years, texts."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.finding import ITEM, ROWS, Curve, Evidence, Finding, column, finding

SPEC = {
    "code": "missing",
    "unit": "share",
    "title": {"en": "Missing attributes", "zh-hans": "缺失属性"},
    "found": {
        "usual": {
            "en": "Weighed by events, {topics:.1%} have no category, {titles:.1%} no title, "
            "{texts:.1%} no text, {years:.1%} no year; {unlisted:.1%} of the events are of items "
            "that no catalogue names.",
            "zh-hans": "按事件加权，{topics:.1%} 没有类别，{titles:.1%} 没有标题，"
            "{texts:.1%} 没有文本，"
            "{years:.1%} 没有年份；{unlisted:.1%} 的事件属于目录未列出的物品。",
        }
    },
    "todo": {
        "en": "Diversity by categories and models that read text cannot see these items. Import "
        "an item file that names them; the busiest ones first.",
        "zh-hans": "按类别的多样性与读取文本的模型看不到这些物品。请导入列出它们的物品文件，"
        "优先补全最热门的。",
    },
}


def check(data: Data) -> Finding:
    """Share of the events whose item has no category."""
    items, weights = data.items, data.per_item.astype(np.float64)
    total = weights.sum() or 1.0
    bare = np.diff(items.topics.indptr) == 0
    # an item without a title carries its id in its place: then the text is the title or empty
    empty = np.array([not text for text in items.texts], dtype=bool)
    listed = np.ones(len(items), dtype=bool) if data.listed is None else data.listed
    untitled = empty | ~listed
    lacks = {
        "topics": bare,
        "titles": untitled,
        "texts": empty,
        "years": np.isnan(items.years),
        "unlisted": ~listed,
    }
    args = {name: float(weights[where].sum() / total) for name, where in lacks.items()}
    worst = np.flatnonzero(bare)
    worst = worst[np.argsort(-weights[worst], kind="stable")]
    rows = [[int(code), int(weights[code])] for code in worst[:ROWS]]
    evidence = Evidence((ITEM, column("count", "Events", "事件数")), rows, len(worst))
    curve = Curve(
        "bars",
        [[name, share] for name, share in args.items()],
        {"en": "what is missing", "zh-hans": "缺失的内容"},
        {"en": "share of events", "zh-hans": "事件占比"},
        {"en": "Share of the events whose item lacks it", "zh-hans": "物品缺少该属性的事件占比"},
    )
    return finding(
        SPEC,
        args["topics"],
        args=args,
        evidence=evidence if rows else None,
        curve=curve,
        facts=args,
    )
