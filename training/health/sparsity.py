"""How few of all (user, item) pairs were ever seen, and how little a usual user tells."""

from __future__ import annotations

import numpy as np

from training.health.data import Data
from training.health.finding import Finding, finding

SPEC = {
    "code": "sparsity",
    "unit": "count",
    "title": {"en": "Sparsity", "zh-hans": "稀疏度"},
    "found": {
        "usual": {
            "en": "Half of the users touched at most {median:g} different items; {density:.3%} of "
            "all pairs were seen ({pairs}).",
            "zh-hans": "一半用户接触过的不同物品不超过 {median:g} 个；"
            "所有组合中出现过 {density:.3%}({pairs} 个)。",
        }
    },
    "todo": {
        "en": "Below about 5 items a user, personal models learn little more than popularity: "
        "join more event types, a longer period, or train on text and categories.",
        "zh-hans": "每个用户不足约 5 个物品时，个性化模型学到的与热门榜相差无几："
        "请加入更多事件类型、更长时段，"
        "或使用文本与类别训练。",
    },
}


def check(data: Data) -> Finding:
    """Median number of different items of the users that have any."""
    counts = np.bincount(data.pair_users, minlength=data.log.n_users)
    counts = counts[counts > 0]
    median = float(np.median(counts)) if len(counts) else 0.0
    cells = len(counts) * int((data.per_item > 0).sum())
    density = len(data.pairs) / cells if cells else 0.0
    args = {"median": median, "density": density, "pairs": f"{len(data.pairs):,}"}
    return finding(SPEC, median, args=args, facts={"density": density, "pairs": len(data.pairs)})
