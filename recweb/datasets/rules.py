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
        if name in RATED and (most := _most(rows, code)) is not None:
            rule["minimum"] = 0.5 * most
        rule["weight"] = WEIGHTS.get(name.casefold(), 1.0)
        made.append(rule)
    return made or [{"event": "view", "minimum": None, "confidence": "one", "weight": 1.0}]


def _without_values(rows: Rows, names: Sequence[str], rule: dict[str, Any]) -> dict[str, Any]:
    """A rule about values asks for nothing where the log has none."""
    if _most(rows, list(names).index(rule["event"])) is not None:
        return rule
    return {**rule, "minimum": None, "confidence": "one"}


def _most(rows: Rows, code: int) -> float | None:
    """The largest value of one kind of event; None where it has none."""
    found = [
        float(values[mine].max())
        for each in tasks.workspace().slices(len(rows), rows.events, rows.values)
        for values in [rows.values[each]]
        for mine in [(rows.events[each] == code) & ~np.isnan(values)]
        if mine.any()
    ]
    return max(found, default=None)
