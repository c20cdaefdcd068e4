"""Which events are positives, to begin with: the analyst may say otherwise per dataset or run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recweb.datasets import tasks
from recweb.datasets.arrays import Rows

# how much more than a view an event says, where it says anything (api.md: the experiment decides)
WEIGHTS = {"cart": 2.0, "addtocart": 2.0, "add_to_cart": 2.0, "purchase": 4.0, "transaction": 4.0}
SEARCHES = ("search", "query", "搜索", "检索")
RATED = ("rating", "评分")


def default(rows: Rows, names: Sequence[str], industry: str = "") -> list[dict[str, Any]]:
    """Ratings count from half the scale on; everything else counts, a purchase more.

    industry: the ready-made template whose rules fit better, where it knows an event of these.
    """
    if found := tasks.template_rules(industry, names):
        return [_without_values(rows, names, rule) for rule in found]
    made = []
    for code, name in enumerate(names):
        if name in SEARCHES:
            continue
        rule: dict[str, Any] = {"event": name, "minimum": None, "confidence": "one", "weight": 1.0}
        values = rows.values[(rows.events == code) & ~np.isnan(rows.values)]
        if name in RATED and len(values):
            rule["minimum"] = 0.5 * float(values.max())
        rule["weight"] = WEIGHTS.get(name.casefold(), 1.0)
        made.append(rule)
    return made or [{"event": "view", "minimum": None, "confidence": "one", "weight": 1.0}]


def _without_values(rows: Rows, names: Sequence[str], rule: dict[str, Any]) -> dict[str, Any]:
    """A rule about values asks for nothing where the log has none."""
    mine = rows.values[rows.events == list(names).index(rule["event"])]
    return rule if not np.isnan(mine).all() else {**rule, "minimum": None, "confidence": "one"}
