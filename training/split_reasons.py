"""Why a split cannot be made, or why auto took another one: codes and words."""

from __future__ import annotations

REASONS = {
    "too-few-users": (
        "This log has positives of {users} user(s); a split needs at least 2.",
        "此日志中只有 {users} 个用户有正例；划分至少需要 2 个用户。",
    ),
    "too-few-items": (
        "This log has positives on {items} item(s); a split needs at least 2.",
        "此日志中只有 {items} 个物品有正例；划分至少需要 2 个物品。",
    ),
    "no-times": (
        "Split “{name}” needs times, and this log has none. Use random or a given split.",
        "划分“{name}”需要时间，而此日志没有时间。请使用随机划分或给定划分。",
    ),
    "one-time": (
        "Split “{name}” is impossible: all events carry the same time. Use random.",
        "无法按“{name}”划分：所有事件的时间都相同。请使用随机划分。",
    ),
    "order-only": (
        "Split “{name}” needs times, and this log has an order only. Use leave-last.",
        "划分“{name}”需要时间，而此日志只有先后顺序。请使用 leave-last。",
    ),
    "empty-part": (
        "Split “{name}” leaves no events for {part}: the log is too small or too uneven.",
        "划分“{name}”后 {part} 部分没有事件：日志太小或分布太不均匀。",
    ),
    "given-missing": (
        "A given split needs one part (0 train, 1 validation, 2 test) for each of the {rows} rows.",
        "给定划分需要为 {rows} 行中的每一行指定部分（0 训练、1 验证、2 测试）。",
    ),
    "unknown-split": ("There is no split called “{name}”.", "没有名为“{name}”的划分。"),
}
CHOSEN = {
    "order-only": (
        "This log has an order and no times, so each user's last item is the test.",
        "此日志只有先后顺序而没有时间，因此以每个用户的最后一个物品作为测试。",
    ),
    "few-temporal-test-users": (
        "One cut in time would leave fewer than 200 test users with a history, so each user's "
        "own history is divided by time.",
        "按单一时间点划分后，有历史记录的测试用户不足 200 个，"
        "因此改为按每个用户自己的时间顺序划分。",
    ),
    "no-times": (
        "This log has no times, so the split is random.",
        "此日志没有时间，因此采用随机划分。",
    ),
    "one-time": (
        "All events carry the same time, so the split is random.",
        "所有事件的时间都相同，因此采用随机划分。",
    ),
}


class SplitError(ValueError):
    """A split that cannot be made; `code` is a key of REASONS and `details` fills its text."""

    def __init__(self, code: str, **args: str | int) -> None:
        super().__init__(REASONS[code][0].format(**args))
        self.code = code
        self.details = args
