"""What turns a whole file away: code -> (English, Simplified Chinese)."""

REFUSALS = {
    "empty": ("The file is empty.", "文件是空的。"),
    "no-rows": (
        "The file has a header but no rows.",
        "文件只有表头，没有数据行。",
    ),
    "no-lists": (
        "No line of the first ones is a list of the format “{form}”.",
        "前几行中没有一行符合“{form}”格式的列表。",
    ),
    "lists-not-text": (
        "The format “{form}” is for interactions in plain text; this is {found}.",
        "“{form}”格式仅用于纯文本的交互文件；此文件为 {found}。",
    ),
    "format-unknown": (
        "There is no format “{form}”: choose events, sequences or counted.",
        "没有“{form}”这种格式：请选择 events、sequences 或 counted。",
    ),
    "file-too-large": (
        "The file has {size} bytes; at most {limit} are allowed.",
        "文件有 {size} 字节，最多允许 {limit} 字节。",
    ),
    "wrong-type": (
        "This is a {found} file, not a table. Save it as CSV (or JSON lines, Parquet, XLSX; each "
        "also packed by gzip) and upload that.",
        "这是 {found} 文件，不是表格。请另存为 CSV（或 JSON lines、Parquet、XLSX，"
        "均可用 gzip 压缩）后再上传。",
    ),
    "name-lies": (
        "The name ends in {suffix}, but the content is plain text. Rename it to .csv.",
        "文件名以 {suffix} 结尾，但内容是纯文本。请改名为 .csv。",
    ),
    "other-type": (
        "The name ends in {suffix}, but this is a {found} file. Rename it so that it ends in "
        "{right}, and upload it again.",
        "文件名以 {suffix} 结尾，但这是 {found} 文件。请将扩展名改为 {right} 后再上传。",
    ),
    "packed-twice": (
        "The file is packed by gzip twice. Unpack it once and upload that.",
        "文件被 gzip 压缩了两次。请解压一次后再上传。",
    ),
    "packed-cut-off": (
        "The gzip file is cut off at byte {byte}: its end is missing. Upload it again, whole.",
        "gzip 文件在第 {byte} 字节处被截断：缺少结尾。请重新上传完整的文件。",
    ),
    "unpacks-too-large": (
        "The file unpacks to more than {limit} bytes. Divide it.",
        "文件解压后超过 {limit} 字节。请拆分后上传。",
    ),
    "unpacks-too-far": (
        "The file unpacks to more than {ratio} times its size (seen after {byte} bytes of it), as "
        "no log does. Upload it unpacked.",
        "文件解压后超过其大小的 {ratio} 倍（读取 {byte} 字节后发现），正常日志不会这样。"
        "请上传未压缩的文件。",
    ),
    "damaged": (
        "The {found} file is damaged and cannot be read ({why}). Export it again.",
        "{found} 文件已损坏，无法读取（{why}）。请重新导出。",
    ),
    "too-much-memory": (
        "Reading the file takes more memory than is allowed. Divide it, or save it as CSV.",
        "读取该文件所需的内存超出限制。请拆分，或另存为 CSV。",
    ),
    "reader-stopped": (
        "The top of the file could not be read within {seconds} seconds and {megabytes} MB. Save "
        "it as CSV and upload that.",
        "无法在 {seconds} 秒和 {megabytes} MB 内存内读取文件开头。请另存为 CSV 后再上传。",
    ),
    "column-type": (
        "Column “{column}” holds {type}; only text, numbers, true/false, dates and times are "
        "read. Leave it out, or save it as text.",
        "列“{column}”的类型是 {type}；只能读取文本、数字、布尔值、日期和时间。"
        "请去掉该列，或将其保存为文本。",
    ),
    "no-json-lines": (
        "None of the first lines is a JSON object (line {line}: {first}). JSON lines hold one "
        "object on each line.",
        "前几行中没有一行是 JSON 对象（第 {line} 行：{first}）。JSON lines 每行应为一个对象。",
    ),
    "json-too-deep": (
        "Line {line} is nested too deeply for a row of a table.",
        "第 {line} 行的嵌套过深，不能作为表格的一行。",
    ),
    "no-sheet": (
        "The workbook has no sheet of cells.",
        "工作簿中没有单元格工作表。",
    ),
    "utf-16-without-bom": (
        "This looks like UTF-16 without a byte order mark. Save it as UTF-8, "
        "or choose the encoding.",
        "这看起来是没有字节顺序标记的 UTF-16。请另存为 UTF-8，或选择编码。",
    ),
    "not-decodable": (
        "Line {line} is not {encoding} (byte {byte}). Save the file as UTF-8, "
        "or choose its encoding.",
        "第 {line} 行不是 {encoding} 编码（字节 {byte}）。请将文件另存为 UTF-8，或选择其编码。",
    ),
    "encoding-unknown": (
        "“{encoding}” is not an encoding that can be chosen.",
        "“{encoding}”不是可选的编码。",
    ),
    "delimiter-unknown": (
        "“{delimiter}” cannot separate columns; choose a comma, semicolon, tab or |.",
        "“{delimiter}”不能作为列分隔符；请选择逗号、分号、制表符或 |。",
    ),
    "one-column": (
        "Only 1 column found; first line was: {first}. Columns must be separated by a comma, "
        "semicolon, tab or |.",
        "只找到 1 列；第一行是：{first}。各列必须用逗号、分号、制表符或 | 分隔。",
    ),
    "too-many-columns": (
        "The file has {columns} columns; at most {limit} are allowed.",
        "文件有 {columns} 列，最多允许 {limit} 列。",
    ),
    "too-many-rows": (
        "The file has more than {limit} rows. Divide it.",
        "文件超过 {limit} 行。请拆分后上传。",
    ),
    "header-unreadable": (
        "The header in line {line} cannot be read: check its quotes.",
        "第 {line} 行的表头无法读取：请检查引号。",
    ),
    "header-control-character": (
        "The header in line {line} holds control characters: this is no table of text.",
        "第 {line} 行的表头含有控制字符：这不是文本表格。",
    ),
    "columns-not-found": (
        "Columns not found: {missing}; first line was: {first}. Near matches: {near}. "
        "Add a header or say which column is which.",
        "找不到列：{missing}；第一行是：{first}。相近的列：{near}。请添加表头或指定各列的含义。",
    ),
    "column-missing": (
        "There is no column “{column}”. Near matches: {near}.",
        "没有名为“{column}”的列。相近的列：{near}。",
    ),
    "column-twice": (
        "Column “{column}” stands twice in the header (line {line}). Rename one of them.",
        "表头（第 {line} 行）中列“{column}”出现了两次。请重命名其中一列。",
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
        "第 {line} 行开始的引号一直没有关闭（或在超过 {limit} 个字符之后才关闭）。",
    ),
    "line-too-long": (
        "Line {line} is longer than {limit} characters.",
        "第 {line} 行超过 {limit} 个字符。",
    ),
    "time-ambiguous": (
        "Line {line}, column “{column}”: dates such as “{value}” begin with the day in some places "
        "and with the month in others. Say which it is.",
        "第 {line} 行，列“{column}”：“{value}”这样的日期，有的地方日在前，"
        "有的地方月在前。请指定格式。",
    ),
    "zone-unknown": (
        "“{zone}” is not a time zone.",
        "“{zone}”不是有效的时区。",
    ),
    "too-many-events": (
        "Column “{column}” holds more than {limit} kinds of event: it seems to be another column.",
        "列“{column}”包含超过 {limit} 种事件：它可能不是事件列。",
    ),
}
