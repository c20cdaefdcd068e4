"""The demo as people meet it: one stack for all browser tests that need real rows.

`seed` brings, by the API alone, what the demo does not: a file with bad rows, one that waits to be
mapped, a published policy, a queue with a label, and a run that was cancelled.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.conftest import Watch
from tests.stack import Stack
from tests.test_whole_loop import Api

DATA, SMALL = "movielens", "canting"
NAMES = "商品ID,名称,类别\n1,麻婆豆腐,川菜\n2,白切鸡,粤菜\n3,小笼包,\n"
RATINGS = "用户ID,商品ID,评分,时间\n甲,1,5,2024-03-01\n甲,2,4,2024-03-02\n乙,1,3,2024-03-03\n"
BAD = f"{RATINGS}乙,2,很好,2024-03-04\n丙,1,=1+1,昨天\n"


def enter(
    browser: Browser,
    watch: Watch,
    stack: Stack,
    role: str | None = None,
    language: str = "en",
    **options: Any,
) -> Page:
    """A page in a context of its own, logged in by the form."""
    locale = "zh-CN" if language == "zh-hans" else "en-US"
    size = {"width": 1366, "height": 768}
    context = browser.new_context(
        **{"locale": locale, "viewport": size, "base_url": stack.base_url, **options}
    )
    page = context.new_page()
    watch.look_at(page)
    if role is not None:
        known = stack.credentials["users"][role]
        page.goto("/login/")
        page.locator("[name=username]").fill(known["username"])
        page.locator("[name=password]").fill(known["password"])
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
    return page


@dataclass(frozen=True)
class Rows:
    """What stands in addresses, by the names that routes give it."""

    experiment_id: int  # the first run that is more than the baseline, with a frontier
    baseline_id: int
    cancelled_id: int
    job_id: int
    policy_id: int
    queue_id: int
    sample_id: int  # answered by the demo's annotator
    study_id: int  # paused before its first trial
    import_id: int
    outside_id: str = "1"  # a user and an item of MovieLens


def until(found: Callable[[], Any], seconds: float) -> Any:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain"
        time.sleep(0.1)
    return value


def trained(stack: Stack) -> dict[str, dict[str, Any]]:
    """The demo's four runs by model, when the last of them is done."""
    analyst = Api(stack, "analyst")

    def rows() -> dict[str, dict[str, Any]] | None:
        found = analyst.get("experiments/", dataset=DATA)["results"]
        done = {row["model"]: row for row in reversed(found) if row["state"] == "done"}
        return done if {"pop", "ease", "itemknn", "ials"} <= set(done) else None

    done: dict[str, dict[str, Any]] = until(rows, 150)
    return done


def seed(stack: Stack) -> Rows:
    admin, analyst = Api(stack, "admin"), Api(stack, "analyst")
    done = trained(stack)
    ease = done["ease"]
    stopped = analyst.post("experiments/", {"dataset": DATA, "model": "userknn", "split": "auto"})
    analyst.post(f"jobs/{stopped['job']['id']}/cancel/")
    study = analyst.post("tuning/", {"dataset": DATA, "models": ["userknn"], "trials": 2})
    analyst.post(f"tuning/{study['id']}/cancel/")
    queue_id, sample_id = labelled(stack, ease)
    for report in ("health", "anonymity"):
        analyst.wait(analyst.post(f"datasets/{DATA}/{report}/")["job"])
    return Rows(
        experiment_id=ease["id"],
        baseline_id=done["pop"]["id"],
        cancelled_id=stopped["id"],
        job_id=analyst.get("jobs/")["results"][-1]["id"],
        policy_id=published(analyst, ease),
        queue_id=queue_id,
        sample_id=sample_id,
        study_id=study["id"],
        import_id=restaurants(admin),
    )


def published(analyst: Api, run: dict[str, Any]) -> int:
    policy = analyst.post(
        "policies/",
        {"experiment": run["id"], "diversity": 0.3, "comment": "a first try"},
    )
    job = analyst.post(f"policies/{policy['id']}/publish/").get("job")
    if job:
        analyst.wait(job)
    return int(policy["id"])


def queue(stack: Stack, run: dict[str, Any], name: str, size: int = 20) -> dict[str, Any]:
    analyst = Api(stack, "analyst")
    found = analyst.post("queues/", {"experiment": run["id"], "name": name, "size": size})
    analyst.wait(found["job"])
    row: dict[str, Any] = found["queue"]
    return row


def labelled(stack: Stack, run: dict[str, Any]) -> tuple[int, int]:
    """A queue in which somebody answered twice, and the later of the two samples."""
    row, annotator = queue(stack, run, "not sure 不确定"), Api(stack, "annotator")
    for value in (0, 3):
        sample = annotator.post(f"queues/{row['id']}/next/")
        where = f"queues/{row['id']}/samples/{sample['sample']}/label/"
        annotator.post(where, {"lease": sample["lease"], "value": value, "seconds": 1.5})
    return row["id"], sample["sample"]


def restaurants(admin: Api) -> int:
    """A small Chinese dataset, one file of which is broken and waits for a decision; its import."""
    admin.post("datasets/", {"slug": SMALL, "name": "餐厅"})
    files = (("items", NAMES, "菜.csv"), ("interactions", RATINGS, "好.csv"))
    for kind, text, name in (*files, ("interactions", BAD, "坏.csv")):
        found = admin.upload(f"datasets/{SMALL}/imports/", text, name, kind=kind)
        admin.wait(found["job"])
    return int(found["import"]["id"])
