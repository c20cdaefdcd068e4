"""Studies in a real browser: every page readable, on a phone too, and used by keys alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.people.models import User
from recweb.studies.models import Study
from tests.browser.conftest import Opener, axe, overflow
from tests.experiments.conftest import ann, films, folders, shop
from tests.studies.conftest import made, ordered, row

__all__ = ["ann", "films", "folders", "shop"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(transactional_db: None, films: Dataset, ann: User) -> Iterator[Study]:
    goals = ["relevance", "diversity", "cost"]
    study = made(films, ann, objectives=goals, trials=4, name="宽 <b>search</b> $x$")
    for model in ("itemknn", "ease"):
        for number in range(4):
            row(study, model, number, 0.1 + number / 20 + (model == "ease") / 50)
    study.importances = {"ease": {"l2": 0.9, "recency": 0.1}}
    study.space = {"ease": {"l2": {"type": "float", "low": 1.0, "high": 10.0, "log": True}}}
    study.save()
    yield study


def test_pages_of_studies_are_accessible_and_fit_a_phone(
    study: Study, ann: User, open_page: Opener
) -> None:
    waiting = ordered(study.dataset, ann)
    paths = ("/studies/", "/studies/new/", f"/studies/{study.pk}/", f"/studies/{waiting.pk}/")
    for path in paths:
        page = open_page(path, ann, theme="dark", language="zh-hans")
        assert axe(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert overflow(page) == 0, path
        page.context.close()


def test_a_study_is_read_and_its_best_trained_by_keys(
    study: Study, ann: User, open_page: Opener
) -> None:
    page = open_page(f"/studies/{study.pk}/", ann)
    for chart in ("tradeoff-1", "tradeoff-2", "best-so-far", "importance", "parallel"):
        figure = page.locator(f"#figure-{chart}")
        figure.scroll_into_view_if_needed()
        box = figure.locator(".chart-box")
        expect(box).to_have_attribute("data-drawn", "true", timeout=30_000)
    assert page.locator("canvas, .gl-canvas").count() == 0  # no WebGL
    page.locator("#train-best").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/experiments/*/")
    assert Experiment.objects.get().model == "ease"


def test_the_form_counts_the_whole_budget(study: Study, ann: User, open_page: Opener) -> None:
    page = open_page("/studies/new/", ann)
    expect(page.locator("[data-budget]")).to_have_text("20 × 3 models = 60 trials.")
    page.locator("#id_trials").fill("7")
    page.locator("input[name=models][value=ials]").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-budget]")).to_have_text("7 × 2 models = 14 trials.")
    page.locator("#start").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/*/")
    expect(page.locator("#pause")).to_be_visible()
