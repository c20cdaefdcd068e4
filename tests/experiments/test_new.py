"""The form of a new run: what it says before it starts, and what it refuses."""

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import needs, orders
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.experiments.conftest import Login, made
from training import registry

pytestmark = pytest.mark.django_db


def test_the_form_says_what_it_takes_before_it_starts(
    films: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = client.get("/experiments/new/").content.decode()
    for words in ("Quick look", "Standard", "Thorough", "number 1 in line", "CPU of the worker"):
        assert words in page, words
    assert films.version is not None
    unfit = needs.unfits(needs.data_of(films.version))
    assert page.count("by rule: no such run was measured") == len(registry.models()) - len(unfit)
    assert "2\u202f880" in page and "rating ≥ 2.5" in page
    assert "Here auto is user-temporal" in page and "fewer than 200 test users" in page


def test_a_model_that_lacks_what_it_needs_says_so_on_its_card(
    films: Dataset, bob: User, login: Login
) -> None:
    def card(page: str, model: str) -> str:
        found = re.search(rf'<label(?:(?!</label>).)*value="{model}".*?</label>', page, re.DOTALL)
        assert found, model
        return found[0]

    client = login(bob)
    page = client.get("/experiments/new/").content.decode()
    fusion = card(page, "modal_fusion")
    assert " disabled>" in fusion and "image_vector" in fusion and "MB" not in fusion
    assert " disabled" not in card(page, "ease") and "why-not" not in card(page, "ease")
    data = {"dataset": "shop", "model": "modal_fusion", "split": "auto", "seed": "0"}
    refused = client.post("/experiments/new/", data)
    asked = card(refused.content.decode(), "modal_fusion")
    assert refused.status_code == 422 and not Experiment.objects.exists()
    assert " checked>" in asked and "image_vector" in asked  # chosen: still sent, still said why


def test_measured_runs_make_the_estimate(films: Dataset, bob: User, login: Login) -> None:
    for seconds in (10, 20, 60):
        made(films, bob, "ease", resources={"wall_seconds": seconds, "peak_mb": 512})
    page = login(bob).get("/experiments/new/").content.decode()
    assert "about 21 s, 512 MB" in page and "from 3 measured runs" in page


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
