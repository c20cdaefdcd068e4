"""Every page that the resolver knows, with rows in it: sound, accessible, narrow, in both tongues.

One load a page and language; the theme is switched as the system's is, and the window made narrow,
without loading it again.
"""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from recweb.access import ROUTES
from recweb.datasets.manage import TABS as dataset_tabs
from recweb.experiments.pages import TABS as experiment_tabs
from tests import walk
from tests.browser import demo as demos
from tests.browser.conftest import Watch, axe
from tests.stack import Stack

pytestmark = pytest.mark.browser

TABS = {"dataset": dataset_tabs, "experiment": experiment_tabs}
# issue 2's own list: a page that falls out of the walk would otherwise go unnoticed
NAMED = (
    "home datasets dataset-new dataset experiments experiment-new experiment experiment-compare "
    "studies study-new study tradeoff policies user item queues label jobs job account help about "
    "admin:index api-docs"
).split()
# pages that are about what their query names
NEEDS = {
    "experiment-compare": "?ids={rows.baseline_id},{rows.experiment_id}",
    "tradeoff-lists": "?run={rows.experiment_id}&users=1",
    "policy-new": "?run={rows.experiment_id}&diversity=0.3",
    "queue-new": "?run={rows.experiment_id}",
}
ROLE = {"anonymous": None, "serving": "analyst"}


@dataclass(frozen=True)
class Place:
    name: str
    path: str
    role: str | None
    status: int = 200


@pytest.fixture(scope="module")
def rows(demo: Stack) -> demos.Rows:
    return demos.seed(demo)


@pytest.fixture(scope="module")
def places(demo: Stack, rows: demos.Rows, chromium: Browser) -> list[Place]:
    """What answers with a whole page; each route must answer its role without an error."""
    found, wrong = [], []
    for role, group in by_role(candidates(rows)).items():
        page = demos.enter(chromium, Watch(), demo, role)
        for place in group:
            answer = page.request.get(place.path, max_redirects=0)
            if answer.status >= 400 and answer.status != place.status:
                wrong.append(f"{place.path} as {role}: {answer.status}")
            elif is_page(answer.headers.get("content-type", ""), answer):
                found.append(place)
        page.context.close()
    assert not wrong, "\n".join(wrong)
    return found


def is_page(kind: str, answer: object) -> bool:
    return kind.startswith("text/html") and "<!doctype html" in answer.text()[:200].lower()  # type: ignore[attr-defined]


def candidates(rows: demos.Rows) -> Iterator[Place]:
    for route in walk.routes():
        if route.is_api or "GET" not in ROUTES[route.key] or "admin:" in route.name:
            continue
        least = ROUTES[route.key]["GET"]
        small = route.name.startswith("import")  # that dataset is nobody's but the admin's
        role = "admin" if small else ROLE.get(least, least)
        path = address(route, rows, demos.SMALL if small else demos.DATA)
        yield Place(route.name, path + NEEDS.get(route.name, "").format(rows=rows), role)
        for tab, _words in TABS.get(route.name, ()):
            yield Place(route.name, f"{path}?tab={tab}", role)
    yield from others(rows)


def address(route: walk.Route, rows: demos.Rows, slug: str) -> str:
    values = dataclasses.asdict(rows) | {"slug": slug}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found.group(1)]), route.pattern)


def others(rows: demos.Rows) -> Iterator[Place]:
    """Other roles' views, other states, and what no route of ours names."""
    yield Place("home", "/", "analyst")
    yield Place("home", "/", "admin")
    yield Place("experiment", f"/experiments/{rows.cancelled_id}/", "analyst")
    yield Place("experiments", "/experiments/?q=state:cancelled%20zz:1", "analyst")
    yield Place("jobs", "/jobs/?state=cancelled", "analyst")
    yield Place("explore", "/explore/?q=Toy", "analyst")
    yield Place("dataset", f"/datasets/{demos.SMALL}/", "admin")
    yield Place("dataset", f"/datasets/{demos.SMALL}/?tab=quality", "admin")
    for path in ("", "people/user/", "people/user/1/change/", "people/audit/"):
        yield Place("admin:index", f"/admin/{path}", "admin")
    yield Place("error", "/no-such-page/", "analyst", 404)
    yield Place("error", "/admin/", "analyst", 403)
    yield Place("error", "/experiments/compare/?ids=1", "analyst", 422)


