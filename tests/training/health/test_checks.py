"""Each check on a log whose illness is planted, and on one that has none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.training.health.planted import START, YEAR, data, genuine, small
from training.bounds import Bound
from training.health import CHECKS, examine
from training.health.data import Data
from training.health.divergence import jensen_shannon
from training.health.finding import Finding
from training.health.kcore import core
from training.health.tail import tail_share

DAY = 86400


def run(code: str, given: Data) -> Finding:
    return CHECKS[code](given)


@pytest.fixture(scope="module")
def healthy() -> Data:
    return data(genuine(300, 150))


def test_every_check_answers_in_json_and_both_languages(healthy: Data) -> None:
    asked: list[str] = []
    found = examine(healthy, lambda done, total, code: asked.append(code))
    assert asked == list(CHECKS)
    assert [row.code for row in found if row.level == "fail"] == ["missing"]  # no categories
    for row in found:
        assert json.loads(json.dumps(row.json(), allow_nan=False))["code"] in CHECKS
        for text in (row.title, row.found, row.todo):
            assert set(text) == {"en", "zh-hans"}
            assert all(text.values())
        assert row.evidence is None or len(row.evidence.rows) <= 50


def test_every_check_survives_an_untimed_unrated_log() -> None:
    for row in examine(data(genuine(40, 30), rated=False, timed=False)):
        assert row.level in ("pass", "warn", "fail", "skip")


def test_every_check_survives_one_user_and_one_item() -> None:
    levels = {row.code: row.level for row in examine(small((0, 0, 0)))}
    assert levels["enough"] == "fail"


def test_bounds_themselves_pass_and_direction_counts() -> None:
    above, below = Bound(0.1, 0.5), Bound(5.0, 2.0, lower=True)
    assert [above.level(figure) for figure in (0.1, 0.2, 0.6)] == ["pass", "warn", "fail"]
    assert [below.level(figure) for figure in (5.0, 3.0, 1.0)] == ["pass", "warn", "fail"]
    assert Bound(0.1, None).level(None) == "skip"
    assert Bound(0.1, None).level(9.0) == "warn"


def test_repeats_within_a_minute_are_counted_once_each() -> None:
    given = small((0, 0, 0), (0, 0, 30), (0, 0, 200), (1, 0, 10), (1, 1, 20))
    assert run("duplicates", given).facts == {"dropped": 0, "exact": 0, "again": 1}
    given.dropped, given.rows_in = 5, 10
    assert run("duplicates", given).figure == pytest.approx(0.5)


def test_clock_errors_are_named_by_kind() -> None:
    given = small((0, 0, 0), (0, 1, 3 * YEAR), (1, 0, -START), (1, 1, -START + 400 * DAY))
    found = run("clock", given)
    assert found.facts == {"future": 1, "zero": 1, "old": 1}
    assert found.level == "fail"
    assert run("clock", small((0, 0, 0), (1, 1, 50))).level == "pass"


def test_ties_name_the_users_that_have_them() -> None:
    found = run("ties", small((0, 0, 5), (0, 1, 5), (1, 0, 5), (1, 1, 6)))
    assert found.figure == pytest.approx(0.5)
    assert found.evidence is not None
    assert found.evidence.rows == [[0, 2]]


def test_bad_48_fast_users_and_sleepless_ones_are_bots() -> None:
    fast = [(0, n % 50, n) for n in range(1001)]
    awake = [(1, hour, DAY + hour * 3600) for hour in range(23)]
    calm = [(2, n, n * 3600) for n in range(20)]
    found = run("bots", small(*fast, *awake, *calm))
    assert found.suspects == [0, 1]
    assert found.level == "fail"  # they have nearly all events here


def test_an_item_pushed_within_an_hour_is_a_burst() -> None:
    pushed = [(n, 7, 10 * DAY + n * 60) for n in range(40)]
    steady = [(n % 40, n % 5, n * DAY // 4) for n in range(200)]
    found = run("bursts", small(*pushed, *steady))
    assert found.evidence is not None
    assert [row[0] for row in found.evidence.rows] == [7]


def test_copies_of_a_profile_are_found_and_similar_tastes_are_not(healthy: Data) -> None:
    assert run("copycats", healthy).suspects == []
    base = genuine(300, 150)
    mine = base[0] == 17
    twin = (np.full(mine.sum(), 300), base[1][mine], base[2][mine], base[3][mine] + 5)
    columns = tuple(np.concatenate(pair) for pair in zip(base, twin, strict=True))
    assert set(run("copycats", data(columns)).suspects) == {17, 300}  # type: ignore[arg-type]


def test_titles_that_differ_in_spelling_only_are_one_group() -> None:
    titles = ("The Matrix (1999)", "matrix, the 1999", "ＭＡＴＲＩＸ the 1999", "Up", "变形金刚")
    given = small((0, 0, 0), (1, 1, 5), (1, 2, 9))
    given = data((given.log.users, given.log.items, given.log.values, given.log.at), titles=titles)  # type: ignore[arg-type]
    found = run("near-duplicate-items", given)
    assert found.evidence is not None
    assert sorted(row[0] for row in found.evidence.rows) == [0, 1, 2]


def test_a_remake_of_another_year_is_another_film() -> None:
    titles = ("Psycho", "Psycho", "psycho!", "The Mummy", "Mummy, The")
    given = small((0, 0, 0), (1, 1, 5), (1, 2, 9))
    given = data((given.log.users, given.log.items, given.log.values, given.log.at), titles=titles)  # type: ignore[arg-type]
    years = np.array([1960, 1998, 1998, np.nan, np.nan], dtype=np.float32)
    given = replace(given, items=replace(given.items, years=years))
    found = run("near-duplicate-items", given)
    assert found.evidence is not None
    assert sorted(row[:2] for row in found.evidence.rows) == [
        [1, "psycho (1998)"],
        [2, "psycho (1998)"],
        [3, "mummy the"],
        [4, "mummy the"],
    ]


def test_scripts_of_the_texts_are_told_apart() -> None:
    titles = ("Toy Story", "变形金刚", "千と千尋の神隠し", "Москва", "123")
    given = small((0, 0, 0), (1, 1, 5))
    given = data((given.log.users, given.log.items, given.log.values, given.log.at), titles=titles)  # type: ignore[arg-type]
    curve = run("languages", given).curve
    assert curve is not None
    assert {name: n for name, n in curve.points} == {
        "Latin": 1, "Han": 1, "Kana": 1, "Cyrillic": 1, "other": 1,
    }  # fmt: skip


def test_popularity_that_turns_over_completely_is_one_bit() -> None:
    early = [(n % 20, n % 5, n * DAY // 50) for n in range(200)]
    late = [(n % 20, 5 + n % 5, 300 * DAY + n * DAY // 50) for n in range(200)]
    found = run("popularity-drift", small(*early, *late))
    assert found.facts["js"] == pytest.approx(1.0)
    assert found.level == "fail"
    same = [(n % 20, n % 5, n * DAY // 10) for n in range(400)]
    steady = run("popularity-drift", small(*same))
    assert steady.level == "pass"
    assert "no more than chance alone gives (" in steady.found["en"]  # a part is no more than all
    assert "of which" in found.found["en"]


def test_jensen_shannon_is_what_the_formula_gives() -> None:
    a, b = np.array([1, 1, 0]), np.array([0, 1, 1])
    assert jensen_shannon(a, a) == pytest.approx(0.0)
    assert jensen_shannon(np.array([1, 0]), np.array([0, 1])) == pytest.approx(1.0)
    assert jensen_shannon(a, b) == pytest.approx(1.5 - 1.0)  # H(1/4, 1/2, 1/4) - H(1/2, 1/2)


def test_gaps_between_days_are_measured() -> None:
    rows = [(n % 5, n % 7, n * DAY) for n in range(30) if not 10 <= n < 20]
    found = run("seasonality", small(*rows))
    assert found.facts["longest_gap_days"] == 10
    assert found.figure == pytest.approx(10 / 30)


def test_the_leak_is_the_one_that_the_split_has(healthy: Data) -> None:
    from training.features import Rule, positives
    from training.split import split

    found = run("split-leak", healthy)
    assert found.evidence is not None
    liked = positives(healthy.log, [Rule("rating")])
    for name, train, validation, test, _users, leak in found.evidence.rows:
        parts = split(liked, name)
        assert (train, validation, test) == (parts.train.nnz, parts.validation.nnz, parts.test.nnz)
        assert leak == pytest.approx(parts.leak)


def test_a_core_keeps_only_what_holds_together() -> None:
    users = np.array([0, 0, 1, 1, 2], dtype=np.int32)
    items = np.array([0, 1, 0, 1, 2], dtype=np.int32)
    kept = core(users, items, 2, 3, 3)
    assert [column.tolist() for column in kept] == [[0, 0, 1, 1], [0, 1, 0, 1]]
    assert len(core(users, items, 3, 3, 3)[0]) == 0


def test_the_tail_share_takes_a_part_of_an_item_as_that_part_of_its_events() -> None:
    counts = np.array([3, 0, 1, 4, 2, 2, 8])  # 80 % of 7 items: 5 of them and 0.6 of the 6th
    assert tail_share(counts) == pytest.approx((0 + 1 + 2 + 2 + 3 + 0.6 * 4) / 20)
    assert tail_share(np.full(17, 5)) == pytest.approx(0.8)
    assert tail_share(np.zeros(3)) == 0.0
