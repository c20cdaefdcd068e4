"""What is worth knowing about an accepted file: code -> (English, Simplified Chinese)."""

NOTES = {
    "format": ("Read as {format}.", "按 {format} 读取。"),
    "order-only": (
        "The file has an order and no times: “leave-last” and “user-temporal” splits are possible, "
        "one cut in time is not.",
        "文件只有先后顺序而没有时间：可以使用 leave-last 和 user-temporal 划分，"
        "不能按单一时间点划分。",
    ),
    "relation-assumed": (
        "No column says the relation: it is “{relation}” in every row.",
        "没有列说明关系：所有行的关系均为“{relation}”。",
    ),
    "items-numbered": (
        "No column holds ids: each row is an item, named by its line.",
        "没有 ID 列：每一行是一个物品，以行号命名。",
    ),
    "keys-late": (
        "{count} lines hold keys that the first lines do not have, such as “{key}”; these are not "
        "used.",
        "{count} 行含有前几行没有的键，例如“{key}”；未使用这些键。",
    ),
    "sheets-ignored": (
        "Only the first sheet is read; not used: {sheets}.",
        "只读取第一个工作表；未使用：{sheets}。",
    ),
    "bots": (
        "Users with more than {limit} events within an hour: {count}, such as “{example}” with "
        "{most}. They look like bots or scripts, and versions leave them out until somebody "
        "takes them in again (Health).",
        "一小时内超过 {limit} 个事件的用户：{count} 个，例如“{example}”有 {most} 个。"
        "看起来像机器人或脚本；版本会排除他们，直到有人重新纳入（见健康检查）。",
    ),
    "one-user-only": (
        "There is only one user: a model needs at least two.",
        "只有一个用户：模型至少需要两个。",
    ),
    "one-item-only": (
        "There is only one item: a model needs at least two.",
        "只有一个物品：模型至少需要两个。",
    ),
    "user-dominates": (
        "“{example}” alone makes {percent} % of the rows (user).",
        "用户“{example}”一人占全部行的 {percent}%。",
    ),
    "item-dominates": (
        "“{example}” alone takes {percent} % of the rows (item).",
        "物品“{example}”一项占全部行的 {percent}%。",
    ),
    "users-once": (
        "Every user has one event only: nothing can be held out to test a model.",
        "每个用户都只有一个事件：无法留出测试数据。",
    ),
    "encoding": ("Read as {encoding}.", "按 {encoding} 读取。"),
    "delimiter": ("Columns are separated by {delimiter}.", "各列以 {delimiter} 分隔。"),
    "columns-ignored": ("Columns not used: {columns}.", "未使用的列：{columns}。"),
    "columns-of-items": (
        "These columns seem to describe items, which a file of interactions does not: {columns}. "
        "Bring them in as a file of items, a row for each item.",
        "这些列似乎描述物品，而交互文件不导入物品信息：{columns}。请将其作为物品文件导入，每个物品一行。",
    ),
    "ids-trimmed": (
        "{count} ids had blanks around them, which were removed.",
        "{count} 个 ID 前后的空白已去除。",
    ),
    "ids-differ-in-case": (
        "{count} ids differ from another one only in capitals, such as “{example}”; they are kept "
        "apart.",
        "{count} 个 ID 与另一个 ID 仅大小写不同，例如“{example}”；它们被视为不同。",
    ),
    "ids-look-alike": (
        "{count} ids look like another one (invisible characters or accents), such as “{example}”; "
        "they are kept apart.",
        "{count} 个 ID 与另一个 ID 看起来相同（不可见字符或重音），例如“{example}”；"
        "它们被视为不同。",
    ),
    "event-assumed": (
        "No event column: every row is a “{event}”.",
        "没有事件列：每一行都视为“{event}”。",
    ),
    "scale-guessed": (
        "Values are taken to be on a scale from {low} to {high}.",
        "数值被视为 {low} 到 {high} 的评分。",
    ),
    "scale-seen": (
        "Ratings run from {least} to {most}. Their scale is taken to end at {high}: a rating above "
        "it, or below {low}, is put aside.",
        "评分从 {least} 到 {most}。评分上限视为 {high}：高于它或低于 {low} 的评分会被隔离。",
    ),
    "blank-lines": (
        "{count} blank lines were skipped; they are no rows.",
        "跳过了 {count} 个空行；空行不计入行数。",
    ),
    "users-empty": (
        "{count} lines hold a user and no items, the first of them line {line}; they are no rows.",
        "{count} 行只有用户而没有物品，首个是第 {line} 行；这些行不计入行数。",
    ),
    "zone-assumed": (
        "Rows read whose time carries no time zone: {count}. These times are taken as {zone}.",
        "读取的行中有 {count} 行的时间没有时区，按 {zone} 处理。",
    ),
    "times-mixed": (
        "Times come in several forms: {forms}.",
        "时间有多种格式：{forms}。",
    ),
    "one-time": (
        "All rows carry the same time: a split by time is impossible.",
        "所有行的时间都相同：无法按时间划分。",
    ),
    "no-times": ("There is no time column.", "没有时间列。"),
    "titles-missing": (
        "{count} items have no title; their id stands for it.",
        "{count} 个物品没有标题；以其 ID 代替。",
    ),
    "years-unreadable": (
        "{count} years cannot be read and are left empty.",
        "{count} 个年份无法读取，已留空。",
    ),
    "vectors": (
        "{count} items have a vector of {length} numbers of “{name}”: the model “modal_fusion” "
        "learns from it.",
        "{count} 个物品有“{name}”向量（{length} 维）：模型 modal_fusion 可从中学习。",
    ),
    "vectors-unreadable": (
        "{count} cells of “{name}” hold no vector of {length} finite numbers and count as empty.",
        "“{name}”列有 {count} 个单元格不是 {length} 个有限数构成的向量，视为空。",
    ),
    "categories-separator": (
        "Categories are separated by {separator}.",
        "类别以 {separator} 分隔。",
    ),
}
