"""The frame of every page in a real browser: keys, palette, menus, phone, both themes."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from recweb.people.models import Preference
from tests.browser.conftest import Opener, axe, overflow
from tests.pages import cast as casting
from tests.pages.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VERDICT = casting.VERDICT


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = casting.people()
    films = casting.dataset(cast)
    casting.experiment(cast, films, "pop", is_baseline=True)
    casting.experiment(cast, films, "ease", verdict=VERDICT)
    return cast


PAGES = ["/", "/help/", "/help/models/", "/about/"]


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
def test_our_pages_are_accessible_and_fit_a_phone(
    cast: Cast, open_page: Opener, theme: str, language: str
) -> None:
    for path in PAGES:
        page = open_page(path, cast.ann, theme=theme, language=language)
        assert axe(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert overflow(page) == 0, path
        page.context.close()


def test_g_and_a_letter_go_somewhere_but_not_from_a_text_field(
    cast: Cast, open_page: Opener
) -> None:
    page = open_page("/help/", cast.ann)
    page.keyboard.press("/")
    expect(page.locator("#palette-input")).to_be_focused()
    page.keyboard.type("gh")
    expect(page.locator("#palette-input")).to_have_value("gh")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(lambda url: urlsplit(url).path == "/")


def test_a_closed_dialogs_field_takes_no_keys(cast: Cast, open_page: Opener) -> None:
    """It keeps the focus until the browser draws its next frame."""
    page = open_page("/help/", cast.ann)
    page.keyboard.press("/")
    expect(page.locator("#palette-input")).to_be_focused()
    where = page.evaluate(
        """() => {
          document.getElementById("palette").close();
          const target = document.activeElement;
          target.dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true}));
          return target.id;
        }"""
    )
    assert where == "palette-input", "the browser no longer does so: the guard may go"
    expect(page.locator("#keys-dialog")).to_be_visible()


def test_keys_are_ignored_while_an_input_method_composes(cast: Cast, open_page: Opener) -> None:
    page = open_page("/help/", cast.ann)
    press = """(composing) => document.dispatchEvent(
        new KeyboardEvent("keydown", {key: "?", bubbles: true, isComposing: composing}))"""
    page.evaluate(press, True)
    expect(page.locator("#keys-dialog")).not_to_be_visible()
    page.evaluate(press, False)
    expect(page.locator("#keys-dialog")).to_be_visible()


def test_the_question_mark_lists_this_pages_keys(cast: Cast, open_page: Opener) -> None:
    page = open_page("/", cast.ann)
    page.keyboard.press("?")
    expect(page.locator("#keys-list")).to_contain_text("Search or go to")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#keys-dialog")).not_to_be_visible()


def test_keys_can_be_switched_off_and_moved(cast: Cast, open_page: Opener) -> None:
    Preference.objects.create(user=cast.ann, keys_on=False)
    page = open_page("/help/", cast.ann)
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).not_to_be_visible()
    Preference.objects.filter(user=cast.ann).update(keys_on=True, keys={"?": "q"})
    page.reload()
    page.keyboard.press("q")
    expect(page.locator("#keys-dialog")).to_be_visible()


def test_ctrl_k_finds_and_goes_by_keyboard_alone(cast: Cast, open_page: Opener) -> None:
    page = open_page("/", cast.ann)
    page.keyboard.press("Control+k")
    page.keyboard.type("about")
    expect(page.locator("#palette-list li")).to_have_count(1)
    assert axe(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/about/")


def test_the_navigation_folds_and_is_remembered(cast: Cast, open_page: Opener) -> None:
    page = open_page("/help/", cast.ann)
    page.keyboard.press("[")
    expect(page.locator("html")).to_have_attribute("data-nav", "narrow")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-nav", "narrow")
    expect(page.get_by_role("navigation").get_by_role("link", name="Home")).to_be_visible()
    assert axe(page) == []


def test_a_phone_opens_the_navigation_as_a_sheet(cast: Cast, open_page: Opener) -> None:
    page = open_page("/help/", cast.ann, width=320, height=640)
    side = page.locator("#side")
    expect(side).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(side).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(side).not_to_be_visible()


def test_the_language_changes_and_comes_back_to_the_page(cast: Cast, open_page: Opener) -> None:
    page = open_page("/about/", cast.ann)
    page.locator("summary[aria-label^='Language']").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.url.endswith("/about/")


def test_the_first_tab_skips_to_the_content(cast: Cast, open_page: Opener) -> None:
    page = open_page("/help/", cast.ann)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_page_reads_without_scripts(cast: Cast, open_page: Opener) -> None:
    page = open_page("/", cast.ann, java_script_enabled=False)
    expect(page.get_by_role("heading", name="Best model so far")).to_be_visible()
    expect(page.locator("table tbody tr").first).to_be_visible()


def test_the_targets_are_large_enough(cast: Cast, open_page: Opener) -> None:
    page = open_page("/", cast.ann)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, nav a, .btn, .chip[href]")]
          .filter((e) => e.checkVisibility())
          .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
          .filter(([, box]) => box.height < 24 || box.width < 24).map(([html]) => html)"""
    )
    assert small == []


def test_the_verdict_appears_without_reload(
    cast: Cast, open_page: Opener, django_db_blocker: Callable[..., object]
) -> None:
    from recweb.experiments.models import Experiment

    films = Experiment.objects.first().dataset  # type: ignore[union-attr]
    Experiment.objects.filter(model="ease").delete()
    job = casting.job(cast, films)
    page = open_page("/", cast.bob)
    expect(page.get_by_role("heading", name="Baselines are being trained")).to_be_visible()
    page.evaluate("window.same = true")
    casting.experiment(cast, films, "ials", verdict=VERDICT)
    type(job).objects.filter(pk=job.pk).update(state="done")
    expect(page.get_by_role("heading", name="Best model so far")).to_be_visible(timeout=10_000)
    expect(page.locator("#home-jobs")).to_contain_text("Nothing runs.")
    assert page.evaluate("window.same") is True
