"""Day and week in the log: how much of the ups and downs they explain, and days with nothing."""

from __future__ import annotations

import numpy as np

from training.health.data import DAY, HOUR, Data
from training.health.finding import TIME, Curve, Evidence, Finding, column, finding

SPEC = {
    "code": "seasonality",
    "unit": "share",
    "title": {"en": "Seasonality and gaps", "zh-hans": "季节性与空档"},
    "found": {
        "usual": {
            "en": "{days} days; the weekday explains {week:.0%} of the differences between days, "
            "the busiest hour of the day has {hour:.1f} times the mean; {empty:.0%} of the days "
            "have no event, the longest gap is {gap} days.",
            "zh-hans": "共 {days} 天；星期几解释了各天差异的 {week:.0%}，"
            "一天中最忙的小时是平均的 {hour:.1f} 倍；"
            "{empty:.0%} 的天没有事件，最长空档 {gap} 天。",
        },
        "none": {
            "en": "The log has no times, or spans less than two weeks.",
            "zh-hans": "日志没有时间，或跨度不足两周。",
        },
    },
    "todo": {
        "en": "Let the test period hold whole weeks. Days without events are outages of the "
        "logger or holidays: find out which before you cut there.",
        "zh-hans": "测试时段应包含完整的周。没有事件的日子可能是日志中断或假日："
        "在此处切分之前请先查明。",
    },
}


def check(data: Data) -> Finding:
    """Share of the days inside the log's span that have no event."""
    at = data.log.at
    if at is None or not data.varied or int(at.max()) - data.start < 14 * DAY:
        return finding(SPEC, None, "none")
    day = (at - data.midnight) // DAY
    counts = np.bincount(day)
    hours = np.bincount((at % DAY) // HOUR, minlength=24)
    busy = np.flatnonzero(counts)
    gaps = np.diff(busy) - 1
    longest = int(gaps.max(initial=0))
    empty = float((counts == 0).mean())
    args = {
        "days": f"{len(counts):,}",
        "week": _explained(counts, data.midnight),
        "hour": float(hours.max() / hours.mean()),
        "empty": empty,
        "gap": f"{longest:,}",
    }
    order = np.argsort(-gaps, kind="stable")[:50]
    rows = [
        [data.midnight + int(busy[place] + 1) * DAY, int(gaps[place])]
        for place in order
        if gaps[place]
    ]
    columns = (TIME, column("count", "Days without events", "无事件天数"))
    curve = Curve(
        "bars",
        [[f"{hour:02d}", int(n)] for hour, n in enumerate(hours)],
        {"en": "hour of the day (UTC)", "zh-hans": "一天中的小时（UTC）"},
        {"en": "events", "zh-hans": "事件数"},
        {"en": "Events by hour of the day", "zh-hans": "各小时的事件数"},
    )
    return finding(
        SPEC,
        empty,
        args=args,
        curve=curve,
        evidence=Evidence(columns, rows, int((gaps > 0).sum())) if rows else None,
        facts={"weekday_share": args["week"], "longest_gap_days": longest},
    )


def _explained(counts: np.ndarray, midnight: int) -> float:
    """Share of the variance of the days' log counts that the weekday explains (one-way R2)."""
    days = np.arange(len(counts)) + midnight // DAY
    logs = np.log1p(counts)
    whole = float(((logs - logs.mean()) ** 2).sum())
    if not whole:
        return 0.0
    weekday = days % 7
    sums = np.bincount(weekday, weights=logs, minlength=7)
    sizes = np.bincount(weekday, minlength=7)
    means = sums / np.maximum(sizes, 1)
    between = float((sizes * (means - logs.mean()) ** 2).sum())
    return between / whole
