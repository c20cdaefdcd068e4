"""The measures that pages and API name; a literal, read by registry.py without importing.

at_k: the measure is reported at every k as "id@k". per_user: it has one number a user, thus an
interval. direction: "up" higher is better, "down" lower is better, "none" neither.
range: lowest and highest value, None = open.
"""

from __future__ import annotations

from typing import Any

SPECS: dict[str, dict[str, Any]] = {
    "ndcg": {
        "id": "ndcg",
        "name": {"en": "nDCG", "zh-hans": "归一化折损累计增益（nDCG）"},
        "group": "accuracy",
        "formula": "sum over ranks r of hit(r) / log2(r + 1), over that of the best list",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Are the right items in the list, and near its top? 1 = all places that can be "
            "right are right, and first.",
            "zh-hans": "正确的物品是否在列表中，并且靠前？1 表示所有能命中的位置都命中且排在最前。",
        },
    },
    "recall": {
        "id": "recall",
        "name": {"en": "Recall", "zh-hans": "召回率"},
        "group": "accuracy",
        "formula": "hits / |T|",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Share of the user's held-out items that the list holds. Cannot reach 1 when "
            "there are more held-out items than places.",
            "zh-hans": "用户留出物品中被列表命中的比例。留出物品多于位置数时无法达到 1。",
        },
    },
    "recall_capped": {
        "id": "recall_capped",
        "name": {"en": "Recall (capped)", "zh-hans": "召回率（封顶）"},
        "group": "accuracy",
        "formula": "hits / min(k, |T|)",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Recall over what a list of k can hold, so that 1 is always possible.",
            "zh-hans": "以长度为 k 的列表所能容纳的数量为分母，因此总能达到 1。",
        },
    },
    "precision": {
        "id": "precision",
        "name": {"en": "Precision", "zh-hans": "精确率"},
        "group": "accuracy",
        "formula": "hits / k",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Share of the list that the user really took later.",
            "zh-hans": "列表中用户后来确实选择的物品所占比例。",
        },
    },
    "f1": {
        "id": "f1",
        "name": {"en": "F1", "zh-hans": "F1 值"},
        "group": "accuracy",
        "formula": "2 P R / (P + R) of each user, then the mean",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Balance of precision and recall, taken for each user before averaging.",
            "zh-hans": "精确率与召回率的调和平均，先按用户计算再取平均。",
        },
    },
    "hr": {
        "id": "hr",
        "name": {"en": "Hit rate", "zh-hans": "命中率"},
        "group": "accuracy",
        "formula": "1 if any hit, else 0",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Share of users whose list holds at least one right item.",
            "zh-hans": "列表中至少有一个正确物品的用户比例。",
        },
    },
    "mrr": {
        "id": "mrr",
        "name": {"en": "Reciprocal rank", "zh-hans": "倒数排名（MRR）"},
        "group": "accuracy",
        "formula": "1 / rank of the first hit, 0 without",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "How soon the first right item comes: 1 first, 0.5 second, 0 not in the list.",
            "zh-hans": "第一个正确物品出现得有多早：首位为 1，次位为 0.5，不在列表中为 0。",
        },
    },
    "map": {
        "id": "map",
        "name": {"en": "Average precision", "zh-hans": "平均精度（MAP）"},
        "group": "accuracy",
        "formula": "sum over hits of precision at their rank, divided by min(k, |T|)",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Precision at each right item, averaged: rewards many hits near the top.",
            "zh-hans": "在每个命中处计算精确率再平均：奖励靠前的多次命中。",
        },
    },
    "auc": {
        "id": "auc",
        "name": {"en": "AUC per user", "zh-hans": "每用户 AUC（GAUC）"},
        "group": "accuracy",
        "formula": "share of (held-out, other unseen) pairs in the right order, ties half",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": False,
        "per_user": True,
        "help": {
            "en": "Chance that a held-out item is ranked above another unseen one. 0.5 = by luck. "
            "Looks at the whole catalogue, not only at the top.",
            "zh-hans": "留出物品排在其他未见物品之前的概率。0.5 表示纯靠运气。"
            "考察整个目录，而不只是顶部。",
        },
    },
    "ild": {
        "id": "ild",
        "name": {"en": "Intra-list diversity", "zh-hans": "列表内多样性（ILD）"},
        "group": "diversity",
        "formula": "mean of d(i, j) over the pairs of the list, d = 1 - clip(cosine, 0, 1)",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": ["distance"],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "How unlike each other the items of a list are: 0 = all alike, 1 = nothing in "
            "common. Undefined for one item.",
            "zh-hans": "列表中物品彼此的差异：0 表示完全相似，1 表示毫无共同点。"
            "只有一个物品时无定义。",
        },
    },
    "eild": {
        "id": "eild",
        "name": {"en": "Diversity of the hits", "zh-hans": "命中物品的多样性（EILD）"},
        "group": "diversity",
        "formula": "ILD weighted by rank and by relevance of both items (Vargas & Castells 2011)",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": ["distance"],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Diversity that counts only between right items, more so near the top. 0 for "
            "lists with fewer than two hits.",
            "zh-hans": "只计算正确物品之间的多样性，位置越靠前权重越大。命中少于两个时为 0。",
        },
    },
    "topics": {
        "id": "topics",
        "name": {"en": "Topic coverage", "zh-hans": "主题覆盖率"},
        "group": "diversity",
        "formula": "topics of the list / topics that any item of the catalogue carries",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": ["topics"],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Share of all topics of the catalogue that the list touches.",
            "zh-hans": "列表涉及的主题占目录全部主题的比例。",
        },
    },
    "entropy": {
        "id": "entropy",
        "name": {"en": "Topic entropy", "zh-hans": "主题熵"},
        "group": "diversity",
        "formula": "-sum over topics of p ln p, p = mean share of the topic in the list",
        "range": [0.0, None],
        "direction": "up",
        "needs": ["topics"],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "How evenly the list spreads over topics, in nats: ln 5 = 1.61 is five topics in "
            "equal parts.",
            "zh-hans": "列表在各主题上分布的均匀程度（奈特）：ln 5 = 1.61 表示五个主题各占一份。",
        },
    },
    "calibration": {
        "id": "calibration",
        "name": {"en": "Miscalibration", "zh-hans": "失校准度（C_KL）"},
        "group": "diversity",
        "formula": "sum over topics of p ln(p / (0.99 q + 0.01 p)); p history, q list (Steck 2018)",
        "range": [0.0, 4.605170185988091],
        "direction": "down",
        "needs": ["topics"],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Distance of the list's topics from the user's own mix: 0 = the same mix, "
            "4.6 = nothing in common.",
            "zh-hans": "列表主题与用户自身主题分布的差距：0 表示完全一致，4.6 表示毫无交集。",
        },
    },
    "epc": {
        "id": "epc",
        "name": {"en": "Novelty of the hits", "zh-hans": "命中物品的新颖度（EPC）"},
        "group": "novelty",
        "formula": "sum of hit(r) (1 - |U_i| / |U|) / log2(r + 1), divided by sum 1 / log2(r + 1)",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Rewards right items that few users know, more so near the top.",
            "zh-hans": "奖励少有人知的正确物品，位置越靠前奖励越大。",
        },
    },
    "msi": {
        "id": "msi",
        "name": {"en": "Surprise", "zh-hans": "自信息（MSI）"},
        "group": "novelty",
        "formula": "mean over the list of log2(|U| / |U_i|)",
        "range": [0.0, None],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "How little known the listed items are, in bits: an item that half of the users "
            "took is 1 bit, one in a thousand 10 bits.",
            "zh-hans": "列表物品有多冷门（比特）：一半用户选择过的物品为 1 比特，"
            "千分之一的为 10 比特。",
        },
    },
    "tail": {
        "id": "tail",
        "name": {"en": "Tail share", "zh-hans": "长尾占比"},
        "group": "novelty",
        "formula": "share of the list outside the most popular items that hold 80 % of train",
        "range": [0.0, 1.0],
        "direction": "none",
        "needs": [],
        "at_k": True,
        "per_user": True,
        "help": {
            "en": "Share of the list that is not among the hits of the catalogue: outside the "
            "fewest items that make up 80 % of all training events.",
            "zh-hans": "列表中不属于头部热门物品的比例；头部是占训练事件 80% 的最少物品集合。",
        },
    },
    "coverage": {
        "id": "coverage",
        "name": {"en": "Catalogue coverage", "zh-hans": "目录覆盖率"},
        "group": "catalogue",
        "formula": "items in any list / items of the catalogue",
        "range": [0.0, 1.0],
        "direction": "up",
        "needs": [],
        "at_k": True,
        "per_user": False,
        "help": {
            "en": "Share of the whole catalogue that at least one user is shown. Grows with the "
            "number of users: compare at equal numbers.",
            "zh-hans": "至少向一个用户展示过的物品占整个目录的比例。随用户数增长，"
            "请在用户数相同时比较。",
        },
    },
    "gini": {
        "id": "gini",
        "name": {"en": "Inequality of exposure", "zh-hans": "曝光不均（基尼系数）"},
        "group": "catalogue",
        "formula": "sum over items of (2 j - n - 1) e(j) / (n sum e), e rising, unseen items too",
        "range": [0.0, 1.0],
        "direction": "down",
        "needs": [],
        "at_k": True,
        "per_user": False,
        "help": {
            "en": "How unequally the places in lists are shared out: 0 = every item equally often, "
            "near 1 = a few items take all.",
            "zh-hans": "列表位置分配的不均程度：0 表示每个物品机会均等，"
            "接近 1 表示少数物品占据全部。",
        },
    },
    "ties": {
        "id": "ties",
        "name": {"en": "Tied cuts", "zh-hans": "截断处并列"},
        "group": "check",
        "formula": "share of users whose k-th and next item have equal scores",
        "range": [0.0, 1.0],
        "direction": "none",
        "needs": [],
        "at_k": True,
        "per_user": False,
        "help": {
            "en": "Where this is high, the figures depend on how ties are broken (lower code).",
            "zh-hans": "该值较高时，指标会取决于并列的处理方式（编码小者优先）。",
        },
    },
}
METRICS = SPECS
