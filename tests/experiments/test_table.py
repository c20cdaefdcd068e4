"""The runs table: order, filter, columns, archive, and what its buttons do."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import orders, words
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job
from recweb.people.models import Preference, User
from tests.experiments.conftest import Login, made

pytestmark = pytest.mark.django_db


def names(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<tr id="run-(\d+)"', page)]


def test_an_empty_table_offers_the_baselines_with_their_time(
    films: Dataset, bob: User, login: Login
) -> None:
    page = login(bob).get("/experiments/").content.decode()
    assert "Start the baselines" in page and "Popularity" in page
    assert re.search(r"about \d+ s on Shop, an estimate", page)


def test_one_button_starts_the_baselines_and_pins_popularity(
    films: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    for _twice in range(2):
        client.post("/experiments/baselines/", {"dataset": "shop"})
    runs = Experiment.objects.order_by("pk")
    assert [run.model for run in runs] == ["pop", "itemknn", "ease", "ials"]
    assert [run.is_baseline for run in runs] == [True, False, False, False]
    assert all(run.job_id for run in runs)
    page = client.get("/experiments/").content.decode()
    assert page.count('hx-trigger="every 2s"') == 4


def test_a_pinned_run_that_ended_without_figures_gives_way_to_popularity(
    films: Dataset, bob: User, login: Login
) -> None:
    stopped = made(films, bob, state="cancelled", metrics={}, is_baseline=True)
    login(bob).post("/experiments/baselines/", {"dataset": "shop"})
    stopped.refresh_from_db()
    assert not stopped.is_baseline
    assert Experiment.objects.get(is_baseline=True).model == "pop"


def test_coverage_reads_in_percent_in_the_table_the_run_and_the_comparison(
    films: Dataset, bob: User, login: Login
) -> None:
    cells = {"ndcg@10": {"mean": 0.0572}, "coverage@10": {"mean": 0.0572, "n": 9}}
    runs = [made(films, bob, metrics={"validation": cells}) for _run in range(2)]
    ids = f"{runs[0].pk},{runs[1].pk}"
    for path in (
        "/experiments/",
        f"/experiments/{runs[0].pk}/",
        f"/experiments/compare/?ids={ids}",
    ):
        page = login(bob).get(path).content.decode()
        assert "5.72\u202f%" in page and "0.0572" in page, path  # nDCG is no share
    assert words.gap("tail@10", 0.0213) == "+2.13 points"
    assert words.gap_ends("tail@10", {"lo": -0.001, "hi": 0.04}) == "−0.100 … +4.00"
    assert words.gap("ndcg@10", 0.0213) == "+0.0213"


def test_the_table_needs_a_login_and_a_role(films: Dataset, bob: User, login: Login) -> None:
    made(films, bob)
    assert Client().get("/experiments/")["Location"].startswith("/login/")
    assert Client().get("/experiments/new/")["Location"].startswith("/login/")


def test_a_stranger_sees_no_run(films: Dataset, bob: User, cat: User, login: Login) -> None:
    run, other = made(films, bob, name="Zephyr"), made(films, bob)
    client = login(cat)
    assert "Zephyr" not in client.get("/experiments/").content.decode()
    for path in (
        f"/experiments/{run.pk}/",
        f"/experiments/{run.pk}/row/",
        f"/experiments/{run.pk}/file/?name=model/manifest.json",
        f"/experiments/new/?from={run.pk}",
        f"/experiments/compare/?ids={run.pk},{other.pk}",
    ):
        status = client.get(path).status_code
        assert status == (403 if "/file/" in path else 404), path
    assert client.post(f"/experiments/{run.pk}/change/", {"do": "archive"}).status_code == 404
    answer = client.post("/experiments/chosen/", {"do": "archive", "ids": [run.pk]})
    assert answer.status_code == 404
    run.refresh_from_db()
    assert run.archived is None


def test_the_pinned_baseline_stands_first_and_the_rest_by_the_metric(
    films: Dataset, bob: User, login: Login
) -> None:
    def at(mean: float, **more: object) -> Experiment:
        return made(films, bob, metrics={"validation": {"ndcg@10": {"mean": mean}}}, **more)

    low, high, base = at(0.2), at(0.4), at(0.1, is_baseline=True)
    none = made(films, bob, metrics={})
    page = login(bob).get("/experiments/?sort=-ndcg@10").content.decode()
    assert names(page) == [base.pk, high.pk, low.pk, none.pk]
    assert 'aria-sort="descending"' in page
    page = login(bob).get("/experiments/?sort=ndcg@10").content.decode()
    assert names(page) == [base.pk, low.pk, high.pk, none.pk]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("state:done", {"good", "bad"}),
        ("state:live", {"waiting"}),
        ("model:ease", {"good"}),
        ("ndcg>0.2", {"good"}),
        ("ndcg@10<=0.2 state:done", {"bad"}),
        ("tag:mine", {"bad"}),
        ('tag:"two words"', {"good"}),
        ("oo", {"good"}),
        ("by:bob model:pop", {"bad", "waiting"}),
        ("state:failed", set()),
    ],
)
def test_the_filter_line(
    films: Dataset, bob: User, login: Login, text: str, fits: set[str]
) -> None:
    high = {"validation": {"ndcg@10": {"mean": 0.4}}}
    runs = {
        "good": made(films, bob, "ease", name="good", metrics=high, tags=["two words"]),
        "bad": made(films, bob, name="bad", tags=["mine"]),
        "waiting": made(films, bob, name="waiting", state="queued", metrics={}),
    }
    page = login(bob).get("/experiments/", {"q": text}).content.decode()
    assert set(names(page)) == {runs[name].pk for name in fits}


@pytest.mark.parametrize("text", ["colour:red", "wow>1", "ndcg>many", "state:nosuch", "model:gpt"])
def test_a_wrong_filter_says_what_is_allowed(
    films: Dataset, bob: User, login: Login, text: str
) -> None:
    made(films, bob)
    page = login(bob).get("/experiments/", {"q": text}).content.decode()
    said = re.search(r'<p class="note warning" role="alert">(.*?)</p>', page)
    assert said is not None
    assert "Allowed" in said[1] or "Known" in said[1] or "is no number" in said[1]


def test_the_choice_of_columns_is_kept_and_ends_at_twelve(
    films: Dataset, bob: User, login: Login
) -> None:
    made(films, bob)
    client = login(bob)
    keys = ["model", "ndcg@10", "seed", "nonsense"]
    answer = client.post("/experiments/columns/", {"columns": keys})
    assert answer["Location"].endswith("?columns=model,ndcg@10,seed")
    assert Preference.objects.get(user=bob).columns == ["model", "ndcg@10", "seed"]
    heads = re.findall(r'<th scope="col"', client.get("/experiments/").content.decode())
    assert len(heads) == 5  # the tick, the name and three
    many = [f"{name}@{k}" for name in ("ndcg", "recall", "ild", "epc", "hr") for k in (5, 10, 20)]
    client.post("/experiments/columns/", {"columns": many})
    assert len(Preference.objects.get(user=bob).columns) == 12


def test_archive_puts_away_and_undo_brings_back(films: Dataset, bob: User, login: Login) -> None:
    run, other = made(films, bob), made(films, bob)
    client = login(bob)
    answer = client.post("/experiments/chosen/", {"do": "archive", "ids": [run.pk]}, follow=True)
    page = answer.content.decode()
    assert names(page) == [other.pk] and "1 run was archived" in page and "Undo" in page
    assert names(client.get("/experiments/?away=1").content.decode()) == [run.pk]
    client.post("/experiments/chosen/", {"do": "restore", "ids": [run.pk]})
    assert set(names(client.get("/experiments/").content.decode())) == {run.pk, other.pk}


@pytest.mark.parametrize("n", [0, 1, 13])
def test_compare_wants_two_to_twelve(films: Dataset, bob: User, login: Login, n: int) -> None:
    ids = [made(films, bob).pk for _ in range(n)]
    data = {"do": "compare", "ids": ids}
    page = login(bob).post("/experiments/chosen/", data, follow=True).content.decode()
    said = "1 run was chosen" if n == 1 else f"{n} runs were chosen"
    assert said in page and "from 2 to 12" in page
    path = f"/experiments/compare/?ids={','.join(map(str, ids))}"
    assert login(bob).get(path).status_code == 422


def test_a_row_asks_again_only_while_its_job_goes_on(
    films: Dataset, bob: User, login: Login
) -> None:
    run = orders.start(films, model="pop", owner=bob)
    client = login(bob)
    path = f"/experiments/{run.pk}/row/?columns=state,ndcg@10"
    answer = client.get(path)
    assert answer.status_code == 200 and b'hx-trigger="every 2s"' in answer.content
    jobs.cancel(Job.objects.get(pk=run.job_id))
    answer = client.get(path)
    assert answer.status_code == 286 and b"hx-trigger" not in answer.content
    assert b"cancelled" in answer.content


def test_pages_of_fifty_cost_few_queries(
    films: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(55):
        made(films, bob, name=f"run {n}")
    orders.start(films, model="pop", owner=bob)
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = client.get("/experiments/").content.decode()
    assert len(names(page)) == 50 and "Page 1 of 2" in page and len(page) < 150_000
    assert len(names(client.get("/experiments/?page=2").content.decode())) == 6
