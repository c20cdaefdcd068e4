"""The runs table, the form, a run and the comparison in a real browser, on real runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from recweb.datasets.models import Dataset
from recweb.experiments import orders
from recweb.experiments.models import Experiment
from recweb.jobs import ends, fence
from recweb.jobs.run import home
from recweb.people.models import User
from tests.browser.conftest import Opener, axe, overflow
from tests.experiments.conftest import ann, films, folders, shop, trained
from training.store import Checkpoint

__all__ = ["ann", "films", "folders", "shop"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def runs(transactional_db: None, films: Dataset, ann: User) -> Iterator[list[Experiment]]:
    pop = trained(films, ann, "pop", name="人气榜")
    orders.set_baseline(pop)
    ease = trained(films, ann, "ease", params={"l2": 50.0}, name="<b>EASE</b> $x$ %{y}")
    yield [pop, ease, trained(films, ann, "itemknn"), trained(films, ann, "ials", split="random")]


def drawn(page: Page, id_: str) -> None:
    page.locator(f"#figure-{id_}").scroll_into_view_if_needed()
    expect(page.locator(f"#figure-{id_} .chart-box")).to_have_attribute(
        "data-drawn", "true", timeout=30_000
    )


def test_states_of_runs_are_accessible_and_fit_a_phone(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    """What the walk of every page has no rows for: a run that waits, one that has no curves, four
    that are compared over different splits."""
    waiting = orders.start(runs[0].dataset, model="pop", owner=ann)
    ids = ",".join(str(run.pk) for run in runs)
    for path in (
        "/experiments/new/?model=ease",
        f"/experiments/{waiting.pk}/",
        f"/experiments/{runs[3].pk}/?tab=curves",
        f"/experiments/compare/?ids={ids}",
    ):
        page = open_page(path, ann, theme="dark", language="zh-hans")
        assert axe(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert overflow(page) == 0, path
        page.context.close()


def test_rows_are_ticked_by_keys_and_compared(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    page = open_page("/experiments/", ann)
    page.keyboard.press("c")
    expect(page.locator(".note.error")).to_contain_text("0 runs were chosen")
    page.wait_for_load_state()  # the new page's keys listen from here on
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator("#ticked")).to_have_text("(2)")
    page.keyboard.press("c")
    page.wait_for_url("**/experiments/compare/?ids=*")
    expect(page.locator("#metrics-title")).to_be_visible()
    drawn(page, "scatter")
    drawn(page, "segment-bars")
    drawn(page, "parallel")
    page.get_by_label("Difference to").select_option(index=1)
    page.wait_for_url("**base=*")


def test_a_running_row_renews_itself_and_keeps_its_tick(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    run = orders.start(runs[0].dataset, model="pop", owner=ann)
    page = open_page("/experiments/", ann)
    row = page.locator(f"#run-{run.pk}")
    row.locator("input").check()
    job = fence.claim("train", "test:1")
    assert job is not None
    Experiment.objects.filter(pk=run.pk).update(state="running")
    expect(row.locator(".state")).to_have_text("running")
    ends.end(job.pk, job.attempt, "failed", "no disk")
    expect(row.locator(".state")).to_have_text("failed")
    expect(row.locator("input")).to_be_checked()
    assert row.get_attribute("hx-trigger") is None


def test_a_run_becomes_its_figures_without_a_reload(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    from tests.datasets.conftest import work_off

    run = orders.start(runs[0].dataset, model="ease", owner=ann)
    page = open_page(f"/experiments/{run.pk}/", ann)
    expect(page.locator("#run")).to_contain_text("number 1 in line")
    page.evaluate("window.stayed = true")
    assert work_off("train").state == "done"
    expect(page.locator("#verdict")).to_contain_text("popularity", timeout=30_000)
    drawn(page, "segment-bars")
    assert page.evaluate("window.stayed")
    page.keyboard.press("5")
    page.wait_for_url("**tab=config")
    page.keyboard.press("d")
    page.wait_for_url(f"**/experiments/new/?from={run.pk}")


def test_only_the_chosen_models_settings_show_and_errors_stand_in_place(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    page = open_page("/experiments/new/?model=ease", ann)
    expect(page.locator("[data-model=ease]")).to_be_visible()
    page.locator("#run-form input[name=model][value=ials]").check()
    expect(page.locator("[data-model=ease]")).not_to_be_visible()
    page.locator("#run-form [name='ials.factors']").fill("9")
    page.locator("#id_seed").fill("3")
    page.locator("#start").click()
    page.wait_for_url("**/experiments/*/")
    made = Experiment.objects.latest("pk")
    assert (made.model, made.params["factors"], made.seed) == ("ials", 9, 3)


def test_the_curves_of_a_running_training_grow_in_place(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    run = orders.start(runs[0].dataset, model="ials", owner=ann)
    job = fence.claim("train", "test:1")
    assert job is not None
    Experiment.objects.filter(pk=run.pk).update(state="running")
    notes = Checkpoint(home(job) / ".checkpoints")
    for epoch in (1, 2):
        notes.note(epoch, {"loss": 1 / epoch, "ndcg@10": 0.01 * epoch})
    page = open_page(f"/experiments/{run.pk}/?tab=curves&smooth=0", ann)
    drawn(page, "curve-metric")
    page.locator("#figure-curve-metric summary").click()
    page.evaluate("document.querySelector('#figure-curve-metric .chart-box').stayed = true")
    notes.note(3, {"loss": 0.3, "ndcg@10": 0.5})
    expect(page.locator("#best-epoch")).to_contain_text("epoch 3 of 3")
    expect(page.locator("#figure-curve-metric tbody tr")).to_have_count(3)
    kept = "document.querySelector('#figure-curve-metric .chart-box').stayed"
    assert (
        page.evaluate(kept)
        and page.locator("#figure-curve-metric details").get_attribute("open") is not None
    )
    page.locator("#figure-curve-metric summary").click()  # what is open is never swapped away
    ends.end(job.pk, job.attempt, "cancelled")
    expect(page.locator("#curves")).to_contain_text("before its time", timeout=30_000)


def test_the_shelf_ends_in_the_comparison(
    runs: list[Experiment], ann: User, open_page: Opener
) -> None:
    """The one training that still goes on ends while somebody watches."""
    dataset = Dataset.objects.get()  # with the event rules that its import set
    Experiment.objects.update(rules=dataset.rules)
    run = orders.start(dataset, model="random", owner=ann)
    page = open_page("/experiments/shelf/", ann)
    expect(page.locator("#shelf-now")).to_contain_text("1 training waits in line")
    job = fence.claim("train", "test:1")
    assert job is not None
    ends.end(job.pk, job.attempt, "failed", "no disk")
    page.wait_for_url("**/experiments/compare/?ids=*")
    assert str(run.pk) not in page.url.split("ids=")[1].split(",")


def test_a_run_that_begins_is_seen_at_once(films: Dataset, ann: User, open_page: Opener) -> None:
    run = orders.start(films, model="pop", owner=ann)
    page = open_page(f"/experiments/{run.pk}/", ann)
    expect(page.locator("#now")).to_have_text("Waiting for its turn")
    job = fence.claim("train", "here:1")
    assert job is not None
    # the page itself comes anew after ten seconds only
    expect(page.locator(".job-progress .state")).to_have_text("running", timeout=5000)
    expect(page.locator("#now")).to_have_text("In training", timeout=3000)
    expect(page.locator("#run-state")).to_have_text("running", timeout=3000)
    fence.beat(job.pk, job.attempt, done=3, total=10, step="epoch 3", unit="epochs")
    expect(page.locator(".job-progress progress")).to_have_attribute("value", "0.3000")
    ends.end(job.pk, job.attempt, "cancelled")


def test_the_estimate_is_that_of_the_chosen_model(
    films: Dataset, ann: User, open_page: Opener
) -> None:
    page = open_page("/experiments/new/?model=ease", ann)
    said = page.locator("[data-estimate]:visible")
    for model in ("sasrec", "pop"):
        choice = page.locator("label.model-choice", has=page.locator(f"[value={model}]"))
        choice.click()
        expect(said).to_have_count(1)
        words = said.inner_text()
        assert words.startswith("usually about ")
        assert words.removeprefix("usually ") in choice.inner_text()
        expect(said).to_have_attribute("data-estimate", model)
