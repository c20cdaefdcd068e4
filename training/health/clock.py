"""Times that cannot be: in the future, at the start of 1970, before there were such logs."""

from __future__ import annotations

import numpy as np

from training.health.data import DAY, Data
from training.health.finding import ITEM, ROWS, TIME, USER, Evidence, Finding, finding

SPEC = {
    "code": "clock",
    "unit": "share",
    "title": {"en": "Clock errors", "zh-hans": "时间错误"},
    "found": {
        "usual": {
            "en": "{future} events in the future, {zero} at the start of 1970 (a missing time "
            "read as 0), {old} before 1995.",
            "zh-hans": "{future} 个事件在未来，{zero} 个在 1970 年初（缺失时间被读作 0），"
            "{old} 个早于 1995 年。",
        },
        "days": {
            "en": "No impossible time. {share:.0%} of the times are exactly midnight: the file "
            "knows days, not seconds.",
            "zh-hans": "没有不可能的时间。{share:.0%} 的时间恰为午夜：文件只记录到日，而非秒。",
        },
        "none": {"en": "The log has no times.", "zh-hans": "日志没有时间。"},
    },
    "todo": {
        "en": "A wrong clock moves events across the cut between training and test. Mend the "
        "times in the file (unit, time zone, missing values) and import it again.",
        "zh-hans": "错误的时间会使事件跨越训练与测试的分界。"
        "请在文件中修正时间（单位、时区、缺失值）后重新导入。",
    },
}
EARLIEST = 788_918_400  # 1995-01-01, as at import (BAD-34)
MOSTLY = 0.9


def check(data: Data) -> Finding:
    """Share of events with an impossible time."""
    at = data.log.at
    if at is None or not len(data):
        return finding(SPEC, None, "none")
    future = at > data.now + DAY
    zero = (at >= 0) & (at < DAY)
    old = (at < EARLIEST) & ~zero
    wrong = np.flatnonzero(future | zero | old)
    if not len(wrong):
        midnight = float(np.mean(at % DAY == 0))
        said = "days" if midnight > MOSTLY else "usual"
        args = {"share": midnight, "future": 0, "zero": 0, "old": 0}
        return finding(SPEC, 0.0, said, args=args, facts={"midnight_share": midnight})
    rows = [
        [int(data.log.users[row]), int(data.log.items[row]), int(at[row])] for row in wrong[:ROWS]
    ]
    counts = {"future": int(future.sum()), "zero": int(zero.sum()), "old": int(old.sum())}
    return finding(
        SPEC,
        len(wrong) / len(data),
        args={name: f"{n:,}" for name, n in counts.items()},
        evidence=Evidence((USER, ITEM, TIME), rows, len(wrong)),
        facts=counts,
    )
