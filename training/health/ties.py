"""Events of one user in the same second: their true order is unknown."""

from __future__ import annotations

import numpy as np

from training.health.data import SECONDS, Data, runs
from training.health.finding import EVENTS, ROWS, USER, Evidence, Finding, finding

SPEC = {
    "code": "ties",
    "unit": "share",
    "title": {"en": "Ties in time", "zh-hans": "时间并列"},
    "found": {
        "usual": {
            "en": "{share:.1%} of the events share user and second with another event.",
            "zh-hans": "{share:.1%} 的事件与同一用户的另一事件在同一秒。",
        },
        "none": {"en": "The log has no times.", "zh-hans": "日志没有时间。"},
    },
    "todo": {
        "en": "Within a tie the file's order counts. Splits by time and models that read the "
        "order of events stand on it: prefer a finer time in the export.",
        "zh-hans": "并列事件以文件中的顺序为准。按时间划分和依赖事件顺序的模型都受其影响："
        "导出时请使用更精细的时间。",
    },
}


def check(data: Data) -> Finding:
    """Share of events that are tied with another event of the same user."""
    if data.log.at is None or not len(data):
        return finding(SPEC, None, "none")
    keys, counts = runs(data.user_times)
    tied = counts > 1
    users = (keys[tied] >> SECONDS).astype(np.int64)
    each = np.bincount(users, weights=counts[tied], minlength=1)
    worst = np.argsort(-each, kind="stable")[:ROWS]
    rows = [[int(user), int(each[user])] for user in worst if each[user]]
    share = float(counts[tied].sum() / len(data))
    evidence = Evidence((USER, EVENTS), rows, int((each > 0).sum())) if rows else None
    return finding(SPEC, share, args={"share": share}, evidence=evidence)
