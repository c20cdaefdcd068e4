"""The trade-off page in Chromium beside its bars (performance.md, Slider). Exits 1 on a miss.

Run: python benchmarks/bench_slider.py   (starts a demo; RECWEB_BENCH=var uses one that runs)
"""

from __future__ import annotations

import sys
from typing import Any

from live import Live, at, demo, report
from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOWLY = 150  # ms between two steps: long enough for the rows to glide
# one step of a drag: the handler, and the style and layout that its changes ask for
DRAG = """async (pause) => {
  const slider = document.getElementById("diversity");
  const frame = () => new Promise(requestAnimationFrame);
  const spent = [];
  for (let step = 0; step < 200; step += 1) {
    if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    await frame();
    slider.value = String((step % 21) / 20);
    const start = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    document.getElementById("cards").offsetHeight;
    spent.push(performance.now() - start);
  }
  return spent;
}"""
# letting go at a weight that the grid lacks: until the lists at it are drawn
RELEASE = """async () => {
  const exact = document.getElementById("exact");
  const spoken = document.getElementById("diversity");
  const spent = [];
  for (let step = 0; step < 60; step += 1) {
    const weight = ((step * 7) % 60) / 64 + 0.013;
    const shown = (Math.round(weight * 1000) / 1000).toFixed(2);
    const before = spoken.getAttribute("aria-valuetext");
    const start = performance.now();
    exact.value = String(weight);
    exact.dispatchEvent(new Event("change", { bubbles: true }));
    while (spoken.getAttribute("aria-valuetext") === before && performance.now() - start < 5000) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (!spoken.getAttribute("aria-valuetext").startsWith(shown)) return [5000];
    spent.push(performance.now() - start);
  }
  return spent;
}"""


def open_page(browser: Any, live: Live, run: int) -> Page:
    page: Page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{live.base}/login/")
    page.locator("[name=username]").fill(live.analyst["username"])
    page.locator("[name=password]").fill(live.analyst["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.base}/")
    page.goto(f"{live.base}/tradeoff/?run={run}&diversity=0")
    page.locator(".chart-box[data-drawn]").wait_for()
    for _more in range(3):  # six people, as many as the page takes
        count = page.locator(".person").count()
        page.locator("#random").click()
        page.locator(".person").nth(count).wait_for()
    page.wait_for_load_state("networkidle")
    return page


def measure(live: Live) -> bool:
    run = live.tuned_run()
    live.quiet()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = open_page(browser, live, run)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(DRAG, 0)  # warm
        asked.clear()
        drag = page.evaluate(DRAG, 0)
        slow = page.evaluate(DRAG, SLOWLY)
        n = len(asked)
        release = page.evaluate(RELEASE)
        lists = sum("/tradeoff/lists/" in url for url in asked)
        browser.close()
    print(f"     drag: median {at(drag, 0.5):.2f} ms, largest {max(drag):.2f} ms, six people")
    print(f"     release: median {at(release, 0.5):.0f} ms, {lists} requests for {len(release)}")
    return all(
        [
            report("one step of a drag, p95", at(drag, 0.95), 16, "ms"),
            report("one step of a slow drag, p95", at(slow, 0.95), 16, "ms"),
            report("requests while dragging", n, 0, ""),
            report("release outside the grid, p95", at(release, 0.95), 150, "ms"),
            report("requests a release", lists / len(release), 1, ""),
        ]
    )


if __name__ == "__main__":
    with demo() as running:
        sys.exit(not measure(running))
