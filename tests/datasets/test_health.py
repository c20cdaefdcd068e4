"""The health report: a job, a page, the API, and the switch that leaves suspects out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recweb.datasets import checks, examining, exclusion, reports, tasks
from recweb.datasets.models import Dataset, Report
from recweb.jobs.models import Job
from recweb.people.models import Audit, User
from tests.datasets.conftest import bring, work_off
from tests.datasets.test_pages import text_of
from tests.jobs.test_orders import at_once

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
START = 1_600_000_000


def bots_and_people() -> str:
    """One user with 1,200 events in an hour, thirty with ten events each."""
    rows = [f"robot,{n % 40},{START + n}" for n in range(1200)]
    rows += [f"u{user},{(user * 7 + n) % 40},{START + user * 90_000 + n * 4_000}"
             for user in range(30) for n in range(10)]  # fmt: skip
    return "user,item,timestamp\n" + "\n".join(rows) + "\n"


@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_order_one_report(loaded: Dataset, bob: User) -> None:
    version = loaded.version
    assert version is not None
    jobs = at_once(8, lambda: reports.order(version, "health", bob).pk)
    assert Job.objects.filter(kind="health").count() == 1 and len(set(jobs)) == 1


def test_the_report_is_made_by_a_job_and_shown(
    loaded: Dataset, bob: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    before = text_of(client.get("/datasets/shop/health/"))
    assert "Not examined yet" in before
    assert client.post("/datasets/shop/health/", {"version": "1"}).status_code == 302
    assert work_off("quick").state == "done"
    with django_assert_max_num_queries(15):
        response = client.get("/datasets/shop/health/")
    shown = text_of(response)
    assert 'id="check-long-tail"' in shown
    assert loaded.version is not None
    report = loaded.version.reports.get(kind="health").figures["checks"]
    tail = next(row["facts"] for row in report if row["code"] == "long-tail")
    figures = loaded.version.profile  # the overview says the same of the same items
    assert (tail["tail"], tail["gini"]) == (figures["tail"], pytest.approx(figures["gini"]))
    assert "Dangerous Minds" in shown  # evidence has titles, not codes
    assert len(response.content) < 150_000
    assert client.get("/datasets/shop/health/?version=9").status_code == 404


def test_the_api_has_quick_checks_first_and_the_report_after(
    loaded: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    before = client.get("/api/v1/datasets/shop/health/").json()
    assert before["report"] is None
    assert before["checks"]
    order = client.post("/api/v1/datasets/shop/health/", content_type="application/json")
    assert order.status_code == 202
    again = client.post("/api/v1/datasets/shop/health/", content_type="application/json")
    assert again.json()["job"]["id"] == order.json()["job"]["id"]  # not twice
    work_off("quick")
    after = client.get("/api/v1/datasets/shop/health/").json()
    assert after["report"]["seconds"] > 0
    levels = ["fail", "warn", "pass", "skip"]
    found = [levels.index(row["level"]) for row in after["checks"]]
    assert found == sorted(found)
    codes = {row["code"]: row for row in after["checks"]}
    assert {"duplicates", "clock", "bots", "shilling", "split-leak", "k-core"} <= set(codes)
    rows = codes["long-tail"]["rows"]
    assert {row[0] for row in rows["rows"]} <= {"31", "1029", "1061", "10"}  # outside ids


def test_a_stranger_sees_and_orders_nothing(
    loaded: Dataset, cat: User, ann: User, login: Login
) -> None:
    client = login(cat)
    for path in ("/datasets/shop/health/", "/datasets/shop/diff/", "/api/v1/datasets/shop/health/"):
        assert client.get(path).status_code == 404
        assert client.post(path, content_type="application/json").status_code == 404
    assert client.post("/datasets/shop/exclude/", {"check": "bots"}).status_code == 404


def test_bad_48_a_bot_is_left_out_by_default_and_one_switch_takes_it_in(
    shop: Dataset, bob: User, login: Login
) -> None:
    batch = bring(shop, "interactions", bots_and_people())
    assert batch.accepted == 1500  # nothing is lost
    first = shop.version
    assert first is not None
    assert first.n_interactions == 300
    assert [row["why"] for row in first.excluded] == ["bots"]
    client = login(bob)
    client.post("/api/v1/datasets/shop/health/", content_type="application/json")
    work_off("quick")
    shown = text_of(client.get("/datasets/shop/health/"))  # though its report names no bot
    assert "Left out of the newest version" in shown
    assert "/users/shop/robot/" in shown
    kept = {"check": "bots", "keep": True}
    answer = client.post("/api/v1/datasets/shop/exclude/", kept, content_type="application/json")
    assert answer.status_code == 202
    assert work_off("quick").state == "done"
    second = shop.version
    assert second is not None
    assert (second.number, second.n_interactions) == (2, 1500)
    assert exclusion.left_out(second) == []
    first.refresh_from_db()
    assert first.n_interactions == 300  # a version never changes
    # the switch on the page: the report of version 2 names the robot, and it goes again
    client.post("/datasets/shop/health/", {"version": "2"})
    work_off("quick")
    shown = text_of(client.get("/datasets/shop/health/"))
    assert "Exclude them from training" in shown
    asked = {"check": "bots", "version": "2", "do": "exclude"}
    assert client.post("/datasets/shop/exclude/", asked).status_code == 302
    work_off("quick")
    client.post("/datasets/shop/exclude/", {"check": "bots", "do": "return"})
    work_off("quick")
    returned = shop.version
    assert returned is not None and returned.n_interactions == 1500
    assert "Left out of the newest version" not in text_of(client.get("/datasets/shop/health/"))
    client.post("/datasets/shop/exclude/", asked)
    work_off("quick")
    third = shop.version
    assert third is not None
    assert third.n_interactions == 300
    assert third.fingerprint == first.fingerprint  # the same content again
    assert (third.n_people, third.density) == (first.n_people, first.density)
    assert Audit.objects.filter(action="exclude", target="shop").count() == 2


def test_pages_say_whom_a_version_leaves_out_so_that_counts_add_up(
    shop: Dataset, bob: User, login: Login
) -> None:
    bring(shop, "interactions", bots_and_people())
    version = shop.version
    assert version is not None
    assert version.n_people == version.n_users - 1 == version.profile["counts"]["users"]
    told = "Version 1 leaves out 1 user of the log, with 1\u202f200 events"  # 1500 = 300 + these
    admin = login(shop.owner)
    for place in ("", "done/", "check/"):
        assert told in text_of(admin.get(f"/datasets/shop/{place}")), place
    assert "Only administrators see this" not in text_of(admin.get("/datasets/shop/done/"))
    assert "+ 1 left out" in text_of(login(bob).get("/datasets/shop/?tab=versions"))


def test_whoever_is_left_out_for_any_reason_is_named_and_taken_in(
    loaded: Dataset, bob: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    version, client = loaded.version, login(bob)
    assert version is not None
    version.excluded = [{"user": n % 2, "why": f"reason {n}"} for n in range(20)]
    version.save()
    with django_assert_max_num_queries(15):
        shown = text_of(client.get("/datasets/shop/health/"))
    assert shown.count('value="return"') == 20
    assert shown.count("/users/shop/1/") == shown.count("/users/shop/2/") == 10
    figures = {"checks": [{"code": "reason 3", "suspects": [2]}]}
    version.reports.create(kind="health", figures=figures)
    url = "/api/v1/datasets/shop/exclude/"
    named = {"check": "reason 3", "keep": True}
    answer = client.post(url, named, content_type="application/json")
    # user 1 is left out; the newest report suspects user 2 besides
    assert Job.objects.get(pk=answer.json()["job"]["id"]).params["users"] == [1, 2]
    many = client.post(url, {"users": ["1"] * 1001}, content_type="application/json")
    assert (many.status_code, many.json()["error"]["field"]) == (422, "users")


def test_abu_08_the_next_file_does_not_bring_the_excluded_back(shop: Dataset) -> None:
    bring(shop, "interactions", bots_and_people())
    more = f"user,item,timestamp\nrobot,1,{START + 900_000}\nu1,2,{START + 900_001}\n"
    bring(shop, "interactions", more, "more.csv")
    version = shop.version
    assert version is not None
    assert version.n_interactions == 301


def test_a_check_without_suspects_excludes_nobody(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    assert client.post("/datasets/shop/exclude/", {"check": "bots"}).status_code == 302
    answer = client.post(
        "/api/v1/datasets/shop/exclude/", {"check": "bots"}, content_type="application/json"
    )
    assert answer.status_code == 422
    assert loaded.versions.count() == 1


def test_a_report_dies_with_its_version(loaded: Dataset, bob: User, login: Login) -> None:
    login(bob).post("/datasets/shop/health/")
    work_off("quick")
    report = Report.objects.get()
    assert "31" not in str(report.figures["checks"][0].get("suspects"))
    assert str(report).startswith("health")


def log(users: int, each: int, *, again: int = 0, step: int = 4_000) -> str:
    """Events of users at every `step` seconds, and some of the rows once more."""
    rows = [
        f"u{user},{(user * 7 + n) % 40},{START + user * 90_000 + n * step}"
        for user in range(users)
        for n in range(each)
    ]
    return "user,item,timestamp\n" + "\n".join([*rows, *rows[:again]]) + "\n"


@pytest.mark.parametrize(
    ("text", "cold", "levels"),  # of: enough, duplicates, ties, cold items
    [
        (log(60, 20), 0, ("pass", "pass", "pass", "pass")),
        (log(60, 20, again=5), 5, ("pass", "pass", "pass", "pass")),  # 0.4 % are no warning
        (log(20, 20, again=60), 60, ("warn", "warn", "pass", "warn")),
        (log(20, 20, again=300, step=0), 900, ("warn", "fail", "warn", "fail")),
        (log(1, 9), 0, ("fail", "pass", "pass", "pass")),
    ],
)
def test_the_tab_and_the_report_judge_alike(
    shop: Dataset, text: str, cold: int, levels: tuple[str, ...]
) -> None:
    bring(shop, "interactions", text)
    if cold:
        titles = "".join(f"new{n},Title {n}\n" for n in range(cold))
        bring(shop, "items", f"item,title\n{titles}", accept=True)
    shop.refresh_from_db()
    version = shop.version
    assert version is not None
    given = (examining.listed(version), examining.totals(version), lambda *_: None)
    report = {row["code"]: row["level"] for row in tasks.examine(version, *given)}
    tab = {check.code: check.level for check in checks.health(version)}
    assert tuple(tab[code] for code in ("enough", "duplicates", "ties", "cold-items")) == levels
    assert tuple(report[code] for code in ("enough", "duplicates", "ties", "cold")) == levels
