"""Which column is which: names in English and Chinese first, then what the values look like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from training.clean.reasons import Refused
from training.clean.report import Kind

REQUIRED: dict[Kind, tuple[str, ...]] = {
    "interactions": ("user", "item"),
    "items": ("item",),
    "users": ("user",),
    "triples": ("item", "entity"),
}
FIELDS: dict[Kind, tuple[str, ...]] = {
    "interactions": (
        *("user", "item", "event", "value", "at"),
        *("session", "query", "position", "propensity", "device"),
    ),
    "items": ("item", "title", "categories", "year", "text"),
    "users": ("user",),
    "triples": ("item", "relation", "entity"),
}
NAMELESS: dict[Kind, str] = {"interactions": "user", "items": "item"}
RATINGS = ("rating", "ratings", "score", "stars", "star", "overall", "评分", "分数", "打分", "星级")
# small letters, no blanks or signs; the earlier name wins when a file has two of them
NAMES: dict[str, tuple[str, ...]] = {
    "user": tuple(
        "userid user uid customerid customer visitorid visitor memberid reviewerid accountid "
        "clientid personid username 用户id 用户 用户编号 用户标识 会员id 会员 顾客id 客户id "
        "买家id studentid patientid citizenid playerid viewerid readerid deviceid 学生id 患者id "
        "市民id 玩家id 读者id 设备id".split()
    ),
    "item": tuple(
        "itemid item iid movieid movie productid product asin parentasin sku bookid isbn artistid "
        "songid trackid gameid videoid articleid newsid contentid hotelid poiid 商品id 物品id "
        "产品id 电影id 图书id 视频id 文章id 内容id 商品 物品 商品编号 物品编号 电影 产品 "
        "appid packagename fundid fundcode isin courseid lessonid roomid streamerid anchorid "
        "postid adid campaignid serviceid stationid flightid destinationid programid recipeid "
        "gametitle "
        "歌曲id 新闻id 酒店id 广告id 帖子id 主播id 直播间id 应用id 游戏id 课程id 基金代码 方案id "
        "服务id".split()
    ),
    "event": tuple(
        "event eventtype action behavior behaviour behaviortype behaviourtype type 事件 事件类型 "
        "行为 行为类型 操作 类型".split()
    ),
    "value": (
        *RATINGS,
        *(
            "value weight dwell dwellseconds dwelltime seconds hours duration playcount plays "
            "count quantity 数值 停留时长 停留秒数 停留时间 时长 播放次数 次数 数量 "
            "watchratio readseconds playtime playtimeforever watchseconds giftvalue amount nights "
            "playduration 观看比例 阅读时长 金额 礼物价值 游戏时长 click clicked 是否点击".split()
        ),
    ),
    "at": tuple(
        "timestamp time datetime date ts at createdat eventtime unixreviewtime reviewtime "
        "ratedat 时间 时间戳 日期 评分时间 创建时间 发生时间 行为时间".split()
    ),
    "title": tuple(
        "title name itemname itemtitle producttitle productname movietitle booktitle headline "
        "gamename artistname songname trackname appname moviename bookname "
        "标题 名称 片名 书名 商品名称 商品标题 物品名称 电影名 商品名".split()
    ),
    "categories": tuple(
        "genres genre categories category tags topics topic class 类别 分类 类型 标签 品类 题材 "
        "类目".split()
    ),
    "year": tuple("year releaseyear pubyear publicationyear 年份 上映年份 出版年份 年".split()),
    "session": tuple("sessionid session visitid impressionid 会话id 会话 会话编号".split()),
    "query": tuple("query querytext searchterm keyword 查询词 搜索词 关键词".split()),
    "position": tuple("position rank pos 位置 排名".split()),
    "propensity": tuple("propensity propensityscore pscore 倾向得分".split()),
    "device": tuple("device devicetype platform os 设备 设备类型 平台".split()),
    "relation": tuple("relation predicate property relationtype 关系 属性".split()),
    "entity": tuple(
        "entity object tail target entityid tag tagid tagvalue label 实体 标签 尾实体 值".split()
    ),
    "text": tuple(
        "description text summary abstract overview plot content 描述 简介 内容 摘要 正文".split()
    ),
}
USUAL = 20  # the first of each field: near matches to these are worth a word
EPOCH = re.compile(r"[0-9]{10}([0-9]{3})?")
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}.*)?")


def plain(name: str) -> str:
    """A column name without case, blanks and signs: `User ID` and `user_id` are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def known(header: Sequence[str], kind: Kind) -> int:
    """How many cells of a header are names that we know."""
    return len(_by_name(header, kind))


