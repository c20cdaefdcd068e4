"""What each split would hold out, and how much of the future its training would see."""

from __future__ import annotations

import numpy as np

from training.features import Positives, Rule, positives
from training.health.data import Data
from training.health.finding import Evidence, Finding, column, finding
from training.split import ENOUGH, TEST, TRAIN, SplitError
from training.split_ways import WAYS

SPEC = {
    "code": "split-leak",
    "unit": "share",
    "title": {"en": "Splits and their leak", "zh-hans": "划分及其泄漏"},
    "found": {
        "usual": {
            "en": "The default here would be {name}: {users} test users with history, leak "
            "{leak:.1%} (test events older than the newest training event).",
            "zh-hans": "此处默认划分为 {name}：{users} 个有历史的测试用户，泄漏 {leak:.1%}"
            "（早于最新训练事件的测试事件）。",
        },
        "untimed": {
            "en": "Without (different) times only random or given splits are possible: "
            "{users} test users with history; the leak cannot be known.",
            "zh-hans": "没有（不同的）时间，只能随机或给定划分：{users} 个有历史的测试用户；"
            "泄漏无从得知。",
        },
        "impossible": {
            "en": "No split is possible: {why}",
            "zh-hans": "无法划分：{why}",
        },
    },
    "todo": {
        "en": "A leak makes every model look better than it will be. One cut in time for all has "
        "none; it needs 200 test users with history, so a longer log helps.",
        "zh-hans": "泄漏会使所有模型看起来比实际更好。对所有人按同一时间点切分没有泄漏；"
        "它需要 200 个有历史的"
        "测试用户，因此更长的日志会有帮助。",
    },
}
ORDER = ("temporal", "user-temporal", "leave-last", "random")
COLUMNS = (
    column("text", "Split", "划分"),
    column("count", "Train", "训练"),
    column("count", "Validation", "验证"),
    column("count", "Test", "测试"),
    column("count", "Test users with history", "有历史的测试用户"),
    column("share", "Leak", "泄漏"),
)


def check(data: Data) -> Finding:
    """Leak of the split that would be the default, and a row for each split."""
    rules = list(data.rules) or [Rule(name) for name in data.log.event_names]
    liked = positives(data.log, rules) if rules else None
    if liked is None or not len(liked):
        why = {"why": "no event is a positive by the dataset's rules."}
        return finding(SPEC, None, "impossible", args=why, level="fail")
    sizes = {name: found for name in ORDER if (found := _sizes(liked, name)) is not None}
    rows = [[name, *found] for name, found in sizes.items()]
    evidence = Evidence(COLUMNS, rows, len(rows))
    if not sizes:
        why = {"why": "the log is too small for a test part."}
        return finding(SPEC, None, "impossible", args=why, level="fail")
    name = "temporal" if sizes.get("temporal", (0,) * 5)[3] >= ENOUGH else "user-temporal"
    if name not in sizes:
        users = f"{next(iter(sizes.values()))[3]:,}"
        said = finding(
            SPEC, None, "untimed", args={"users": users}, level="warn", evidence=evidence
        )
        return said
    _train, _validation, _test, tested, leak = sizes[name]
    return finding(
        SPEC,
        float(leak or 0.0),
        args={"name": name, "users": f"{tested:,}", "leak": leak or 0.0},
        evidence=evidence,
        facts={"default": name},
    )


def _sizes(liked: Positives, name: str) -> tuple[int, int, int, int, float | None] | None:
    """(train, validation, test, test users with history, leak); None when impossible."""
    try:
        parts = WAYS[name](liked, np.random.default_rng(0))
    except SplitError:
        return None
    train, test = parts == TRAIN, parts == TEST
    known = np.bincount(liked.users[train], minlength=liked.n_users) > 0
    tested = np.bincount(liked.users[test], minlength=liked.n_users) > 0
    sizes = np.bincount(parts, minlength=3)
    if not sizes.all():
        return None
    leak = None if liked.at is None else float(np.mean(liked.at[test] < liked.at[train].max()))
    return int(sizes[0]), int(sizes[1]), int(sizes[2]), int((known & tested).sum()), leak
