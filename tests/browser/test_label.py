"""Labelling in a real browser: keys only, an input method at work, no connection, a phone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from recweb.datasets.models import Dataset, Member
from recweb.labeling.models import Label, Lease, Queue, Sample
from recweb.people.models import User
from tests.browser.conftest import Opener, axe, overflow
from tests.datasets.conftest import person
from tests.labeling.conftest import annotator, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db: None) -> Dataset:
    return Dataset.objects.create(slug="shop", name="Shop", owner=person("ann", "Admin"))


@pytest.fixture
def dan(shop: Dataset) -> User:
    return annotator(shop, "dan")


@pytest.fixture
def queue(shop: Dataset) -> Queue:
    bob = person("bob", "Analyst")
    Member.objects.create(dataset=shop, user=bob)
    return make_queue(shop, bob, size=12)


def title(page: Page, n: int) -> Any:
    return page.locator("article.sample:visible h2", has_text=f"Film {n} ")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")


def live() -> list[int]:
    rows = Label.objects.filter(closed=None).order_by("created")
    return list(rows.values_list("value", flat=True))


def test_ten_samples_by_keyboard_alone(queue: Queue, dan: User, open_page: Opener) -> None:
    page = open_page(f"/label/{queue.pk}/", dan)
    wanted = [3, 0, 2, 1, 3, 3, 0, 1, 2, 0]
    for n, value in enumerate(wanted):
        expect(title(page, n)).to_be_visible()
        page.keyboard.press(str(value))
    saved(page)
    assert live() == wanted
    orders = Label.objects.order_by("created").values_list("sample__order", flat=True)
    assert list(orders) == list(range(10))
    expect(page.locator("#mine")).to_have_text("10")
    assert all(label.seconds is not None for label in Label.objects.all())


def test_digits_of_an_input_method_and_of_a_text_field_are_not_answers(
    queue: Queue, dan: User, open_page: Opener
) -> None:
    page = open_page(f"/label/{queue.pk}/", dan)
    expect(title(page, 0)).to_be_visible()
    composing = """(key) => document.dispatchEvent(
        new KeyboardEvent("keydown", {key, bubbles: true, isComposing: true}))"""
    for key in ("0", "3", " ", "Enter", "z"):
        page.evaluate(composing, key)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("2 of 3, z")
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(title(page, 0)).to_be_visible()
    page.keyboard.press("1")
    expect(title(page, 1)).to_be_visible()
    saved(page)
    label = Label.objects.get()
    assert (label.value, label.note, label.flagged) == (1, "2 of 3, z", True)
    expect(page.locator("#note")).to_have_value("")


def test_flag_and_note_before_the_answer_stay_with_their_sample(
    queue: Queue, dan: User, open_page: Opener
) -> None:
    page = open_page(f"/label/{queue.pk}/", dan)
    page.keyboard.press("3")
    expect(title(page, 1)).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.press("n")
    page.keyboard.type("no film")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(title(page, 0)).to_be_visible()
    expect(page.locator("#note")).to_have_value("")
    expect(page.locator("#flagged")).not_to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(title(page, 1)).to_be_visible()
    expect(page.locator("#flag")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#note")).to_have_value("no film")
    page.keyboard.press("2")
    expect(title(page, 2)).to_be_visible()
    expect(page.locator("#note")).to_have_value("")
    saved(page)
    given = Label.objects.order_by("created").values_list("value", "note", "flagged")
    assert list(given) == [(3, "", False), (2, "no film", True)]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("n")
    page.keyboard.type("!")  # a note alone is a change, too
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(title(page, 2)).to_be_visible()
    saved(page)
    assert Label.objects.get(closed=None, value=2).note == "no film!"


def test_an_answer_of_another_tab_stands_in_the_list(
    queue: Queue, dan: User, open_page: Opener, watch: Any
) -> None:
    watch.ignored |= {"409 (Conflict)", "404 (Not Found)"}
    one = open_page(f"/label/{queue.pk}/", dan)
    two = one.context.new_page()
    two.goto(one.url)
    for key in ("2", "1"):
        two.keyboard.press(key)
    saved(two)
    one.keyboard.press("3")
    expect(one.locator("#toasts")).to_contain_text("You answered this with 2 already")
    expect(one.locator("#past kbd")).to_have_text(["2"])
    expect(one.locator("#mine")).to_have_text("2")
    expect(one.locator("#all")).to_have_text("2")
    expect(title(one, 1)).to_be_visible()
    two.keyboard.press("z")
    expect(title(two, 1)).to_be_visible()
    one.keyboard.press("1")  # with the lease that has been given back
    expect(one.locator("#toasts")).to_contain_text("taken back")
    expect(one.locator("#past kbd")).to_have_text(["2"])
    expect(one.locator("#mine")).to_have_text("1")
    assert live() == [2]


def test_skip_undo_and_the_last_ten(queue: Queue, dan: User, open_page: Opener) -> None:
    page = open_page(f"/label/{queue.pk}/", dan)
    for key in ("3", "Space", "2"):
        page.keyboard.press(key)
    saved(page)
    expect(title(page, 3)).to_be_visible()
    page.keyboard.press("z")
    expect(title(page, 2)).to_be_visible()
    page.keyboard.press("Backspace")
    expect(title(page, 1)).to_be_visible()
    page.keyboard.press("0")
    page.keyboard.press("1")
    saved(page)
    assert live() == [3, 0, 1]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#looking")).to_be_visible()
    expect(title(page, 1)).to_be_visible()
    page.keyboard.press("2")
    expect(title(page, 3)).to_be_visible()
    saved(page)
    assert sorted(live()) == [1, 2, 3]
    page.reload()
    page.keyboard.press("z")
    expect(title(page, 1)).to_be_visible()


def test_answers_wait_in_the_browser_while_the_server_is_away(
    queue: Queue, dan: User, open_page: Opener, watch: Any
) -> None:
    watch.ignored |= {"ERR_FAILED", "Failed to load resource"}
    page = open_page(f"/label/{queue.pk}/", dan)
    page.route("**/label/", lambda route: route.abort())
    for key in ("3", "2"):
        page.keyboard.press(key)
    expect(page.locator("#saved")).to_contain_text("2 not saved – retrying")
    assert live() == []
    page.unroute("**/label/")
    page.reload()
    expect(title(page, 2)).to_be_visible()
    saved(page)
    assert live() == [3, 2]


def test_undo_of_an_answer_that_has_not_left(queue: Queue, dan: User, open_page: Opener,
                                             watch: Any) -> None:  # fmt: skip
    watch.ignored |= {"ERR_FAILED", "Failed to load resource"}
    page = open_page(f"/label/{queue.pk}/", dan)
    page.route("**/label/", lambda route: route.abort())
    page.keyboard.press("3")
    expect(page.locator("#saved")).to_contain_text("1 not saved")
    page.keyboard.press("z")
    expect(title(page, 0)).to_be_visible()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert live() == []


def test_a_late_answer_is_told(queue: Queue, dan: User, shop: Dataset, open_page: Opener) -> None:
    page = open_page(f"/label/{queue.pk}/", dan)
    expect(title(page, 0)).to_be_visible()
    Lease.objects.update(state="lost")
    page.keyboard.press("3")
    expect(page.locator("#toasts")).to_contain_text("kept as an extra")
    assert Label.objects.get().late


def test_digit_then_enter_when_digits_do_not_answer_at_once(
    queue: Queue, dan: User, open_page: Opener
) -> None:
    page = open_page(f"/label/{queue.pk}/", dan)
    page.locator("#direct").uncheck()
    page.keyboard.press("3")
    page.keyboard.press("1")
    expect(page.locator(".choice[value='1']")).to_have_attribute("aria-pressed", "true")
    assert live() == []
    page.locator("h1").click()
    page.keyboard.press("Enter")
    saved(page)
    assert live() == [1]


def test_the_end_and_the_way_back(queue: Queue, dan: User, open_page: Opener) -> None:
    Sample.objects.filter(queue=queue, order__gte=2).delete()
    page = open_page(f"/label/{queue.pk}/", dan)
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.locator("#nothing")).to_be_visible()
    expect(page.locator("#gave")).to_have_text("2")  # as the server would say
    expect(page.locator("#undo-last")).to_be_visible()
    page.keyboard.press("z")
    expect(title(page, 1)).to_be_visible()


def test_buttons_answer_without_script(queue: Queue, dan: User, open_page: Opener) -> None:
    page = open_page(f"/label/{queue.pk}/", dan, java_script_enabled=False)
    page.locator(".choice[value='3']").click()
    expect(title(page, 1)).to_be_visible()
    page.locator("#undo").click()
    expect(title(page, 0)).to_be_visible()
    assert live() == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"))


def test_pages_are_accessible_and_fit(queue: Queue, dan: User, open_page: Opener) -> None:
    bob = User.objects.get(username="bob")
    for n, sample in enumerate(queue.samples.order_by("order")[8:]):
        lease = Lease.objects.create(
            sample=sample, annotator=dan, until=queue.created, state="answered"
        )
        Label.objects.create(sample=sample, annotator=dan, value=n % 4, lease=lease.token)
        Sample.objects.filter(pk=sample.pk).update(wanted=0)
    paths = [("/label/", dan), (f"/label/{queue.pk}/", dan), ("/label/", bob),
             ("/label/new/", bob), (f"/label/{queue.pk}/queue/", bob),
             (f"/label/{queue.pk}/review/", bob)]  # fmt: skip
    for path, user in paths:
        page = open_page(path, user, theme="dark", language="zh-hans")
        assert axe(page) == [], path
        if path == f"/label/{queue.pk}/":
            assert fits(page) and overflow(page) == 0, "it scrolls at 1366 x 768"
            widths = [button.bounding_box()["width"] for button in page.locator(".choice").all()]
            assert min(widths) > 300, "the four answers are large"
            page.keyboard.press("h")
            expect(page.locator("#guideline")).to_be_visible()
            assert axe(page) == []
            page.keyboard.press("h")
        page.set_viewport_size({"width": 320, "height": 640})
        assert overflow(page) == 0, path
        if path == f"/label/{queue.pk}/":
            for button in page.locator(".choice").all():
                box = button.bounding_box()
                assert box and box["height"] >= 44 and box["y"] + box["height"] <= 640
        page.context.close()
