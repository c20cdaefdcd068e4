"""Every reason that an upload or a row can be turned away for, in both languages.

Code -> (English, Simplified Chinese), with named places for the arguments. Whoever shows a reason
picks the language; nothing here is translated at run time.
"""

from __future__ import annotations

Value = str | int | float

REFUSALS = {
    "empty": ("The file is empty.", "文件是空的。"),
    "no-rows": (
        "The file has a header but no rows.",
        "文件只有表头,没有数据行。",
    ),
    "file-too-large": (
        "The file has {size} bytes; at most {limit} are allowed.",
        "文件有 {size} 字节,最多允许 {limit} 字节。",
    ),
    "wrong-type": (
        "This is a {found} file, not a table of text. Save it as CSV and upload that.",
        "这是 {found} 文件,不是文本表格。请另存为 CSV 后再上传。",
    ),
    "name-lies": (
        "The name ends in {suffix}, but the content is plain text. Rename it to .csv.",
        "文件名以 {suffix} 结尾,但内容是纯文本。请改名为 .csv。",
    ),
    "utf-16-without-bom": (
        "This looks like UTF-16 without a byte order mark. Save it as UTF-8, "
        "or choose the encoding.",
        "这看起来是没有字节顺序标记的 UTF-16。请另存为 UTF-8,或选择编码。",
    ),
    "not-decodable": (
        "Line {line} is not {encoding} (byte {byte}). Save the file as UTF-8, "
        "or choose its encoding.",
        "第 {line} 行不是 {encoding} 编码(字节 {byte})。请将文件另存为 UTF-8,或选择其编码。",
    ),
    "encoding-unknown": (
        "“{encoding}” is not an encoding that can be chosen.",
        "“{encoding}”不是可选的编码。",
    ),
    "delimiter-unknown": (
        "“{delimiter}” cannot separate columns; choose a comma, semicolon, tab or |.",
        "“{delimiter}”不能作为列分隔符;请选择逗号、分号、制表符或 |。",
    ),
    "one-column": (
        "Only 1 column found; first line was: {first}. Columns must be separated by a comma, "
        "semicolon, tab or |.",
        "只找到 1 列;第一行是:{first}。各列必须用逗号、分号、制表符或 | 分隔。",
    ),
    "too-many-columns": (
        "The file has {columns} columns; at most {limit} are allowed.",
        "文件有 {columns} 列,最多允许 {limit} 列。",
    ),
    "too-many-rows": (
        "The file has more than {limit} rows. Divide it.",
        "文件超过 {limit} 行。请拆分后上传。",
    ),
    "header-unreadable": (
        "The header in line {line} cannot be read: check its quotes.",
        "第 {line} 行的表头无法读取:请检查引号。",
    ),
    "header-control-character": (
        "The header in line {line} holds control characters: this is no table of text.",
        "第 {line} 行的表头含有控制字符:这不是文本表格。",
    ),
    "columns-not-found": (
        "Columns not found: {missing}; first line was: {first}. Near matches: {near}. "
        "Add a header or say which column is which.",
        "找不到列:{missing};第一行是:{first}。相近的列:{near}。请添加表头或指定各列的含义。",
    ),
    "column-missing": (
        "There is no column “{column}”. Near matches: {near}.",
        "没有名为“{column}”的列。相近的列:{near}。",
    ),
    "column-twice": (
        "Column “{column}” stands twice in the header (line {line}). Rename one of them.",
        "表头(第 {line} 行)中列“{column}”出现了两次。请重命名其中一列。",
    ),
    "column-used-twice": (
        "Column “{column}” cannot be both {first} and {second}.",
        "列“{column}”不能同时作为 {first} 和 {second}。",
    ),
    "field-unknown": (
        "“{field}” is not a field of this kind of file.",
        "“{field}”不是这类文件的字段。",
    ),
    "quote-unclosed": (
        "The quote opened on line {line} is never closed (or only after more than {limit} "
        "characters).",
        "第 {line} 行开始的引号一直没有关闭(或在超过 {limit} 个字符之后才关闭)。",
    ),
    "line-too-long": (
        "Line {line} is longer than {limit} characters.",
        "第 {line} 行超过 {limit} 个字符。",
    ),
    "time-ambiguous": (
        "Line {line}, column “{column}”: “{value}” can be day/month or month/day. Say which it is.",
        "第 {line} 行,列“{column}”:“{value}”可能是日/月,也可能是月/日。请指定格式。",
    ),
    "zone-unknown": (
        "“{zone}” is not a time zone.",
        "“{zone}”不是有效的时区。",
    ),
    "too-many-events": (
        "Column “{column}” holds more than {limit} kinds of event: it seems to be another column.",
        "列“{column}”包含超过 {limit} 种事件:它可能不是事件列。",
    ),
}

