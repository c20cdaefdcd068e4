"""A small file of each trade maps without a touch, and its rules say what is liked."""

from pathlib import Path

import numpy as np
import pytest

from training import industries
from training.clean import clean, preview
from training.clean.mapping import plain
from training.features import Rule, positives
from training.log import Log

FILES = Path(__file__).parent / "clean" / "industries"
# file -> (columns of the mapping, pairs that are positives by the template's rules)
EXPECTED: dict[str, tuple[dict[str, str], set[tuple[str, str]]]] = {
    "shop.csv": (
        {"user": "visitor_id", "item": "product_id", "event": "event", "at": "timestamp"},
        {("v1", "p1"), ("v2", "p2"), ("v2", "p1")},
    ),
    "video.csv": (
        {"user": "user_id", "item": "video_id", "value": "watch_ratio", "at": "timestamp"},
        {("1", "10"), ("2", "10")},
    ),
    "music.tsv": (
        {"user": "user_id", "item": "artist_id", "value": "plays"},
        {("u1", "a1"), ("u1", "a2"), ("u2", "a1"), ("u3", "a3")},
    ),
    "news.jsonl": (
        {"user": "user", "item": "news_id", "event": "event", "value": "read_seconds"}
        | {"at": "time"},
        {("r1", "n1"), ("r2", "n1")},
    ),
    "travel.csv": (
        {"user": "customer_id", "item": "hotel_id", "event": "event", "value": "nights"}
        | {"at": "date"},
        {("c1", "h1"), ("c2", "h2"), ("c2", "h1")},
    ),
    "ads.csv": (
        {"user": "user_id", "item": "ad_id", "value": "click", "at": "timestamp"}
        | {"position": "position", "propensity": "propensity_score"},
        {("u1", "ad2"), ("u2", "ad1")},
    ),
    "social.csv": (
        {"user": "uid", "item": "post_id", "event": "action", "at": "time"},
        {("1", "p1"), ("1", "p2"), ("2", "p1")},
    ),
    "live.csv": (
        {"user": "viewer_id", "item": "room_id", "event": "event", "value": "gift_value"}
        | {"at": "ts"},
        {("w1", "r1"), ("w2", "r1"), ("w2", "r2")},
    ),
    "search.csv": (
        {"user": "user_id", "item": "item_id", "event": "event", "value": "dwell_seconds"}
        | {"at": "timestamp", "session": "session_id", "query": "query", "position": "position"},
        {("u1", "i1"), ("u2", "i9")},
    ),
    "apps.csv": (
        {"user": "device_id", "item": "package_name", "event": "event", "at": "timestamp"},
        {("d1", "org.maps"), ("d2", "org.mail")},
    ),
    "games.csv": (
        {"user": "player_id", "item": "game_title", "value": "hours"},
        {("p1", "Half Moon"), ("p2", "Half Moon"), ("p3", "Tower")},
    ),
    "education.csv": (
        {"user": "student_id", "item": "course_id", "event": "event", "at": "timestamp"},
        {("s1", "c1")},
    ),
    "finance.csv": (
        {"user": "customer_id", "item": "fund_code", "event": "event", "value": "amount"}
        | {"at": "date"},
        {("c1", "000001"), ("c2", "110011")},
    ),
    "health.csv": (
        {"user": "patient_id", "item": "program_id", "event": "event", "at": "timestamp"},
        {("x1", "walk"), ("x2", "sleep"), ("x2", "walk")},
    ),
    "city.csv": (
        {"user": "市民ID", "item": "服务ID", "event": "事件", "at": "时间"},
        {("甲", "图书借阅"), ("甲", "泳池"), ("乙", "图书借阅"), ("丙", "公园")},
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_the_trade_maps_without_a_touch(name: str) -> None:
    mapping, liked = EXPECTED[name]
    code = name.split(".")[0]
    assert preview(FILES / name, "interactions").mapping == mapping
    found = clean(FILES / name, "interactions")
    assert found.report.quarantined == 0, found.report.quarantine
    columns = [plain(column) for column in found.report.columns]
    assert industries.recognise(columns, found.event_names) == code
    rules = industries.rules(code, found.event_names)
    assert rules is not None
    log = Log(
        found.users, found.items, found.events, found.values, found.at,
        found.event_names, len(found.user_ids), len(found.item_ids),
    )  # fmt: skip
    made = positives(log, [Rule(**rule) for rule in rules])
    pairs = {
        (found.user_ids[user], found.item_ids[item])
        for user, item in zip(made.users.tolist(), made.items.tolist(), strict=True)
    }
    assert pairs == liked


def test_every_trade_has_its_file() -> None:
    assert {name.split(".")[0] for name in EXPECTED} == set(industries.INDUSTRIES)
    assert {path.name for path in FILES.iterdir()} == set(EXPECTED)


def test_a_purchase_says_more_than_a_look() -> None:
    rules = industries.rules("shop", ("view", "Purchase", "cart", "other"))
    assert rules is not None
    assert [(rule["event"], rule["weight"]) for rule in rules] == [
        ("view", 1.0), ("Purchase", 4.0), ("cart", 2.0), ("other", 1.0)
    ]  # fmt: skip


def test_what_a_trade_ignores_is_no_positive() -> None:
    rules = industries.rules("apps", ("install", "uninstall"))
    assert rules is not None
    assert [rule["event"] for rule in rules] == ["install"]
    assert industries.rules("apps", ("rating",)) is None
    assert industries.rules("", ("install",)) is None


def test_plain_ratings_belong_to_no_trade() -> None:
    assert industries.recognise(["userid", "movieid", "rating", "timestamp"], ["rating"]) == ""


def test_health_and_finance_come_with_their_warning() -> None:
    warned = {code for code, found in industries.INDUSTRIES.items() if "warning" in found}
    assert warned == {"health", "finance"}
    for found in industries.INDUSTRIES.values():
        assert set(found["name"]) == {"en", "zh-hans"}
        assert all(np.isfinite(rule["weight"]) for rule in found["rules"])
