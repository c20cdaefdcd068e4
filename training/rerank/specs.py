"""The re-rankers that pages and API offer; a literal, read by registry.py without importing."""

from __future__ import annotations

from typing import Any

SPECS: dict[str, dict[str, Any]] = {
    "none": {
        "id": "none",
        "name": {"en": "By relevance", "zh-hans": "仅按相关性"},
        "paper": "",
        "formula": "the candidates by score",
        "needs": [],
        "knob": None,
        "exact_path": False,
        "help": {
            "en": "Leaves the model's order as it is.",
            "zh-hans": "保持模型给出的顺序不变。",
        },
        "params": {},
    },
    "mmr": {
        "id": "mmr",
        "name": {"en": "Maximal marginal relevance", "zh-hans": "最大边际相关（MMR）"},
        "paper": "Carbonell & Goldstein: The use of MMR (SIGIR 1998)",
        "formula": "argmax (1 - w) r(i) - w max over picked j of sim(i, j)",
        "needs": ["distance"],
        "knob": {
            "name": "diversity",
            "low": 0.0,
            "high": 1.0,
            "step": 0.05,
            "direction": {
                "en": "0: by relevance alone. 1: by unlikeness alone.",
                "zh-hans": "0：仅按相关性。1：仅按差异性。",
            },
        },
        "exact_path": True,
        "help": {
            "en": "Picks one item after another: relevant, but unlike the closest item already "
            "in the list. The first pick is always the most relevant one.",
            "zh-hans": "逐个挑选物品：既要相关，又要与列表中最相近的物品不同。"
            "第一个总是最相关的物品。",
        },
        "params": {
            "candidates": {
                "type": "int",
                "default": 100,
                "low": 10,
                "high": 500,
                "log": True,
                "help": {
                    "en": "How many of the most relevant items may enter the list.",
                    "zh-hans": "有多少个最相关的物品可以进入列表。",
                },
            },
        },
    },
}
RERANKERS = SPECS
