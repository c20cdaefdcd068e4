"""The heart of the product in a real Chromium: drag, see, and ask the server nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from recweb.datasets import partitions
from recweb.datasets.models import Dataset
from recweb.tuning.models import Policy
from tests.browser.conftest import Opener, axe, overflow
from tests.tuning import conftest as planting
from tests.tuning import planted
from tests.tuning.conftest import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Shop]:
    names = ("UPLOADS", "ARTIFACTS", "SPOOL", "JOB_LOGS")
    before = {name: getattr(settings, name) for name in names}
    yield planting.make(tmp_path)
    for name, value in before.items():
        setattr(settings, name, value)
    for dataset in Dataset.objects.all():
        partitions.drop_dataset(dataset.pk)


class Asked:
    """Requests that a page makes from now on."""

    def __init__(self, page: Page) -> None:
        self.urls: list[str] = []
        page.on("request", self.note)

    def note(self, request: Request) -> None:
        # the browser looks at the icon again when the address changes; the page asks nothing
        if not request.url.endswith("/img/recweb.svg"):
            self.urls.append(request.url)


def ready(page: Page) -> Page:
    expect(page.locator(".chart-box[data-drawn]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page


def titles(page: Page, person: int = 0) -> list[str]:
    return page.locator(".person").nth(person).locator(".top .name").all_text_contents()


def test_dragging_by_keyboard_moves_lists_and_asks_nothing(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/?diversity=0", shop.bob))
    first, asked = titles(page), Asked(page)
    slider = page.locator("#diversity")
    slider.focus()
    for step in range(1, 13):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#exact")).to_have_value(f"{step / 20:.2f}")
    assert titles(page) != first
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile(r"^0\.60, relevance 0\.\d+, diversity 0\.\d+$")
    )
    page.keyboard.press("Home")
    expect(page.locator("#exact")).to_have_value("0.00")
    assert titles(page) == first
    page.keyboard.press("End")
    expect(page.locator("#exact")).to_have_value("1.00")
    page.keyboard.press("PageDown")
    expect(page.locator("#exact")).to_have_value("0.90")
    page.wait_for_url("**diversity=0.9**")
    assert asked.urls == []


def test_the_list_in_the_page_is_the_apis(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/?diversity=0.3", shop.bob))
    for person in range(3):
        who = page.locator(".person").nth(person).get_attribute("data-person")
        answer = shop.api().get(f"experiments/{shop.run.pk}/lists/", user=who, diversity=0.3)
        assert titles(page, person) == [row["title"] for row in answer.json()["items"]]
        said = page.locator(".person").nth(person).locator("footer strong").text_content()
        assert said == f"{answer.json()['changed']} of 10 new"


def test_a_weight_between_the_points_is_asked_once_and_exact(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/?diversity=0.3", shop.bob))
    asked = Asked(page)
    page.locator("#exact").fill("0.33")
    page.keyboard.press("Enter")
    expect(page.locator("#says")).to_contain_text("≈")
    assert len(asked.urls) == 1
    assert "/tradeoff/lists/" in asked.urls[0]
    who = page.locator(".person").first.get_attribute("data-person")
    answer = shop.api().get(f"experiments/{shop.run.pk}/lists/", user=who, diversity=0.33)
    assert titles(page) == [row["title"] for row in answer.json()["items"]]
    page.wait_for_url("**diversity=0.33**")
    page.locator("#exact").fill("0.3")
    page.keyboard.press("Enter")
    page.locator("#exact").fill("0.33")
    page.keyboard.press("Enter")
    expect(page.locator("#says")).to_contain_text("≈")
    assert len(asked.urls) == 1  # learnt


def test_baseline_suggested_pins_and_rules(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/?diversity=0.5", shop.bob))
    page.keyboard.press("p")
    expect(page.locator("#pin-a")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("b")
    expect(page.locator("#exact")).to_have_value("0.00")
    expect(page.locator(".top .new")).to_have_count(0)
    suggested, first = (page.get_by_role("link", name=name) for name in ("Suggested", "Baseline"))
    expect(suggested).not_to_have_attribute("aria-current", "true")
    expect(first).to_have_attribute("aria-current", "true")
    suggested.click()
    expect(suggested).to_have_attribute("aria-current", "true")
    expect(first).not_to_have_attribute("aria-current", "true")
    knee = shop.frontier.points["knee"]
    expect(page.locator("#exact")).to_have_value(f"{knee:.2f}")
    page.keyboard.press("p")
    expect(page.locator("#pin-b")).to_have_attribute("aria-pressed", "true")
    page.locator("#rule").select_option(index=5)
    rule = shop.frontier.points["rules"][4]
    expect(page.locator("#exact")).to_have_value(f"{rule['weight']:.2f}")
    page.wait_for_url(f"**diversity={rule['weight']}**a=0.5**")
    address = page.url
    expect(page.locator("#final-back")).to_have_value(address.split("?")[1])  # Finalise comes back
    page.reload()
    ready(page)
    expect(page.locator("#exact")).to_have_value(f"{rule['weight']:.2f}")
    assert page.url == address


def test_a_click_on_a_point_sets_the_weight(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/?diversity=0", shop.bob))
    here = page.locator(".here")
    expect(here).to_be_visible()
    spot = page.evaluate(
        """() => {
          const box = document.querySelector(".chart-box"), frame = box._fullLayout;
          const points = box.data.find((trace) => trace.customdata?.length === 21);
          const edge = box.getBoundingClientRect();
          return [edge.x + frame.xaxis._offset + frame.xaxis.l2p(points.x[12]),
                  edge.y + frame.yaxis._offset + frame.yaxis.l2p(points.y[12])];
        }"""
    )
    page.mouse.move(spot[0] - 3, spot[1] - 3)
    page.mouse.move(*spot)
    page.mouse.click(*spot)
    expect(page.locator("#exact")).not_to_have_value("0.00")
    box = here.bounding_box()
    assert box is not None
    weight = float(page.locator("#exact").input_value())
    assert weight in (0.55, 0.6, 0.65)
    if weight == 0.6:
        assert abs(box["x"] + box["width"] / 2 - spot[0]) < 2
        assert abs(box["y"] + box["height"] / 2 - spot[1]) < 2


def test_people_come_and_go(shop: Shop, open_page: Opener, watch: Any) -> None:
    watch.ignored.add("404")  # the ghost below
    page = ready(open_page("/tradeoff/", shop.bob))
    page.keyboard.press("u")
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.type("u33")
    page.keyboard.press("Enter")
    expect(page.locator(".person")).to_have_count(4)
    expect(page.locator(".person").last).to_contain_text("User u33")
    page.get_by_role("button", name="Take away: u33").click()
    expect(page.locator(".person")).to_have_count(3)
    page.locator("h1").click()
    page.keyboard.press("r")
    expect(page.locator(".person")).to_have_count(4)
    page.locator("#who").fill("ghost")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("There is no user “ghost”")


def test_why_this_item(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/?diversity=0.2", shop.bob))
    card = page.locator(".person").nth(2)
    card.locator(".top .name").first.click()
    expect(card.locator(".because-of")).to_contain_text("because of The")
    expect(card.locator(".top .name").first).to_have_attribute("aria-expanded", "true")


def test_a_lost_server_keeps_the_last_good_weight(
    shop: Shop, open_page: Opener, watch: Any
) -> None:
    watch.ignored.add("ERR_FAILED")
    page = ready(open_page("/tradeoff/?diversity=0.3", shop.bob))
    before = titles(page)
    page.route("**/tradeoff/lists/**", lambda route: route.abort())
    page.locator("#exact").fill("0.47")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("The last good weight stays")
    expect(page.locator("#diversity")).to_have_js_property("value", "0.3")
    assert titles(page) == before


def test_lists_that_do_not_come_say_so_and_are_asked_again(
    shop: Shop, open_page: Opener, watch: Any
) -> None:
    watch.ignored |= {"Failed to load resource", "Response Status Error Code 502"}  # our own answer
    page = open_page("/about/", shop.bob)
    page.route("**/lists/users/**", lambda route: route.fulfill(status=502))
    page.goto("/users/shop/u5/")
    lists = page.locator("#user-lists")
    expect(lists.get_by_role("alert")).to_contain_text("That did not work")
    page.unroute("**/lists/users/**")
    lists.get_by_role("button", name="Retry").click()
    expect(lists.locator("ol li").first).to_be_visible()
    expect(lists.get_by_role("alert")).to_have_count(0)


def test_on_a_phone_one_models_list_is_there_at_a_time(shop: Shop, open_page: Opener) -> None:
    planted.train(shop.dataset, shop.bob, "pop")
    page = open_page("/users/shop/u5/", shop.bob)
    lists = page.locator("#user-lists")
    expect(lists.locator("ol:visible")).to_have_count(2)
    page.set_viewport_size({"width": 320, "height": 640})
    expect(lists.locator("ol:visible")).to_have_count(1)
    expect(lists.locator("h3:visible")).to_contain_text("EASE")
    lists.get_by_role("radio", name="EASE").focus()
    page.keyboard.press("ArrowRight")
    expect(lists.locator("h3:visible")).to_contain_text("Most popular")
    lists.get_by_role("button", name="0.50").click()
    expect(lists.get_by_role("button", name="0.50")).to_have_attribute("aria-pressed", "true")
    expect(lists.locator("h3:visible")).to_contain_text("Most popular")
    assert axe(page) == [] and overflow(page) == 0


def test_use_this_weight_carries_it_to_the_form(shop: Shop, open_page: Opener, watch: Any) -> None:
    watch.ignored.add("422")  # the form without a comment
    page = ready(open_page("/tradeoff/?diversity=0.3", shop.bob))
    page.locator("#diversity").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("link", name="Use this weight").click()
    expect(page.locator("#id_diversity")).to_have_value("0.35")
    page.locator("#id_diversity").fill("0.45")
    page.locator("#id_comment").focus()  # the figures and the name follow
    expect(page.locator("#figures h2")).to_contain_text("0.45")
    expect(page.locator("#id_name")).to_have_value(f"{shop.run} at 0.45")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.locator("#id_comment").fill("the lists look right")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("h1")).to_contain_text("0.45")
    assert Policy.objects.get().diversity == 0.45


def test_a_weight_typed_before_the_scripts_came_is_followed(shop: Shop, open_page: Opener) -> None:
    page = open_page("/about/", shop.bob)
    held: list[Route] = []
    page.route("**/htmx*.js", lambda route: held.append(route))
    page.goto(f"/policies/new/?run={shop.run.pk}&diversity=0.3", wait_until="commit")
    page.locator("#id_diversity").fill("0.45")
    page.locator("#id_comment").focus()
    expect(page.locator("#figures h2")).to_contain_text("0.30")
    for route in held:
        route.continue_()
    expect(page.locator("#figures h2")).to_contain_text("0.45")
    expect(page.locator("#id_name")).to_have_value(f"{shop.run} at 0.45")


def test_it_is_accessible_and_fits_a_phone(shop: Shop, open_page: Opener) -> None:
    """The walk of every page looks at both themes and languages; here the phone's own layout."""
    from tests.tuning.test_policies import published

    policy = published(shop)
    paths = ["/tradeoff/", f"/policies/new/?run={shop.run.pk}", "/policies/"]
    for path in [*paths, f"/policies/{policy.pk}/"]:
        page = open_page(path, shop.bob, theme="dark", language="zh-hans")
        page.wait_for_load_state("networkidle")
        page.set_viewport_size({"width": 320, "height": 640})
        page.reload()
        page.wait_for_load_state("networkidle")
        assert overflow(page) == 0, path
        assert axe(page) == [], path
        page.context.close()


def test_on_a_phone_the_dial_stays_at_the_bottom(shop: Shop, open_page: Opener) -> None:
    page = ready(open_page("/tradeoff/", shop.bob, width=320, height=640))
    page.locator(".person footer").first.scroll_into_view_if_needed()
    box = page.locator("#dial").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(640, abs=1)
    card = page.locator(".person").first.bounding_box()
    assert card is not None
    assert card["width"] > 250  # one person at a time


def test_it_reads_without_scripts(shop: Shop, open_page: Opener) -> None:
    page = open_page("/tradeoff/?diversity=0.3", shop.bob, java_script_enabled=False)
    expect(page.locator(".top li")).to_have_count(30)
    expect(page.get_by_role("button", name="Show")).to_be_visible()
    expect(page.locator("#pin-a")).not_to_be_visible()