def guess(header: Sequence[str], sample: Sequence[Sequence[str]], kind: Kind) -> dict[str, str]:
    """Field -> column, as far as names and values tell."""
    found = _by_name(header, kind)
    if kind == "interactions" and "event" in found:
        place = header.index(found["event"])
        told = {row[place].strip() for row in sample if len(row) > place}
        if len(told) == 1 and told.pop().isdigit():  # 1 in each row names no kind of event
            del found["event"]
    if kind == "interactions" and "at" not in found:
        for place, column in enumerate(header):
            cells = [row[place].strip() for row in sample if len(row) > place]
            times = [cell for cell in cells if EPOCH.fullmatch(cell) or ISO.fullmatch(cell)]
            if column not in found.values() and cells and len(times) == len(cells):
                found["at"] = column
                break
    return found


def settle(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    kind: Kind,
    given: Mapping[str, str] | None,
) -> dict[str, str]:
    """The mapping to work with: the given one checked, or the guess.

    Raises Refused naming the field or column that is unknown, and the near matches.
    """
    if given is None:
        return guess(header, sample, kind)
    chosen = {field: column for field, column in given.items() if column}
    taken: dict[str, str] = {}
    for field, column in chosen.items():
        if field not in FIELDS[kind]:
            raise Refused("field-unknown", field=field)
        if column not in header:
            raise Refused("column-missing", column=column, near=near([column], header))
        if column in taken:
            raise Refused("column-used-twice", column=column, first=taken[column], second=field)
        taken[column] = field
    return chosen


def describing(kind: Kind, columns: Sequence[str]) -> tuple[str, ...]:
    """Those of a log's unread columns that a file of items would bring in."""
    if kind != "interactions":
        return ()
    found = _by_name(columns, "items")
    return tuple(found[field] for field in ("title", "categories", "text") if field in found)


def missing(mapping: Mapping[str, str], kind: Kind) -> tuple[str, ...]:
    """The required fields that no column fills."""
    return tuple(field for field in REQUIRED[kind] if field not in mapping)


def require(
    header: Sequence[str], mapping: Mapping[str, str], kind: Kind, *, anonymous: bool = False
) -> None:
    """Raise Refused when a required field has no column; anonymous: NAMELESS need none."""
    fields = missing(mapping, kind)
    if anonymous:
        fields = tuple(field for field in fields if field != NAMELESS.get(kind))
    if fields and len(header) == 1 and kind == "interactions":
        raise Refused("one-column", first=header[0][:200])
    if fields:
        wanted = [f"{field}_id" for field in fields]
        names = [name for field in fields for name in NAMES[field][:USUAL]]
        first = ", ".join(header)[:200]
        raise Refused(
            "columns-not-found", missing=", ".join(wanted), first=first, near=near(names, header)
        )


def near(wanted: Sequence[str], header: Sequence[str]) -> str:
    """Columns of the header that resemble one of the wanted names, or a dash."""
    simple = {plain(column): column for column in header}
    hits = [
        hit
        for name in wanted
        for hit in difflib.get_close_matches(plain(name), list(simple), n=3, cutoff=0.6)
    ]
    return ", ".join(simple[hit] for hit in dict.fromkeys(hits))[:200] or "–"


def _by_name(header: Sequence[str], kind: Kind) -> dict[str, str]:
    columns = {plain(column): column for column in reversed(header)}
    found: dict[str, str] = {}
    for field in FIELDS[kind]:
        names = NAMES[field]
        if field == REQUIRED[kind][0] and kind != "interactions":
            # in a file of items, `id` is the item's; in one of triples it heads the row
            names = (*names, "id", "编号", "head", "subject", "头实体")
        for name in names:
            if name in columns and columns[name] not in found.values():
                found[field] = columns[name]
                break
    return found
