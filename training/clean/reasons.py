"""Every reason that an upload or a row can be turned away for, in both languages.

Code -> (English, Simplified Chinese), with named places for the arguments. Whoever shows a reason
picks the language; nothing here is translated at run time. Rows are here, whole files in
refusals.py, notes in notes.py.
"""

from __future__ import annotations

from training.clean.notes import NOTES
from training.clean.refusals import REFUSALS

__all__ = ["NOTES", "REASONS", "REFUSALS", "ROWS", "Refused", "Value"]

Value = str | int | float

ROWS = {
    "row-too-short": (
        "{found} cells, {expected} expected",
        "有 {found} 个单元格，应为 {expected} 个",
    ),
    "row-too-long": (
        "{found} cells, {expected} expected",
        "有 {found} 个单元格，应为 {expected} 个",
    ),
    "cell-too-long": (
        "a cell has more than {limit} characters",
        "单元格超过 {limit} 个字符",
    ),
    "quote-stray": (
        "text stands behind a closing quote",
        "右引号后面还有文字",
    ),
    "count-wrong": (
        "the line says {said} items and holds {found}",
        "该行声明有 {said} 个物品，实际为 {found} 个",
    ),
    "user-twice": (
        "user “{user}” has line {line} already; a user is one line",
        "用户“{user}”已出现在第 {line} 行；每个用户只占一行",
    ),
    "json-unreadable": ("the line is not JSON", "该行不是 JSON"),
    "json-no-object": ("the line is not a JSON object", "该行不是 JSON 对象"),
    "json-key-twice": ("the key “{key}” stands twice", "键“{key}”出现了两次"),
    "json-not-finite": ("{value} is not JSON", "{value} 不是 JSON"),
    "json-nested": (
        "“{column}” holds a list of lists or objects",
        "“{column}”是由列表或对象组成的列表",
    ),
    "id-empty": ("the id is empty", "ID 为空"),
    "id-too-long": ("the id has more than {limit} bytes", "ID 超过 {limit} 字节"),
    "id-control-character": (
        "the id holds the control character {character}",
        "ID 含有控制字符 {character}",
    ),
    "id-spreadsheet-damage": (
        "“{value}” looks like an id that a spreadsheet damaged",
        "“{value}”看起来像是被电子表格损坏的 ID",
    ),
    "id-stands-for-none": (
        "“{value}” stands for an id that is missing",
        "“{value}”表示 ID 缺失",
    ),
    "header-again": ("the line repeats the header", "该行重复了表头"),
    "value-empty": ("the value is empty", "数值为空"),
    "value-unreadable": ("“{value}” is not a number", "“{value}”不是数字"),
    "value-decimal-comma": (
        "“{value}” has a decimal comma; say so where the columns are mapped",
        "“{value}”使用逗号作为小数点；请在映射列的页面上说明",
    ),
    "value-not-finite": ("“{value}” is not a finite number", "“{value}”不是有限的数"),
    "value-out-of-range": (
        "“{value}” is outside {low} to {high}",
        "“{value}”超出范围 {low} 到 {high}",
    ),
    "time-empty": ("the time is empty", "时间为空"),
    "time-unreadable": ("“{value}” is not a time", "“{value}”不是有效时间"),
    "time-out-of-range": (
        "“{value}” is no time from 1995 to 2100 in seconds, milliseconds, microseconds or "
        "nanoseconds since 1970",
        "“{value}”不是 1995 年至 2100 年间的时间（自 1970 年起的秒、毫秒、微秒或纳秒）",
    ),
    "time-too-old": ("“{value}” is before 1995", "“{value}”早于 1995 年"),
    "time-future": ("“{value}” is in the future", "“{value}”在将来"),
    "time-gap": (
        "“{value}” does not exist in time zone {zone} (the clock was put forward)",
        "“{value}”在时区 {zone} 中不存在（当时时钟拨快）",
    ),
    "event-empty": ("the event is empty", "事件为空"),
    "event-unknown": ("“{value}” is not a known event", "“{value}”不是已知事件"),
    "event-unreadable": (
        "the event is longer than 64 characters or holds control characters",
        "事件超过 64 个字符或含有控制字符",
    ),
    "text-control-character": (
        "the text holds the control character {character}",
        "文本含有控制字符 {character}",
    ),
}

REASONS = {**REFUSALS, **ROWS}


class Refused(Exception):
    """A file that is not taken at all, and nothing of it stored.

    code: a key of REFUSALS; details: the arguments of its text, `line` among them where there is
    one. `str()` is the English text.
    """

    def __init__(self, code: str, **details: Value) -> None:
        super().__init__(REFUSALS[code][0].format(**details))
        self.code = code
        self.details = details

    @property
    def line(self) -> int | None:
        """The physical line at fault, counted from 1, or None."""
        line = self.details.get("line")
        return line if isinstance(line, int) else None
