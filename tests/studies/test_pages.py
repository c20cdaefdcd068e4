"""The pages of studies: order, list, one study, its deeds; by role and in every state."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job, State
from recweb.people.models import User
from recweb.studies.models import Study, Trial
from tests.datasets.conftest import person
from tests.experiments.conftest import Login
from tests.studies.conftest import made, ordered, row

pytestmark = pytest.mark.django_db
FORM = {
    "dataset": "shop", "models": ["itemknn", "ease"], "trials": "3", "split": "auto", "seed": "2",
    "minutes": "", "workers": "1", "name": "mine",
}  # fmt: skip


@pytest.fixture
def filled(bare: Dataset, bob: User) -> Study:
    """Six trials: two models of three, one failed."""
    study = made(bare, bob, objectives=["relevance", "diversity"], name="<b>wide</b>")
    for model, values in (("itemknn", (0.1, 0.3, None)), ("ease", (0.2, 0.25, 0.4))):
        for number, value in enumerate(values):
            row(study, model, number, value, error="" if value else "too <i>large</i>")
    study.importances = {"ease": {"l2": 0.9, "recency": 0.1}}
    study.space = {"ease": {"l2": {"type": "float", "low": 1.0, "high": 10.0, "log": True}}}
    study.save()
    return study


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_there_is_a_way_from_the_runs_to_the_studies(
    bare: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    assert 'href="/studies/"' in text(client, "/experiments/")
    assert 'href="/studies/new/?dataset=shop"' in text(client, "/experiments/new/")
    empty = text(client, "/studies/")
    assert "No tuning studies yet" in empty and 'href="/studies/new/"' in empty


def test_without_data_the_pages_say_what_to_do(shop: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    assert "It needs a dataset with interactions" in text(client, "/studies/")
    assert "There is nothing to learn from yet" in text(client, "/studies/new/")


def test_the_form_offers_what_can_be_tuned_and_says_the_budget(
    bare: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = text(client, "/studies/new/")
    assert 'value="ease"' in page and 'value="svdpp"' not in page
    assert 'name="models" value="pop"' not in page  # it has no settings
    assert "The test part stays sealed" in page and "at most 600 trials" in page
    assert page.count('name="models"') >= 8
    without = re.search(r'value="modal_fusion"[^>]* disabled>.*?</label>', page, re.DOTALL)
    assert without and "image_vector" in without[0]
    page = text(client, "/studies/new/?model=bpr")
    assert re.search(r'value="bpr"[^>]*checked', page)
    assert not re.search(r'value="ease"[^>]*checked', page)


def test_a_study_is_ordered_with_its_budget(bare: Dataset, bob: User, login: Login) -> None:
    bare.refresh_from_db()
    answer = login(bob).post("/studies/new/", FORM | {"objectives": ["cost"], "minutes": "5"})
    study = Study.objects.get()
    assert answer["Location"] == f"/studies/{study.pk}/"
    assert (study.model_ids, study.trials, study.budget) == (["itemknn", "ease"], 3, 6)
    assert (study.objectives, study.minutes, study.seed) == (["relevance", "cost"], 5, 2)
    assert (study.name, study.owner, study.rules) == ("mine", bob, bare.rules)
    job = Job.objects.get(pk=study.job_id)
    assert (job.kind, job.queue, job.state, job.target_id) == ("study", "train", "queued", study.pk)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"models": []}, "Choose at least one model."),
        ({"models": ["pop"]}, "pop"),
        ({"models": ["gpt"]}, "gpt"),
        ({"trials": "1"}, "greater than or equal to 2"),
        ({"trials": "many"}, "Enter a whole number."),
        ({"models": ["itemknn", "ease", "ials", "bpr"], "trials": "200"}, "at most 600"),
        ({"split": "psychic"}, "psychic"),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"workers": "9"}, "It must lie from 1 to 2."),
        ({"objectives": ["fame"]}, "fame"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    bare: Dataset, bob: User, login: Login, wrong: dict[str, object], words: str
) -> None:
    answer = login(bob).post("/studies/new/", FORM | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422 and "Nothing was started" in page and words in page
    assert not Study.objects.exists() and not Job.objects.filter(kind="study").exists()


def test_a_full_quota_is_said_and_nothing_is_left_behind(
    bare: Dataset, bob: User, login: Login, settings: object
) -> None:
    settings.QUOTA_QUEUED = 1  # type: ignore[attr-defined]
    answer = login(bob).post("/studies/new/", FORM | {"workers": "2"})
    assert answer.status_code == 422 and "as many as one person may have" in answer.content.decode()
    assert not Study.objects.exists()


def test_the_list_is_paged_and_bounded_in_queries(
    bare: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(52):
        made(bare, bob, name=f"study {n}", state="cancelled" if n == 51 else "done")
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = text(client, "/studies/?dataset=shop")
    assert "study 51" in page and "study 1<" not in page and "Page 1 of 2" in page
    assert "paused" in page and "0 / 6" in page
    assert "study 1<" in text(client, "/studies/?page=2")


def test_a_study_shows_what_it_found(
    filled: Study, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        page = text(client, f"/studies/{filled.pk}/")
    assert "&lt;b&gt;wide&lt;/b&gt;" in page and "<b>wide" not in page
    assert "6 / 6" in page and "3 for each of 2 models" in page
    assert "ease 3" in page and 'id="train-best"' in page
    for chart in ("best-so-far", "importance", "parallel", "tradeoff-1"):
        assert f'id="figure-{chart}"' in page, chart
    assert "validation only; test stays sealed" in page
    assert "Non-dominated trials" in page and page.count("Train with it") == 5
    assert "too &lt;i&gt;large&lt;/i&gt;" in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert "1.00 … 10.0" in page and 'id="pause"' not in page and 'id="resume"' not in page


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("", "ease</th><td class=\"num\">3"),
        ("ndcg@10", "itemknn</th><td class=\"num\">1"),
        ("-trial", "ease</th><td class=\"num\">3"),
        ("-model", "itemknn</th><td class=\"num\">1"),
        ("nonsense", "ease</th><td class=\"num\">3"),
    ],
)  # fmt: skip
def test_trials_are_sorted_by_a_click(
    filled: Study, bob: User, login: Login, sort: str, first: str
) -> None:
    page = text(login(bob), f"/studies/{filled.pk}/?sort={sort}")
    table = page[page.index('id="trials"') :]
    assert table[table.index('<th scope="row">') + len('<th scope="row">') :].startswith(first)
    assert page.count('aria-sort="') == 1


def test_the_lines_are_of_one_model(filled: Study, bob: User, login: Login) -> None:
    client = login(bob)
    assert "trial of EASE" in text(client, f"/studies/{filled.pk}/")
    page = text(client, f"/studies/{filled.pk}/?lines=itemknn")
    assert "trial of EASE" not in page and re.search(r'value="itemknn" selected', page)


def test_trials_that_lack_figures_are_drawn_without_them(
    bare: Dataset, bob: User, login: Login
) -> None:
    study = made(bare, bob, objectives=["relevance", "diversity"])
    for number in range(2):
        row(study, "ease", number, 0.2, values={"ndcg@10": 0.2}, seconds=None, cpu_seconds=None,
            peak_mb=None)  # fmt: skip
    page = text(login(bob), f"/studies/{study.pk}/")
    assert 'id="figure-parallel"' in page and "Non-dominated trials" not in page


def test_each_state_has_its_words_and_its_button(bare: Dataset, bob: User, login: Login) -> None:
    client, study = login(bob), ordered(bare, bob)
    page = text(client, f"/studies/{study.pk}/")
    assert "Waiting for its turn" in page and 'id="pause"' in page
    assert 'hx-trigger="every 5s"' in page and "no trial has ended yet" in page
    answer = client.post(f"/studies/{study.pk}/pause/", follow=True)
    page = answer.content.decode()
    assert "The study is paused." in page and 'id="resume"' in page and "No trial was begun" in page
    assert "hx-trigger=\"every 5s\"" not in page  # fmt: skip
    page = client.post(f"/studies/{study.pk}/pause/", follow=True).content.decode()
    assert "does not run now" in page
    page = client.post(f"/studies/{study.pk}/resume/", follow=True).content.decode()
    assert "Waiting for its turn" in page
    assert Job.objects.get(pk=study.job_id).state == State.QUEUED
    page = client.post(f"/studies/{study.pk}/resume/", follow=True).content.decode()
    assert "Only a paused or failed study can go on." in page
    Job.objects.filter(pk=study.job_id).update(state="failed", error="It broke.")
    Study.objects.filter(pk=study.pk).update(state="failed")
    page = text(client, f"/studies/{study.pk}/")
    assert "The study failed. It broke." in page and 'id="resume"' in page


def test_the_time_limit_is_said(bare: Dataset, bob: User, login: Login) -> None:
    study = made(bare, bob, minutes=1)
    row(study, "ease", 0, 0.2, seconds=61.0)
    page = text(login(bob), f"/studies/{study.pk}/")
    assert "The time limit of 1 min was reached after 1 of 6 trials." in page


def test_train_with_the_best_makes_an_ordinary_run(filled: Study, bob: User, login: Login) -> None:
    client = login(bob)
    answer = client.post(f"/studies/{filled.pk}/train/")
    run = Experiment.objects.get()
    assert answer["Location"] == f"/experiments/{run.pk}/"
    assert run.model == "ease" and run.params["l2"] == 30.0 and "solver" in run.params
    assert f'href="/experiments/{run.pk}/"' in text(client, f"/studies/{filled.pk}/")
    other = Trial.objects.get(model="itemknn", number=1)
    client.post(f"/studies/{filled.pk}/train/", {"trial": other.pk})
    assert Experiment.objects.filter(model="itemknn").get().params["k"] == 21
    failed = Trial.objects.get(state="failed")
    page = client.post(f"/studies/{filled.pk}/train/", {"trial": failed.pk}, follow=True)
    assert "Only a trial that came to its end" in page.content.decode()
    assert client.post(f"/studies/{filled.pk}/train/", {"trial": "9" * 30}).status_code == 404
    elsewhere = row(made(filled.dataset, bob), "ease", 0, 0.5)
    answer = client.post(f"/studies/{filled.pk}/train/", {"trial": elsewhere.pk})
    assert answer.status_code == 404 and Experiment.objects.count() == 2


def test_there_is_nothing_to_train_before_a_trial_has_ended(
    bare: Dataset, bob: User, login: Login
) -> None:
    study = made(bare, bob)
    page = login(bob).post(f"/studies/{study.pk}/train/", follow=True).content.decode()
    assert "No trial has come to its end yet." in page


def test_strangers_and_annotators_see_no_study(filled: Study, cat: User, login: Login) -> None:
    stranger, dan = login(cat), login(person("dan", "Annotator"))
    assert "&lt;b&gt;wide" not in text(stranger, "/studies/")
    for path in ("", "pause/", "resume/", "train/"):
        address = f"/studies/{filled.pk}/{path}"
        for client, status in ((stranger, 404), (dan, 403)):
            answer = client.post(address) if path else client.get(address)
            assert answer.status_code == status, (address, status)
    assert Experiment.objects.count() == 0


def test_a_study_older_than_an_erasure_says_so(filled: Study, bob: User, login: Login) -> None:
    from django.db.models.functions import Now

    from recweb.studies.forget import forget

    assert forget(filled.dataset_id, 0) == {"stale_studies": 1}
    type(filled.version).objects.filter(pk=filled.version_id).update(redacted=Now())
    assert "stale: a user was erased" in text(login(bob), f"/studies/{filled.pk}/")
