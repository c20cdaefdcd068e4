"""The runs table, the form of a new run, and one run tab by tab."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import artifacts, orders
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.people.models import Preference, User
from tests.experiments.conftest import trained
from training import registry

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
TABS = ("overview", "tradeoff", "lists", "config", "log", "files")


def made(dataset: Dataset, owner: User, model: str = "pop", **more: object) -> Experiment:
    """A row without training: for what the table does with rows."""
    rows = {"metrics": {"validation": {"ndcg@10": {"mean": 0.1, "lo": 0.05, "hi": 0.15, "n": 9}}}}
    facts: dict[str, object] = {"state": "done", **rows, **more}
    return Experiment.objects.create(
        dataset=dataset, version=dataset.version, model=model, owner=owner, **facts
    )


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
    assert f"{n} runs were chosen" in page and "from 2 to 12" in page
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


# --- new ---------------------------------------------------------------------------------------


def test_the_form_says_what_it_takes_before_it_starts(
    films: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = client.get("/experiments/new/").content.decode()
    for words in ("Quick look", "Standard", "Thorough", "number 1 in line", "CPU of the worker"):
        assert words in page, words
    assert page.count("by rule: no such run was measured") == len(registry.models())
    assert "2\u202f880" in page and "rating ≥ 2.5" in page
    assert "Here auto is user-temporal" in page and "fewer than 200 test users" in page


def test_measured_runs_make_the_estimate(films: Dataset, bob: User, login: Login) -> None:
    for seconds in (10, 20, 60):
        made(films, bob, "ease", resources={"wall_seconds": seconds, "peak_mb": 512})
    page = login(bob).get("/experiments/new/").content.decode()
    assert "about 20 s, 512 MB" in page and "from 3 measured runs" in page


def test_a_run_is_ordered_with_its_settings(films: Dataset, bob: User, login: Login) -> None:
    data = {
        "dataset": "shop", "version": "2", "model": "ease", "split": "random", "seed": "7",
        "name": "mine", "ease.l2": "50", "ease.recency": "", "ials.factors": "nonsense",
    }  # fmt: skip
    answer = login(bob).post("/experiments/new/", data)
    run = Experiment.objects.get()
    assert answer["Location"] == f"/experiments/{run.pk}/"
    assert run.params == {"l2": 50.0, "recency": 1.0, "solver": "auto"}
    assert (run.split, run.seed, run.name, run.owner) == ("random", 7, "mine", bob)
    assert Job.objects.get(pk=run.job_id).state == State.QUEUED


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ease.l2": "-3"}, "It must lie from 1 to 1e+07."),
        ({"ease.l2": "many"}, "It must lie from 1 to 1e+07."),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"split": "psychic"}, "psychic"),
        ({"model": "gpt"}, "gpt"),
    ],
)
def test_a_wrong_field_is_said_in_place(
    films: Dataset, bob: User, login: Login, wrong: dict[str, str], words: str
) -> None:
    data = {"dataset": "shop", "model": "ease", "split": "auto", "seed": "0", **wrong}
    answer = login(bob).post("/experiments/new/", data)
    page = answer.content.decode()
    assert answer.status_code == 422 and not Experiment.objects.exists()
    assert words in page and "Nothing was started" in page
    field = next(iter(wrong))
    assert f'id="id_{field}_error"' in page


def test_too_many_waiting_jobs_are_refused_in_words(
    films: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 1  # type: ignore[attr-defined]
    orders.start(films, model="pop", owner=bob)
    data = {"dataset": "shop", "model": "ease", "split": "auto", "seed": "0"}
    answer = login(bob).post("/experiments/new/", data)
    assert answer.status_code == 422
    assert "You have 1 jobs waiting" in answer.content.decode()
    assert Experiment.objects.count() == 1


def test_duplicate_brings_the_settings_along(films: Dataset, bob: User, login: Login) -> None:
    params = {"l2": 77.0, "recency": 0.5, "solver": "dual"}
    run = made(films, bob, "ease", params=params, split="random", seed=5, name="first")
    page = login(bob).get(f"/experiments/new/?from={run.pk}").content.decode()
    assert 'name="ease.l2" value="77.0"' in page and 'value="first, again"' in page
    assert re.search(r'value="ease" checked', page) and 'name="seed" value="5"' in page
    assert '<option value="random" selected' in page


def test_a_duplicate_keeps_the_event_rules_and_the_labels(
    films: Dataset, bob: User, login: Login
) -> None:
    rules = [{"event": "rating", "minimum": 4.0, "confidence": "one", "weight": 1.0}]
    parent, pairs = made(films, bob), [[0, 1, 3, "random"]]
    run = made(films, bob, rules=rules, label_pairs=pairs, parent=parent, labels_from=7)
    client = login(bob)
    assert "rating ≥ 4 counts 1" in client.get(f"/experiments/new/?from={run.pk}").content.decode()
    data = {"from": run.pk, "dataset": "shop", "model": "ease", "split": "auto", "seed": "0"}
    client.post("/experiments/new/", data)
    child = Experiment.objects.latest("pk")
    assert (child.rules, child.label_pairs) == (rules, pairs)
    assert (child.parent, child.labels_from) == (parent, 7)


def test_no_data_no_run(shop: Dataset, bob: User, login: Login) -> None:
    page = login(bob).get("/experiments/new/?dataset=shop").content.decode()
    assert "Shop has no version" in page
    assert "An experiment needs a dataset" in login(bob).get("/experiments/").content.decode()


# --- one run ------------------------------------------------------------------------------------


def test_a_run_tells_its_verdict_and_every_tab_works(
    films: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = trained(films, bob, "ease", params={"l2": 50.0})
    client = login(bob)
    for tab in TABS:
        with django_assert_max_num_queries(15):
            answer = client.get(f"/experiments/{run.pk}/?tab={tab}")
        assert answer.status_code == 200, tab
    page = client.get(f"/experiments/{run.pk}/").content.decode()
    said = re.sub(r"<.*?>", "", re.search(r'id="verdict">(.*?)</p>', page, re.S)[1])  # type: ignore[index]
    assert said.startswith("EASE beats popularity on nDCG@10: +") and "p &lt; 0.001" in said
    assert "95 % interval +" in said and re.search(r", \+[\d.]+\u202f%", said)
    for words in ("light users", "tail items", "user-temporal", "leak", "sealed"):
        assert words in page, words
    config = client.get(f"/experiments/{run.pk}/?tab=config").content.decode()
    assert "✚ 50.0" in config and run.version.fingerprint in config and "numpy" in config


def test_segments_add_up_to_all_users(films: Dataset, bob: User) -> None:
    run = trained(films, bob, "itemknn")
    found = run.metrics["segments"]
    kinds = [found[kind] for kind in ("new", "light", "heavy") if kind in found]
    n = sum(kind["n"] for kind in kinds)
    assert n == run.split_facts["n_evaluated"]
    mean = sum(kind["n"] * kind["metrics"]["ndcg@10"]["mean"] for kind in kinds) / n
    assert mean == pytest.approx(run.mean("ndcg@10"), abs=1e-5)
    assert found["head"]["n"] + found["tail"]["n"] == run.split_facts["n_items"]


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("worse", "EASE cannot beat popularity: it is worse on nDCG@10, −0.0100, −10.0\u202f%"),
        ("noise", "EASE cannot beat popularity so far: the difference on nDCG@10 is within noise"),
    ],
)
def test_a_run_that_cannot_beat_popularity_is_told_so(
    films: Dataset, bob: User, login: Login, code: str, start: str
) -> None:
    cell = {"code": code, "baseline_mean": 0.1, "difference": -0.01, "lo": -0.02, "hi": -0.001}
    gaps = {"ndcg@10": cell | {"p": 0.01}, "ild@10": cell | {"code": "better", "p": 0.001}}
    verdict = {"baseline": "pop", "n": 40, "code": code, "metrics": gaps}
    run = made(films, bob, "ease", verdict=verdict)
    page = login(bob).get(f"/experiments/{run.pk}/").content.decode()
    assert start in page and "better on Intra-list diversity@10" in page
    assert f'class="verdict {code}"' in page


@pytest.mark.parametrize("state", ["queued", "running", "cancelling", "failed", "cancelled"])
def test_every_state_has_its_page(films: Dataset, bob: User, login: Login, state: str) -> None:
    from django.utils import timezone

    run = orders.start(films, model="pop", owner=bob)
    Experiment.objects.update(state=state)
    Job.objects.update(state=state, error="The disk is full.", lease_until=timezone.now())
    page = login(bob).get(f"/experiments/{run.pk}/").content.decode()
    words = {
        "queued": "number 1 in line",
        "running": "In training",
        "cancelling": "Being cancelled",
        "failed": "The training failed. The disk is full.",
        "cancelled": "checkpoints are kept",
    }
    assert words[state] in page
    live = state in ("queued", "running", "cancelling")
    assert (f'hx-get="/experiments/{run.pk}/?tab=overview"' in page) is live
    assert (f"/jobs/{run.job_id}/retry/" in page) is not live


def test_name_tags_baseline_and_archive(films: Dataset, bob: User, login: Login) -> None:
    run = made(films, bob, "ease")
    other = made(films, bob, is_baseline=True)
    client, path = login(bob), f"/experiments/{run.pk}/change/"
    client.post(path, {"do": "rename", "name": " two  words ", "tags": "a, b，a,"})
    run.refresh_from_db()
    assert (run.name, run.tags) == ("two words", ["a", "b"])
    client.post(path, {"do": "rename", "name": "x", "tags": "t" * 31})
    client.post(path, {"do": "baseline"})
    run.refresh_from_db()
    other.refresh_from_db()
    assert run.name == "two words" and run.is_baseline and not other.is_baseline
    assert f"archived={run.pk}" in client.post(path, {"do": "archive"})["Location"]
    assert client.get(path).status_code == 405


def test_the_admin_downloads_files_but_not_the_sealed_ones(
    films: Dataset, ann: User, bob: User, login: Login
) -> None:
    run = trained(films, bob, "pop")
    path = f"/experiments/{run.pk}/file/"
    answer = login(ann).get(path, {"name": "validation/ndcg-10.npy"})
    kept = artifacts.folder(run) / "validation" / "ndcg-10.npy"
    assert b"".join(answer.streaming_content) == kept.read_bytes()  # type: ignore[attr-defined]
    for name in ("test/ndcg-10.npy", "../secrets", "/etc/passwd", "", "model/\x00"):
        assert login(ann).get(path, {"name": name}).status_code == 302, name
    assert login(bob).get(path, {"name": "validation/ndcg-10.npy"}).status_code == 403
    assert "sealed" in login(bob).get(f"/experiments/{run.pk}/?tab=files").content.decode()


def test_a_child_says_what_its_labels_bought(films: Dataset, bob: User, login: Login) -> None:
    cell = {"code": "noise", "baseline_mean": 0.1, "difference": 0.004, "lo": -0.01, "hi": 0.02}
    facts = {
        "n": 40, "n_relevant": 20, "n_users": 11, "by_arm": {"uncertain": 36, "random": 4},
        "metrics": {"ndcg@10": cell | {"p": 0.4}},
    }  # fmt: skip
    parent = made(films, bob, "ease", name="the parent")
    child = made(films, bob, "ease", parent=parent, labels_facts=facts)
    page = login(bob).get(f"/experiments/{child.pk}/").content.decode()
    assert "40 labels on 11 users, 20 of them relevant" in page
    assert "What they changed is within noise: +0.00400" in page
    assert f"child of run {parent.pk}" in page
    page = login(bob).get(f"/experiments/{parent.pk}/").content.decode()
    assert "Trained on from here" in page
