"""A real Chromium on the live pages; it fails on a request to another host or a console error."""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from recweb.runtime.bootstrap import BROWSERS
from tests import stack as stacks
from tests.browser.inflight import InFlight

# Playwright's own loop runs in this thread: Django would take it for async code
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENT = 15_000  # ms until something is missing; what promises less says so where it is asked
LOCAL = {"127.0.0.1", "localhost", ""}
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        if installed is None and not os.path.exists(playwright.chromium.executable_path):
            pytest.fail("no Chromium: as root, python3 manage.py test installs one")
        expect.set_options(timeout=PATIENT)
        browser = playwright.chromium.launch(executable_path=installed, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """pytest-django's, with static files from where they lie, not from a collected folder."""
    server = LiveServer("127.0.0.1", start=False)
    server.thread.static_handler = InFlight
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def demo() -> Iterator[stacks.Stack]:
    """`manage.py demo` with its data, still training: test_five_minutes comes first."""
    made = stacks.new(words=[])
    try:
        yield made.start()
    finally:
        made.discard()


class Watch:
    """What a page must not do."""

    def __init__(self) -> None:
        self.foreign: list[str] = []
        self.errors: list[str] = []
        # plotly.js styles its maps inline; we draw none, and the policy rightly refuses
        self.ignored: set[str] = {"J18e6WAin1VvNtkzIE/o="}

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOCAL:
            self.foreign.append(request.url)

    def look_at(self, page: Page) -> None:
        page.on("request", self.request)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("console", lambda line: self.console(page, line.type, line.text))

    def console(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and not any(part in text for part in self.ignored):
            self.errors.append(f"{page.url}: {text}")

    def check(self) -> None:
        assert self.foreign == [], "a page asked another host"
        assert self.errors == [], "a page wrote errors to the console"


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.check()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer, watch: Watch) -> Iterator[Opener]:
    """open_page("/", user, language="zh-hans", theme="dark", width=320): a page, logged in."""
    contexts: list[BrowserContext] = []
    base = live_server.url

    def opener(
        path: str,
        user: object = None,
        *,
        language: str = "en",
        theme: str = "light",
        width: int = 1366,
        height: int = 768,
        **options: object,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh-hans" else "en-US",
            base_url=base,
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        cookies = {settings.LANGUAGE_COOKIE_NAME: language, "theme": theme}
        if user is not None:
            prefer(user, language, theme)
            cookies[settings.SESSION_COOKIE_NAME] = session_key(user)
        context.add_cookies([{"name": k, "value": v, "url": base} for k, v in cookies.items()])
        page = context.new_page()
        watch.look_at(page)
        page.goto(path)
        return page

    yield opener
    for context in contexts:
        context.close()
    # the next thing is to empty the tables
    InFlight.wait_until_idle()


def prefer(user: object, language: str, theme: str) -> None:
    from recweb.people.models import Preference

    Preference.objects.update_or_create(user=user, defaults={"language": language, "theme": theme})


def session_key(user: object) -> str:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def axe(page: Page) -> list[str]:
    """Serious and critical findings, one line each."""
    found = (
        Axe()
        .run(page, options={"resultTypes": ["violations"], "preload": False})
        .response["violations"]
    )
    return [
        f"{rule['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