ROWS = {
    "row-too-short": (
        "{found} cells, {expected} expected",
        "有 {found} 个单元格,应为 {expected} 个",
    ),
    "row-too-long": (
        "{found} cells, {expected} expected",
        "有 {found} 个单元格,应为 {expected} 个",
    ),
    "cell-too-long": (
        "a cell has more than {limit} characters",
        "单元格超过 {limit} 个字符",
    ),
    "quote-stray": (
        "text stands behind a closing quote",
        "右引号后面还有文字",
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
    "value-empty": ("the value is empty", "数值为空"),
    "value-unreadable": ("“{value}” is not a number", "“{value}”不是数字"),
    "value-decimal-comma": (
        "“{value}” has a decimal comma; choose it in the settings",
        "“{value}”使用逗号作为小数点;请在设置中选择",
    ),
    "value-not-finite": ("“{value}” is not a finite number", "“{value}”不是有限的数"),
    "value-out-of-range": (
        "“{value}” is outside {low} to {high}",
        "“{value}”超出范围 {low} 到 {high}",
    ),
    "time-empty": ("the time is empty", "时间为空"),
    "time-unreadable": ("“{value}” is not a time", "“{value}”不是有效时间"),
    "time-out-of-range": (
        "“{value}” is no time in seconds, milliseconds, microseconds or nanoseconds since 1970",
        "“{value}”不是自 1970 年起的秒、毫秒、微秒或纳秒时间",
    ),
    "time-too-old": ("“{value}” is before 1995", "“{value}”早于 1995 年"),
    "time-future": ("“{value}” is in the future", "“{value}”在将来"),
    "time-gap": (
        "“{value}” does not exist in time zone {zone} (the clock was put forward)",
        "“{value}”在时区 {zone} 中不存在(当时时钟拨快)",
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

NOTES = {
    "encoding": ("Read as {encoding}.", "按 {encoding} 读取。"),
    "delimiter": ("Columns are separated by {delimiter}.", "各列以 {delimiter} 分隔。"),
    "columns-ignored": ("Columns not used: {columns}.", "未使用的列:{columns}。"),
    "ids-trimmed": (
        "{count} ids had blanks around them, which were removed.",
        "{count} 个 ID 前后的空白已去除。",
    ),
    "ids-differ-in-case": (
        "{count} ids differ from another one only in capitals, such as “{example}”; they are kept "
        "apart.",
        "{count} 个 ID 与另一个 ID 仅大小写不同,例如“{example}”;它们被视为不同。",
    ),
    "ids-look-alike": (
        "{count} ids look like another one (invisible characters or accents), such as “{example}”; "
        "they are kept apart.",
        "{count} 个 ID 与另一个 ID 看起来相同(不可见字符或重音),例如“{example}”;它们被视为不同。",
    ),
    "event-assumed": (
        "No event column: every row is a “{event}”.",
        "没有事件列:每一行都视为“{event}”。",
    ),
    "scale-guessed": (
        "Values are taken to be on a scale from {low} to {high}.",
        "数值被视为 {low} 到 {high} 的评分。",
    ),
    "zone-assumed": (
        "{count} times carry no time zone and are taken as {zone}.",
        "{count} 个时间没有时区,按 {zone} 处理。",
    ),
    "times-mixed": (
        "Times come in several forms: {forms}.",
        "时间有多种格式:{forms}。",
    ),
    "one-time": (
        "All rows carry the same time: a split by time is impossible.",
        "所有行的时间都相同:无法按时间划分。",
    ),
    "no-times": ("There is no time column.", "没有时间列。"),
    "titles-missing": (
        "{count} items have no title; their id stands for it.",
        "{count} 个物品没有标题;以其 ID 代替。",
    ),
    "years-unreadable": (
        "{count} years cannot be read and are left empty.",
        "{count} 个年份无法读取,已留空。",
    ),
    "categories-separator": (
        "Categories are separated by {separator}.",
        "类别以 {separator} 分隔。",
    ),
}


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
