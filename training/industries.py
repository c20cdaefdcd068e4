"""Ready-made templates: which columns a log of a trade has, and which of its events are positives.

A template is recognised by its signs: column names of its own, and names of events. Rules are in
the order of strength; `weight` says how much more than a look an event tells, `minimum` from which
value on (share: of the largest value in the log). Confidence by counts and seconds follows Hu,
Koren and Volinsky (2008), eq. 1 and 6: 1 + log(1 + value).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

SAME = "one"


def _rule(
    event: str, weight: float = 1.0, minimum: float | None = None, confidence: str = SAME
) -> dict[str, Any]:
    return {"event": event, "minimum": minimum, "confidence": confidence, "weight": weight}


# id -> names in both languages, signs (columns, plain as mapping.plain makes them; events), rules
INDUSTRIES: dict[str, dict[str, Any]] = {
    "shop": {
        "name": {"en": "Online shop", "zh-hans": "电商"},
        "columns": ("productid", "sku", "商品id", "asin", "visitorid"),
        "events": ("view", "cart", "addtocart", "purchase", "transaction", "加购", "购买", "浏览"),
        "rules": [
            *(_rule(name, 4.0) for name in ("purchase", "transaction", "buy", "order", "购买")),
            *(_rule(name, 2.0) for name in ("cart", "addtocart", "add_to_cart", "加购")),
            *(_rule(name, 1.5) for name in ("favorite", "wishlist", "收藏")),
            *(_rule(name) for name in ("view", "click", "浏览", "点击")),
        ],
    },
    "video": {
        "name": {"en": "Video", "zh-hans": "视频"},
        "columns": ("videoid", "watchratio", "playduration", "videoduration", "视频id", "观看比例"),
        "events": ("watch", "play", "观看"),
        "rules": [_rule("watch", minimum=0.5, confidence="value"), _rule("观看", minimum=0.5)],
    },
    "music": {
        "name": {"en": "Music", "zh-hans": "音乐"},
        "columns": ("artistid", "trackid", "songid", "playcount", "plays", "歌曲id", "播放次数"),
        "events": ("play", "listen", "skip", "播放"),
        "rules": [_rule("play", confidence="log"), _rule("listen", confidence="log"),
                  _rule("播放", confidence="log")],
        "ignored": ("skip",),
        "repeats": True,
    },
    "news": {
        "name": {"en": "News", "zh-hans": "新闻"},
        "columns": ("newsid", "articleid", "文章id", "新闻id", "readseconds"),
        "events": ("read", "share", "comment", "阅读"),
        "rules": [_rule("share", 3.0), _rule("comment", 2.0), _rule("read", minimum=10.0),
                  _rule("阅读", minimum=10.0), _rule("click")],
        "ignored": ("impression", "show", "曝光"),
    },
    "travel": {
        "name": {"en": "Travel", "zh-hans": "旅行"},
        "columns": ("hotelid", "flightid", "destinationid", "checkin", "nights", "酒店id"),
        "events": ("book", "booking", "reserve", "预订"),
        "rules": [*(_rule(name, 5.0) for name in ("book", "booking", "reserve", "预订")),
                  _rule("view"), _rule("click"), _rule("浏览")],
    },
    "ads": {
        "name": {"en": "Advertising", "zh-hans": "广告"},
        "columns": ("adid", "campaignid", "creativeid", "click", "propensityscore", "广告id"),
        "events": ("impression", "conversion", "曝光", "转化"),
        # an impression alone is no sign of liking: its value is 1 where it was clicked
        "rules": [_rule("conversion", 5.0), _rule("impression", minimum=1.0), _rule("click"),
                  _rule("转化", 5.0), _rule("曝光", minimum=1.0)],
        "repeats": True,
    },
    "social": {
        "name": {"en": "Social network", "zh-hans": "社交"},
        "columns": ("postid", "followeeid", "帖子id", "authorid"),
        "events": ("like", "follow", "repost", "comment", "share", "点赞", "关注", "转发"),
        "rules": [*(_rule(name, 3.0) for name in ("follow", "关注", "repost", "share", "转发")),
                  *(_rule(name, 2.0) for name in ("comment", "评论")),
                  *(_rule(name) for name in ("like", "点赞", "view", "click"))],
        "ignored": ("block", "report", "mute", "hide"),
    },
    "live": {
        "name": {"en": "Live streaming", "zh-hans": "直播"},
        "columns": ("roomid", "streamerid", "anchorid", "giftvalue", "主播id", "直播间id"),
        "events": ("enter", "gift", "送礼", "进入"),
        "rules": [_rule("gift", 4.0, confidence="log"), _rule("送礼", 4.0, confidence="log"),
                  _rule("follow", 3.0), _rule("watch", minimum=60.0, confidence="log"),
                  _rule("enter", 0.5), _rule("进入", 0.5)],
        "repeats": True,
    },
    "search": {
        "name": {"en": "Personalised search", "zh-hans": "个性化搜索"},
        "columns": ("query", "querytext", "searchterm", "查询词", "搜索词"),
        "events": ("search", "query", "搜索"),
        "rules": [_rule("click", minimum=None, confidence="log"), _rule("点击", confidence="log"),
                  _rule("purchase", 4.0)],
        "ignored": ("search", "query", "搜索", "impression"),
    },
    "apps": {
        "name": {"en": "Mobile apps", "zh-hans": "移动应用"},
        "columns": ("appid", "packagename", "deviceid", "应用id"),
        "events": ("install", "open", "uninstall", "update", "安装"),
        "rules": [_rule("install", 2.0), _rule("安装", 2.0), _rule("open", confidence="log")],
        "ignored": ("uninstall", "卸载"),
        "repeats": True,
    },
    "games": {
        "name": {"en": "Games", "zh-hans": "游戏"},
        "columns": ("gameid", "gametitle", "playtime", "playtimeforever", "hours", "游戏id"),
        "events": ("play", "own"),
        # an hour at least: most games that were bought were hardly opened
        "rules": [_rule("play", minimum=1.0, confidence="log"), _rule("purchase"), _rule("own")],
    },
    "education": {
        "name": {"en": "Education", "zh-hans": "教育"},
        "columns": ("courseid", "lessonid", "studentid", "exerciseid", "课程id", "学生id"),
        "events": ("enrol", "enroll", "complete", "选课", "完成"),
        "rules": [*(_rule(name, 3.0) for name in ("complete", "完成")),
                  *(_rule(name, 2.0) for name in ("enrol", "enroll", "选课")), _rule("view")],
        "ignored": ("drop", "退课"),
    },
    "finance": {
        "name": {"en": "Finance", "zh-hans": "金融"},
        "columns": ("fundid", "fundcode", "isin", "securityid", "amount", "基金代码", "金额"),
        "events": ("subscribe", "redeem", "buy", "sell", "申购", "赎回"),
        # amounts span many orders of magnitude: the logarithm
        "rules": [*(_rule(name, 3.0, confidence="log") for name in ("buy", "subscribe", "申购")),
                  _rule("view"), _rule("浏览")],
        "ignored": ("sell", "redeem", "赎回"),
        "warning": {
            "en": "A recommendation of a financial product may need a check of suitability by law. "
            "recweb ranks by behaviour only; it knows nothing of risk or income.",
            "zh-hans": "推荐金融产品可能须依法进行适当性核查。"
            "recweb 仅按行为排序，不了解风险承受能力或收入。",
        },
    },
    "health": {
        "name": {"en": "Health", "zh-hans": "健康"},
        "columns": ("patientid", "programid", "exerciseplanid", "recipeid", "患者id", "方案id"),
        "events": ("start", "finish", "adhere", "开始", "坚持"),
        "rules": [_rule("finish", 2.0), _rule("adhere", 2.0), _rule("坚持", 2.0), _rule("start"),
                  _rule("开始"), _rule("view", 0.5)],
        "warning": {
            "en": "Health data need special protection: turn on pseudonyms and the consent column "
            "before you import. What people do is not what helps them: no list of recweb "
            "is medical advice.",
            "zh-hans": "健康数据需要特别保护：导入前请启用假名化和同意列。"
            "人们的行为不等于对其有益：recweb 的任何列表都不是医疗建议。",
        },
    },
    "city": {
        "name": {"en": "City services", "zh-hans": "城市服务"},
        "columns": ("serviceid", "poiid", "stationid", "citizenid", "服务id", "市民id"),
        "events": ("visit", "request", "borrow", "checkin", "办理", "到访"),
        "rules": [*(_rule(name, 2.0) for name in ("request", "borrow", "办理")),
                  *(_rule(name) for name in ("visit", "checkin", "到访", "view"))],
        "repeats": True,
    },
}  # fmt: skip


def recognise(columns: Collection[str], events: Collection[str]) -> str:
    """The id of the template whose signs a file shows most clearly, or "" when none does.

    columns: plain names (mapping.plain); events: names in the file. A column of its own counts
    twice an event, as many trades know a click. Needs a column, or two events; the first wins.
    """
    names, said = set(columns), {event.casefold() for event in events}
    best, most = "", 1
    for code, template in INDUSTRIES.items():
        score = 2 * len(names.intersection(template["columns"]))
        score += len(said.intersection(template["events"]))
        if score > most:
            best, most = code, score
    return best


def rules(code: str, events: Sequence[str]) -> list[dict[str, Any]] | None:
    """Rules for the events of a log, named as it names them; None where the template knows none.

    An event that it does not know counts as a look; those it ignores are no positives.
    """
    template = INDUSTRIES.get(code)
    if template is None:
        return None
    known = {rule["event"]: rule for rule in template["rules"]}
    if not any(event.casefold() in known for event in events):
        return None
    ignored = template.get("ignored", ())
    return [
        {**known.get(event.casefold(), _rule(event)), "event": event}
        for event in events
        if event.casefold() not in ignored
    ]


def of_values(code: str) -> str:
    """What a row with a value is in a log of this trade, where no column names its event: the first
    event whose rule reads values; "view" where there is none or no such template.
    """
    for rule in INDUSTRIES.get(code, {}).get("rules", ()):
        if rule["minimum"] is not None or rule["confidence"] != SAME:
            return str(rule["event"])
    return "view"
