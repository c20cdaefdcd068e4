"""Django's admin (ux.md 3.11): every kind of row to look at, nothing past the product's rules."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from recweb.datasets.models import Dataset
from recweb.jobs.models import Job
from recweb.people.models import Audit, Token
from tests import cast
from tests.cast import Play, client

pytestmark = pytest.mark.django_db
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SHOWN = {
    "datasets.dataset": "dataset",
    "datasets.import": "batch",
    "datasets.version": "version",
    "experiments.experiment": "experiment",
    "tuning.policy": "policy",
    "labeling.queue": "queue",
    "labeling.label": "label",
    "jobs.job": "job",
}
READ_ONLY = [*SHOWN, "jobs.beat", "people.audit"]


def address(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_{page}", args=args)


@pytest.fixture
def made() -> Play:
    return cast.play()


@pytest.fixture
def ann(made: Play) -> Client:
    return client(made.users["ann"])


def test_lists_and_rows_take_few_queries(
    made: Play, ann: Client, django_assert_max_num_queries: Any
) -> None:
    ann.get("/admin/")  # content types are read once a process
    for model, name in SHOWN.items():
        row = made.rows[name]
        for path in (address(model, "changelist"), address(model, "change", row.pk)):
            with django_assert_max_num_queries(15):
                answer = ann.get(path)
            assert answer.status_code == 200, path
            page = answer.content.decode()
            assert str(row) in page or str(row.pk) in page
            assert f'href="{address(model, "add")}"' not in page


def test_nothing_is_added_changed_or_deleted_here(made: Play, ann: Client) -> None:
    changed = [model for model in READ_ONLY if not refuses(model, ann)]
    assert changed == []


def refuses(model: str, ann: Client) -> bool:
    """Whether its first row is the same after every way of writing was tried."""
    kind = next(m for m in admin.site._registry if m._meta.label_lower == model)
    row = kind._default_manager.first() or kind._default_manager.create(
        name="reconciler", at=timezone.now()
    )
    before = kind._default_manager.values().get(pk=row.pk)
    assert ann.get(address(model, "add")).status_code == 403
    assert ann.post(address(model, "add"), {"name": "x"}).status_code == 403
    assert ann.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    forged = {"name": "forged", "title": "forged", "state": "done", "value": "3"}
    assert ann.post(address(model, "change", row.pk), forged).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    ann.post(address(model, "changelist"), bulk)
    return bool(kind._default_manager.values().get(pk=row.pk) == before)


def test_upload_log_opens_the_wizard(made: Play, ann: Client) -> None:
    slug = made.dataset.slug
    page = ann.get(address("datasets.dataset", "changelist")).content.decode()
    assert 'href="/datasets/new/"' in page and f'href="/datasets/{slug}/upload/"' in page
    page = ann.get(address("datasets.dataset", "change", made.dataset.pk)).content.decode()
    for path in (f"/datasets/{slug}/upload/", f"/datasets/{slug}/delete/", f"/datasets/{slug}/"):
        assert f'href="{path}"' in page
        assert ann.get(path).status_code == 200


def test_a_deleted_dataset_leads_nowhere(made: Play, ann: Client) -> None:
    Dataset.objects.filter(pk=made.dataset.pk).update(deleted=timezone.now(), slug="deleted-1")
    for path in (
        address("datasets.dataset", "changelist"),
        address("datasets.dataset", "change", made.dataset.pk),
        address("datasets.import", "change", made.batch.pk),
    ):
        assert 'href="/datasets/deleted' not in ann.get(path).content.decode()


def test_each_row_leads_to_its_own_page(made: Play, ann: Client) -> None:
    parts = {"datasets.version", "labeling.label"}  # of another row's page
    for model in set(SHOWN) - parts:
        row = made.rows[SHOWN[model]]
        page = ann.get(address(model, "change", row.pk)).content.decode()
        found = re.search(r'<a href="([^"]+)" class="viewsitelink"', page)
        assert found and ann.get(found[1]).status_code == 200, model


def test_lists_are_bounded(made: Play, ann: Client) -> None:
    owner = made.users["bob"]
    rows = [Job(kind="train", owner=owner, title=f"t{n}", queue="train") for n in range(120)]
    Job.objects.bulk_create(rows)
    for query in ("", "?all="):
        page = ann.get(address("jobs.job", "changelist") + query).content.decode()
        assert page.count("/admin/jobs/job/") <= 70, query
    assert "t119" in ann.get(address("jobs.job", "changelist")).content.decode()


def test_lists_filter_and_search(made: Play, ann: Client) -> None:
    path = address("jobs.job", "changelist")
    assert cast.CANARY in ann.get(f"{path}?state__exact=done").content.decode()
    assert f"{cast.CANARY} training" not in ann.get(f"{path}?state__exact=failed").content.decode()
    assert cast.CANARY in ann.get(f"{path}?q=bob").content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_model_and_column_is_named_in_both_languages(language: str) -> None:
    bare = []
    with translation.override(language):
        for model, shown in admin.site._registry.items():
            if not type(shown).__module__.startswith("recweb"):
                continue
            names = [model._meta.verbose_name, model._meta.verbose_name_plural]
            names += [model._meta.app_config.verbose_name]
            names += [
                column.short_description
                for column in [*shown.list_display, *(shown.fields or ())]
                if callable(column)
            ]
            bare += [
                f"{model.__name__}: {name}"
                for name in map(str, names)
                if bool(CHINESE.search(name)) != (language != "en")
            ]
    assert not bare, bare


def test_a_token_is_revoked_one_by_one_or_many_and_it_is_written_down(
    made: Play, ann: Client
) -> None:
    token = Token.objects.get(name="token of bob")
    ann.post(address("people.token", "delete", token.pk), {"post": "yes"})
    rest = Token.objects.filter(name__startswith="token of").values_list("pk", flat=True)
    bulk = {"action": "delete_selected", "_selected_action": list(rest), "post": "yes"}
    ann.post(address("people.token", "changelist"), bulk)
    assert Audit.objects.filter(action="token revoked").count() == 5
    assert Token.objects.count() == 1, "the serving token stays"
