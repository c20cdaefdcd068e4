"""Parameters of several models: {"like": NAME} in a SPEC takes one, and may differ in parts.

Those of models that learn by epochs stand in params_learnt.py.
"""

from typing import Any

PARAMS: dict[str, dict[str, Any]] = {
    "factors": {
        "type": "int",
        "default": 64,
        "low": 1,
        "high": 1024,
        "log": True,
        "help": {
            "en": "Length of the vectors. More can tell finer tastes apart and costs more.",
            "zh-hans": "向量长度。越大越能区分细微口味，成本也越高。",
        },
    },
    "rated_regularization": {
        "type": "float",
        "default": 15.0,
        "low": 0.01,
        "high": 10000.0,
        "log": True,
        "help": {
            "en": "While items are learnt: higher keeps vectors with few ratings closer to 0.",
            "zh-hans": "学习物品时：越高，评分少的向量越接近 0。",
        },
    },
    "rated_bias_regularization": {
        "type": "float",
        "default": 10.0,
        "low": 0.01,
        "high": 1000.0,
        "log": True,
        "help": {
            "en": "While items are learnt: higher keeps few ratings closer to the mean.",
            "zh-hans": "学习物品时：越高，评分少者越接近平均评分。",
        },
    },
    "pull_of_events": {
        "type": "float",
        "default": 0.0001,
        "low": 0.0,
        "high": 10.0,
        "log": False,
        "tune": False,
        "help": {
            "en": "bpr only: higher pulls the vectors of each event towards 0.",
            "zh-hans": "仅用于 bpr：越高，每个事件的向量越被拉向 0。",
        },
    },
    "bias_regularization": {
        "type": "float",
        "default": 10.0,
        "low": 0.01,
        "high": 1000.0,
        "log": True,
        "help": {
            "en": "Higher keeps users and items with few ratings closer to the mean rating.",
            "zh-hans": "越高，评分少的用户和物品越接近平均评分。",
        },
    },
    "iterations": {
        "type": "int",
        "default": 15,
        "low": 1,
        "high": 200,
        "log": True,
        "tune": False,
        "help": {
            "en": "Rounds of solving all users, then all items.",
            "zh-hans": "轮数：每轮先求解所有用户，再求解所有物品。",
        },
    },
    "content_factors": {
        "type": "int",
        "default": 64,
        "low": 1,
        "high": 1024,
        "log": True,
        "help": {
            "en": "Length of the taste vectors that iALS learns first.",
            "zh-hans": "先由 iALS 学习的口味向量的长度。",
        },
    },
    "recency": {
        "type": "float",
        "default": 1.0,
        "low": 0.01,
        "high": 1.0,
        "log": False,
        "help": {
            "en": "Weight of an event relative to the next newer one of the "
            "same person. 1: all alike; lower: recent events count more. "
            "Below 1 the log needs times.",
            "zh-hans": "同一用户的一条事件相对于下一条更新事件的权重。1 表示全部相同；"
            "越低则近期事件越重要。小于 1 时日志需要有时间。",
        },
    },
    "ridge": {
        "type": "float",
        "default": None,
        "low": 0.001,
        "high": 10000.0,
        "log": True,
        "tune": [0.03, 10000.0],
        "from": "log",
        "help": {
            "en": "Higher keeps vectors of rare people and items closer to 0. Empty: 30, or the "
            "square root of the number of events / 10 where that is more.",
            "zh-hans": "越高，数据少的用户和物品的向量越接近 0。"
            "留空：取 30 与“事件数的平方根 / 10”中较大者。",
        },
    },
    "alpha": {
        "type": "float",
        "default": None,
        "low": 0.01,
        "high": 1000.0,
        "log": True,
        "tune": [0.3, 300.0],
        "from": "log",
        "help": {
            "en": "How much surer an average event is than an untouched pair. Empty: 3, or "
            "untouched pairs / events / 25 where that is more: the sparser the log, the more an "
            "event says.",
            "zh-hans": "一条平均水平的事件比未接触的配对确信多少。"
            "留空：取 3 与“未接触配对数 / 事件数 / 25”中较大者：日志越稀疏，每条事件越有分量。",
        },
    },
}
