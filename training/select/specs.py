"""The strategies that choose what people label next; read by training.registry, never imported."""

SPECS = {
    "uncertainty": {
        "id": "uncertainty",
        "name": {"en": "Uncertain pairs", "zh-hans": "不确定的配对"},
        "kind": "pairs",
        "needs": ["scores"],
        "formula": "-|r(u, i) - r of u's K-th unseen item|, r = score scaled to 0..1 by user",
        "help": {
            "en": "Asks about items whose score lies closest to a person's K-th score: an answer "
            "there decides what enters the list.",
            "zh-hans": "询问得分最接近该用户第 K 名得分的物品：在那里得到的回答决定谁能进入列表。",
        },
        "when": {
            "en": "A model exists and labels should change its lists soonest.",
            "zh-hans": "已有模型，并希望标注能最快改变推荐列表时使用。",
        },
        "params": {
            "k": {
                "type": "int",
                "default": 10,
                "low": 1,
                "high": 100,
                "help": {
                    "en": "Length of the list whose edge is asked about.",
                    "zh-hans": "要询问其边缘的列表长度。",
                },
            }
        },
    },
    "random": {
        "id": "random",
        "name": {"en": "Random pairs", "zh-hans": "随机配对"},
        "kind": "pairs",
        "needs": [],
        "formula": "uniform over pairs that are in no part of the log",
        "help": {
            "en": "Asks about pairs drawn evenly. It keeps the measure honest: only such labels "
            "tell what the other strategy gained.",
            "zh-hans": "均匀抽取配对。它保证衡量公正：只有这些标注能说明另一种策略带来了多少收益。",
        },
        "when": {
            "en": "Always, as the share of every queue that measures.",
            "zh-hans": "始终使用，作为每个队列中用于衡量的部分。",
        },
        "params": {},
    },
}
