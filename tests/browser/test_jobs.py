"""/jobs/ and the block that renews itself, in a real browser, while a job really goes on."""

import time

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from recweb.jobs import ends, fence, logfile, orders
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.browser.conftest import Opener, axe, overflow
from tests.jobs import conftest as kinds  # noqa: F401  registers the kinds

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ann(transactional_db: None) -> User:
    user = User.objects.create_user("ann", password="x")
    user.groups.add(Group.objects.get_or_create(name="Analyst")[0])
    return user


def running(owner: User, title: str = "Train EASE") -> Job:
    orders.order("test-count", owner=owner, title=title)
    job = fence.claim("quick", "here:1")
    assert job is not None
    logfile.path(job.pk).unlink(missing_ok=True)
    return job


def report(job: Job, done: float) -> None:
    fence.beat(job.pk, job.attempt, done=done, total=10, step=f"epoch {done:g}", unit="epochs")


def test_the_block_follows_a_job_to_its_end(ann: User, open_page: Opener) -> None:
    job = running(ann)
    logfile.write(job.pk, "first line")
    page = open_page(f"/jobs/{job.pk}/", ann)
    report(job, 3)
    expect(page.get_by_text("epoch 3")).to_be_visible()
    logfile.write(job.pk, "second <line>")
    expect(page.locator("pre.log").first).to_contain_text("second <line>")
    report(job, 6)
    expect(page.get_by_text("epoch 6")).to_be_visible()
    expect(page.locator(f"#job-say-{job.pk}")).to_contain_text("50")
    ends.end(job.pk, job.attempt, State.FAILED, "The disk is full.")
    # the log says it, too, and may be there first
    expect(page.locator(".job [role=alert]")).to_have_text("The disk is full.")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.locator("details.ask")).to_have_count(0)
    expect(page.locator("#job-facts-panel time")).to_have_count(3)  # now with its end
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_timeout(2500)  # that nothing is asked any more can only be seen by waiting
    assert not [url for url in requests if "/block/" in url]


def test_cancel_asks_once_by_key_and_is_not_taken_away(ann: User, open_page: Opener) -> None:
    job = running(ann)
    page = open_page(f"/jobs/{job.pk}/", ann)
    page.keyboard.press(".")
    button = page.get_by_role("button", name="Cancel this job")
    expect(button).to_be_focused()
    report(job, 2)
    expect(page.get_by_text("epoch 2")).to_be_visible()
    expect(button).to_be_visible()
    button.click()
    expect(page.locator(".job .state")).to_have_text("cancelling")
    assert Job.objects.get(pk=job.pk).state == State.CANCELLING


def test_the_log_pauses_and_stays_where_its_reader_is(ann: User, open_page: Opener) -> None:
    job = running(ann)
    for line in range(200):
        logfile.write(job.pk, f"line {line}")
    page = open_page(f"/jobs/{job.pk}/", ann)
    log = page.locator("pre.log").first
    expect(log).to_contain_text("line 199")
    log.evaluate("pane => { pane.scrollTop = 0; }")
    logfile.write(job.pk, "news")
    expect(log).to_contain_text("news")
    assert log.evaluate("pane => pane.scrollTop") == 0
    page.locator("[data-log-do=pause]").click()
    logfile.write(job.pk, "unseen")
    page.wait_for_timeout(2500)  # longer than its rhythm
    expect(log).not_to_contain_text("unseen")
    page.locator("[data-log-do=pause]").click()
    expect(log).to_contain_text("unseen")


def test_the_table_renews_itself_and_walks_by_key(ann: User, open_page: Opener) -> None:
    first, second = running(ann, "First"), running(ann, "Second")
    page = open_page("/jobs/", ann)
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Second")).to_be_focused()
    report(second, 4)
    expect(page.get_by_text("epoch 4")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="First")).to_be_focused()
    ends.end(first.pk, 1, State.DONE)
    expect(page.locator("tr", has_text="First").locator(".state")).to_have_text("done")


def test_what_rests_looks_again_after_the_last_end_and_on_coming_back(
    ann: User, open_page: Opener
) -> None:
    first = running(ann, "First")
    page = open_page("/jobs/", ann)
    pill = page.locator("#jobs-pill")
    ends.end(first.pk, 1, State.DONE)
    expect(pill).to_have_attribute("aria-label", "Nothing runs")
    second = running(ann, "Second")  # the next of a chain
    expect(page.get_by_role("link", name="Second")).to_be_visible()
    expect(pill).to_have_attribute("aria-label", "1 running job")
    ends.end(second.pk, 1, State.DONE)
    page = open_page("/jobs/", ann)  # on which nothing ended: it rests for good
    expect(page.locator("#jobs-pill")).to_have_attribute("aria-label", "Nothing runs")
    running(ann, "Third")
    third, until = page.get_by_role("link", name="Third"), time.monotonic() + 30
    while not third.is_visible():  # a look that is still under way would swallow one return
        assert time.monotonic() < until, "coming back showed nothing"
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(500)


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
def test_accessible_and_narrow(ann: User, open_page: Opener, theme: str, language: str) -> None:
    job, failed = running(ann, "Train " + "a long name " * 9), running(ann)
    report(job, 3)
    logfile.write(job.pk, "x" * 400)
    ends.end(failed.pk, 1, State.FAILED, "The disk is full.")
    for path in ("/jobs/", f"/jobs/{job.pk}/", f"/jobs/{failed.pk}/", "/jobs/?state=cancelled"):
        page = open_page(path, ann, theme=theme, language=language)
        assert axe(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert overflow(page) == 0, path
        page.context.close()
