import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from recweb.access import ROUTES
from recweb.datasets.models import Dataset, Import
from recweb.labeling.models import Label, Queue, Sample
from recweb.pages.cards import spark
from recweb.people.middleware import row_of
from recweb.people.models import Preference
from tests.pages import cast as casting
from tests.pages.cast import Cast
from tests.pages.conftest import Login

VERDICT = casting.VERDICT


def test_it_works_without_any_data(cast: Cast, login: Login) -> None:
    page = login(cast.ann).get("/").content.decode()
    assert "Load the demo data" in page and "Upload your own" in page


def test_who_cannot_upload_is_told_who_can(cast: Cast, login: Login) -> None:
    page = login(cast.dan).get("/").content.decode()
    assert "An administrator brings in data" in page and "Upload your own" not in page


@pytest.mark.django_db
def test_it_needs_login(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302 and answer["Location"].startswith("/login/")


def test_it_rejects_post(cast: Cast, login: Login) -> None:
    assert login(cast.ann).post("/").status_code == 405


def test_counts_and_the_line_of_time_are_shown(cast: Cast, films: Dataset, login: Login) -> None:
    page = login(cast.bob).get("/").content.decode()
    assert "671" in page and "1\u202f234\u202f567" in page and '<svg class="spark"' in page


def test_the_verdict_of_the_best_run_is_said_with_its_interval(
    cast: Cast, films: Dataset, login: Login
) -> None:
    casting.experiment(cast, films, "pop", is_baseline=True)
    casting.experiment(cast, films, "ials", verdict=casting.verdict("worse", -0.01))
    best = {"validation": {"ndcg@10": {"mean": 0.09, "lo": 0.08, "hi": 0.1, "n": 600}}}
    run = casting.experiment(cast, films, "ease", verdict=VERDICT, metrics=best)
    page = login(cast.bob).get("/").content.decode()
    assert "EASE beats popularity on nDCG@10: +0.0270" in page
    assert f"?run={run.pk}" in page


@pytest.mark.parametrize("name", ["ann", "bob", "cat", "dan"])
def test_no_link_of_it_leads_to_a_closed_door(
    cast: Cast, films: Dataset, login: Login, name: str
) -> None:
    casting.experiment(cast, films, "ease", verdict=VERDICT)
    casting.job(cast, films)
    user = getattr(cast, name)
    page = login(user).get("/").content.decode()
    paths = {path for path in re.findall(r'href="(/[^"?#]*)', page) if "/static/" not in path}
    assert len(paths) > 4
    rows = {path: row_of(resolve(path), ROUTES) for path in paths}
    assert [p for p, row in rows.items() if not row or not user.may(row["GET"])] == []


def test_strangers_see_nothing_of_it(cast: Cast, films: Dataset, login: Login) -> None:
    casting.experiment(cast, films, "ease", verdict=VERDICT)
    casting.job(cast, films)
    page = login(cast.dan).get("/").content.decode()
    assert "Films" not in page and "ease" not in page and "671" not in page


def test_an_annotator_is_told_how_much_waits(cast: Cast, films: Dataset, login: Login) -> None:
    run = casting.experiment(cast, films)
    queue = Queue.objects.create(
        dataset=films, experiment=run, name="First", state="open", owner=cast.bob
    )
    Sample.objects.bulk_create(
        Sample(queue=queue, order=n, user_code=0, item_code=n, arm="random") for n in range(42)
    )
    page = login(cast.cat).get("/").content.decode()
    assert "42 samples to label" in page and "about 6 min" in page


def test_an_admin_is_shown_the_imports_that_wait(cast: Cast, films: Dataset, login: Login) -> None:
    Import.objects.create(
        dataset=films,
        kind="interactions",
        state="waiting",
        file_name="<log>.csv",
        size=1,
        quarantined=7,
        owner=cast.ann,
    )
    page = login(cast.ann).get("/").content.decode()
    assert "&lt;log&gt;.csv" in page and "7 rows were put aside" in page
    assert "put aside" not in login(cast.bob).get("/").content.decode()


def test_running_jobs_stand_on_the_page_and_the_cards_renew_themselves(
    cast: Cast, films: Dataset, login: Login
) -> None:
    now = timezone.now()
    job = casting.job(cast, films, state="running", attempt=1, lease_until=now, started=now)
    later = casting.job(cast, films, title="Train pop")
    page = login(cast.bob).get("/").content.decode()
    assert f'id="job-{job.pk}"' in page and "Train pop" in page
    assert f'hx-get="/home/cards/?live={job.pk}r,{later.pk}q"' in page


def test_a_new_job_comes_along_with_the_cards(cast: Cast, films: Dataset, login: Login) -> None:
    client = login(cast.bob)
    job = casting.job(cast, films)
    assert "hx-swap-oob" not in client.get(f"/home/cards/?live={job.pk}q").content.decode()
    fresh = client.get("/home/cards/?live=").content.decode()
    assert 'id="home-jobs" hx-swap-oob' in fresh and "Train ease" in fresh


def test_the_cards_rest_when_nothing_more_will_come(
    cast: Cast, films: Dataset, login: Login
) -> None:
    casting.experiment(cast, films, verdict=VERDICT)
    assert "every 3s" not in login(cast.bob).get("/").content.decode()


@pytest.mark.parametrize(("seconds", "alive"), [(5, True), (60, False)])
def test_the_cards_look_a_little_longer_when_a_job_has_just_ended(
    cast: Cast, films: Dataset, login: Login, seconds: int, alive: bool
) -> None:
    """The demo asks for its next baseline a moment after the one before."""
    casting.experiment(cast, films, verdict=VERDICT)
    ended = timezone.now() - timedelta(seconds=seconds)
    casting.job(cast, films, state="done", finished=ended)
    page = login(cast.bob).get("/").content.decode()
    assert ("every 3s" in page) == alive and "Nothing runs." in page


def test_getting_started_is_remembered_as_hidden(cast: Cast, films: Dataset, login: Login) -> None:
    client = login(cast.bob)
    assert "1 of 5" in client.get("/").content.decode()
    client.post("/home/checklist/", {"hidden": "1"})
    assert Preference.objects.get(user=cast.bob).checklist_hidden
    assert "Getting started" not in client.get("/").content.decode()


def test_a_chosen_dataset_hides_what_belongs_to_others(
    cast: Cast, films: Dataset, login: Login
) -> None:
    books = casting.dataset(cast, "books", "Books")
    run = casting.experiment(cast, films)
    queue = Queue.objects.create(
        dataset=films, experiment=run, name="First", state="open", owner=cast.bob
    )
    sample = Sample.objects.create(queue=queue, order=0, user_code=0, item_code=0, arm="random")
    Label.objects.create(sample=sample, annotator=cast.cat, value=2, lease=uuid.uuid4())
    client = login(cast.bob)
    link, labels = f'href="/experiments/{run.pk}/"', '<span class="name">Labels</span><strong>'
    here = client.get("/?dataset=films").content.decode()
    assert link in here and f"{labels}1<" in here
    there = client.get("/?dataset=books").content.decode()
    assert link not in there and f"{labels}0<" in there
    assert "None of this dataset yet." in there and 'href="/experiments/?dataset=books"' in there
    assert "2 of 5" in there  # getting started is about the person, not about the dataset
    books.versions.all().delete()
    assert "The data is on its way" in client.get("/?dataset=books").content.decode()
    assert link in client.get("/").content.decode()  # no dataset chosen: those of all


def test_a_verdict_is_promised_only_where_this_dataset_trains(
    cast: Cast, films: Dataset, login: Login
) -> None:
    books = casting.dataset(cast, "books", "Books")
    casting.experiment(cast, films, "pop", is_baseline=True)
    job = casting.job(cast, films)
    client = login(cast.bob)

    def heading(slug: str) -> str:
        page = client.get(f"/?dataset={slug}").content.decode()
        return re.findall(r'id="next-title">([^<]*)', page)[0]

    assert "Books" in client.get("/").content.decode()  # the newest
    assert "are being trained" not in client.get("/").content.decode()
    assert heading("books") == "Next: train the baselines"
    assert heading("films") == "Baselines are being trained"
    type(job).objects.update(state="done")
    assert heading("films") == "Next: compare a model with popularity"
    casting.job(cast, books, kind="rankings")
    casting.experiment(cast, books, "ease", state="failed")
    assert heading("books") == "Next: compare a model with popularity"


def test_it_asks_the_database_at_most_fifteen_times(
    cast: Cast, films: Dataset, login: Login
) -> None:
    for model in ("pop", "ease", "ials", "itemknn"):
        casting.experiment(cast, films, model, verdict=VERDICT)
    for _ in range(3):
        casting.job(cast, films)
    client = login(cast.ann)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get("/")
    assert len(queries) <= 15, "\n".join(row["sql"][:120] for row in queries)
    assert len(page.content) <= 150_000


def test_a_line_needs_two_points_and_starts_at_the_left() -> None:
    assert spark([3.0]) is None and spark([0.0, 0.0]) is None
    made = spark([0.0, 2.0, 1.0])
    assert made == {"line": "M0.0 23.0L50.0 2.0L100.0 12.5", "area": made["line"] + "L100 24L0 24Z"}