def by_role(given: Iterator[Place]) -> dict[str | None, list[Place]]:
    groups: dict[str | None, list[Place]] = {}
    for place in given:
        groups.setdefault(place.role, []).append(place)
    return groups


def test_the_walk_finds_the_pages_of_the_issue(places: list[Place]) -> None:
    assert not set(NAMED) - {place.name for place in places}
    assert len(places) > 40


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_sound(
    demo: Stack, places: list[Place], chromium: Browser, language: str
) -> None:
    wrong: list[str] = []
    for role, group in by_role(iter(places)).items():
        watch = Watch()
        watch.ignored.add("Failed to load resource")  # the error pages' own status
        page = demos.enter(chromium, watch, demo, role, language, reduced_motion="reduce")
        for place in group:
            wrong += [f"{place.path} as {role}: {found}" for found in look(page, place, language)]
        wrong += watch.foreign + watch.errors
        page.context.close()
    assert not wrong, "\n".join(wrong)


def look(page: Page, place: Place, language: str) -> Iterator[str]:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light")
    answer = page.goto(place.path)
    if answer is None or answer.status != place.status:
        yield f"answered {answer and answer.status}"
    if place.name == "api-docs":
        page.locator(".opblock").first.wait_for()
    if page.evaluate("document.documentElement.scrollWidth") > 1366:
        yield f"too wide at 1366 px: {page.evaluate(WIDEST)}"
    yield from (f"light: {found}" for found in axe(page) if not known(place, found))
    page.emulate_media(color_scheme="dark")
    page.evaluate(SETTLED)
    yield from (f"dark: {found}" for found in axe(page) if not known(place, found))
    if language != "en" and place.name not in FOREIGN:
        yield from (f"not translated: {text}" for text in untranslated(page, place))
    page.set_viewport_size({"width": 320, "height": 640})
    if not page.evaluate(FITS):
        yield f"too wide at 320 px: {page.evaluate(WIDEST)}"


def known(place: Place, found: str) -> bool:
    """Swagger's own markup puts a copy button inside the button that opens an operation."""
    return place.name == "api-docs" and found.startswith("nested-interactive")


# Swagger, Django and django-axes bring their words along
FOREIGN = {"api-docs", "admin:index"}
# colours fade after the switch: what they are on the way is neither theme's
SETTLED = """() => Promise.race([
  Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))),
  new Promise((resolve) => setTimeout(resolve, 2000)),
])"""
# charts follow the window a moment later
FITS = """async () => {
  const fits = () => document.documentElement.scrollWidth <= 320;
  for (const end = Date.now() + 3000; !fits() && Date.now() < end;) {
    await new Promise(requestAnimationFrame);
  }
  return fits();
}"""
WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
  .filter((one) => !one.closest(".table-responsive"))
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(" | ")"""
# words of the interface, not what users typed: names of runs, people, files and films stay out
OURS = """() => [...document.querySelectorAll(
    "h1, h2, h3, h4, nav a, button, .btn, label, legend, summary, [scope=col], figcaption, .note")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !one.closest("[lang^=en], pre, article.sample h2, #user-lists ol"))
  .filter((one) => !one.closest(".person, .job h3"))
  .map((one) => {
    const copy = one.cloneNode(true);
    for (const part of copy.querySelectorAll("code, kbd, [lang^=en], svg, select")) part.remove();
    return copy.textContent.replace(/\\s+/g, " ").trim();
  })"""
LATIN = re.compile(r"[A-Za-z]{3,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAME = re.compile(
    r".*\.csv|Recall@.*|"
    r"recweb|MovieLens latest-small|CSV|PNG|JSON|API|NDCG.*|nDCG.*|MRR.*|MAP.*|AUC.*|ILD.*|EILD.*|"
    r"(pop|ease|ials|itemknn|userknn|random|puresvd|content_ridge|hybrid) \d+|"
    r"EASE.*|iALS.*|MMR|SHA-256|admin|analyst|annotator",
    re.IGNORECASE,
)


# their heading is the name of a film or of a file
NAMED_BY_DATA = {"item", "job"}


def untranslated(page: Page, place: Place) -> list[str]:
    texts = dict.fromkeys(page.evaluate(OURS))
    if place.name in NAMED_BY_DATA:
        texts.pop(page.locator("h1").inner_text(), None)
    return [
        text
        for text in texts
        if LATIN.search(text) and not CHINESE.search(text) and not NAME.fullmatch(text)
    ]
