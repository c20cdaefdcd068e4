"""The pages of datasets: they show what is there, to those who may see it."""

from typing import Any

import pytest
from django.utils import timezone

from recweb.datasets.models import Dataset, Member
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.datasets.conftest import TABS, Login, person, text_of

pytestmark = pytest.mark.django_db


def test_the_list_shows_what_one_may_see(
    loaded: Dataset, bob: User, cat: User, login: Login
) -> None:
    shown = text_of(login(bob).get("/datasets/"))
    assert "/datasets/shop/" in shown
    assert "/datasets/new/" not in shown  # an analyst does not upload
    stranger = text_of(login(cat).get("/datasets/"))
    assert "/datasets/shop/" not in stranger
    assert "You belong to no dataset" in stranger


def test_only_an_import_makes_a_dataset_importing(loaded: Dataset, ann: User, login: Login) -> None:
    Job.objects.update(state=State.DONE, finished=timezone.now())
    job = Job.objects.create(
        kind="train", queue="train", title="Train", owner=ann, dataset_id=loaded.pk
    )
    assert ">ready<" in text_of(login(ann).get("/datasets/"))
    Job.objects.filter(pk=job.pk).update(kind="import")
    assert ">importing<" in text_of(login(ann).get("/datasets/"))


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_works(
    loaded: Dataset, bob: User, login: Login, tab: str, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    with django_assert_max_num_queries(15):
        response = client.get(f"/datasets/shop/?tab={tab}")
    assert response.status_code == 200
    assert len(response.content) < 150_000


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_works_before_anything_was_imported(
    shop: Dataset, ann: User, login: Login, tab: str
) -> None:
    response = login(ann).get(f"/datasets/shop/?tab={tab}")
    assert response.status_code == 200


def test_an_unknown_tab_is_the_overview_and_an_unknown_version_is_404(
    loaded: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    assert 'id="counts"' in text_of(client.get("/datasets/shop/?tab=x"))
    assert client.get("/datasets/shop/?version=99").status_code == 404
    assert client.get("/datasets/nothing/").status_code == 404


def test_interactions_are_filtered_by_user_and_item(
    loaded: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    shown = text_of(client.get("/datasets/shop/?tab=interactions&user=1&item=31"))
    assert "1 rows" in shown
    assert "Dangerous Minds" in shown
    missing = text_of(client.get("/datasets/shop/?tab=interactions&user=nobody"))
    assert "There is no user “nobody” here." in missing


def test_strangers_get_404_everywhere(loaded: Dataset, cat: User, login: Login) -> None:
    client = login(cat)
    batch = loaded.imports.first()
    assert batch is not None
    for path in (
        "/datasets/shop/",
        f"/datasets/shop/imports/{batch.pk}/",
        f"/datasets/shop/imports/{batch.pk}/bad-rows.csv",
        "/users/shop/",
        "/users/shop/1/",
        "/items/shop/31/",
        "/explore/?dataset=shop",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post("/datasets/shop/settings/", {"name": "x"}).status_code == 404


def test_an_annotator_sees_no_data_pages(loaded: Dataset, login: Login) -> None:
    dan = person("dan", "Annotator")
    Member.objects.create(dataset=loaded, user=dan)
    client = login(dan)
    for path in ("/datasets/", "/datasets/shop/", "/explore/", "/users/shop/1/"):
        assert client.get(path).status_code == 403
