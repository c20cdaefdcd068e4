"""Pseudonyms, rounded times, consent, k-anonymity, and exports that name nobody."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recweb.datasets import imports, privacy
from recweb.datasets.models import Dataset, Interaction, Person
from recweb.people.models import Audit, User
from tests.datasets.conftest import RATINGS, bring, work_off
from tests.datasets.test_pages import text_of

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
JSON = "application/json"


def read(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_pseudonyms_replace_ids_and_the_file_goes(shop: Dataset) -> None:
    shop.privacy = {"pseudonyms": True, "round": 3600}
    shop.save()
    batch = bring(shop, "interactions", RATINGS + "bad,row\n")
    assert batch.state == "waiting"  # an eighth of the rows is bad
    imports.accept(batch, shop.owner)
    work_off()
    ids = set(Person.objects.filter(dataset=shop).values_list("outside_id", flat=True))
    assert ids == {privacy.pseudonym(shop.pk, name) for name in "123"}
    assert not batch.path.exists()
    assert set(batch.bad_rows.values_list("text", flat=True)) == {""}
    times = Interaction.objects.filter(dataset_id=shop.pk).values_list("at", flat=True)
    assert all(at % 3600 == 0 for at in times if at is not None)
    # the next file's same user is the same pseudonym
    bring(shop, "interactions", "userId,movieId,rating,timestamp\n1,10,4,1298861999\n", "b.csv")
    assert Person.objects.filter(dataset=shop).count() == 3


def test_sessions_do_not_stand_beside_pseudonyms_as_they_came(shop: Dataset) -> None:
    shop.privacy = {"pseudonyms": True}
    shop.save()
    text = "user,item,session_id,timestamp\nann,i1,ann,1700000000\nann,i2,ann,1700000100\n"
    bring(shop, "interactions", text + "ann,i3,,1700000200\nbob,i1,s-9,1700000300\n")
    rows = Interaction.objects.filter(dataset_id=shop.pk).order_by("line")
    first, second, none, other = rows.values_list("session", flat=True)
    assert first == second  # the same sitting still is one
    assert none is None
    assert other not in (first, "s-9")
    assert len(str(first)) == privacy.LONG
    assert first not in ("ann", privacy.pseudonym(shop.pk, "ann"))


def test_two_datasets_have_two_keys(shop: Dataset, ann: User) -> None:
    other = Dataset.objects.create(slug="other", name="Other", owner=ann)
    assert privacy.pseudonym(shop.pk, "u1") != privacy.pseudonym(other.pk, "u1")
    assert len(privacy.mac(shop.pk, "u1")) == 64


def test_who_does_not_consent_is_left_out(loaded: Dataset) -> None:
    loaded.privacy = {"consent": "agreed"}
    loaded.save()
    bring(loaded, "users", "user,agreed\n1,yes\n2,no\n3,同意\n", "users.csv")
    version = loaded.version
    assert version is not None
    assert version.n_interactions == 5
    assert [row["why"] for row in version.excluded] == ["consent"]
    # asked again, and now agreed
    bring(loaded, "users", "user,agreed\n2,1\n", "later.csv")
    assert loaded.version is not None
    assert loaded.version.n_interactions == 7


def test_abu_09_exports_name_users_by_keyed_hash(
    loaded: Dataset, ann: User, bob: User, login: Login
) -> None:
    client = login(bob)
    rows = read(client.get("/datasets/shop/export.csv?version=1"))
    assert rows[0] == ["user", "item", "event", "value", "time"]
    assert {row[0] for row in rows[1:]} == {privacy.pseudonym(loaded.pk, n) for n in "123"}
    assert rows == read(client.get("/datasets/shop/export.csv?version=1"))  # byte for byte
    assert client.get("/datasets/shop/export.csv?ids=outside").status_code == 403
    asked: Any = login(ann).get("/datasets/shop/export.csv?ids=outside")
    assert 'filename="shop-v1-user-ids.csv"' in asked["Content-Disposition"]
    hidden: Any = client.get("/datasets/shop/export.csv")
    assert 'filename="shop-v1-pseudonyms.csv"' in hidden["Content-Disposition"]
    named = read(asked)
    assert {row[0] for row in named[1:]} == {"1", "2", "3"}
    details = list(Audit.objects.filter(action="export").values_list("detail", flat=True))
    assert [row["outside_ids"] for row in details] == [False, False, True, False]


def test_abu_07_an_exported_formula_is_text(shop: Dataset, ann: User, login: Login) -> None:
    bring(shop, "interactions", "user,item,timestamp\n=1+1,@x,1298861999\nb,c,1298861998\n")
    rows = read(login(ann).get("/datasets/shop/export.csv?ids=outside"))
    assert ["'=1+1", "'@x"] in [row[:2] for row in rows]


def test_an_export_comes_in_again_as_nothing_new(loaded: Dataset, ann: User, login: Login) -> None:
    response: Any = login(ann).get("/datasets/shop/export.csv?ids=outside")
    batch = bring(loaded, "interactions", b"".join(response.streaming_content), "again.csv")
    assert batch.facts["new_rows"] == 0
    versions = loaded.versions.order_by("number")
    assert versions[0].fingerprint == versions[1].fingerprint


def test_k_anonymity_is_counted_and_shown(
    loaded: Dataset, ann: User, bob: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    admin = login(ann)
    assert admin.post("/datasets/shop/anonymity/").status_code == 302
    assert work_off("quick").state == "done"
    with django_assert_max_num_queries(15):
        shown = text_of(admin.get("/datasets/shop/privacy/"))
    assert "one of the user&#x27;s items" in shown
    found = login(bob).get("/api/v1/datasets/shop/anonymity/").json()
    knows = {row["code"]: row for row in found["knows"]}
    # users 1, 2, 3 have {31, 1029, 1061}, {31, 10}, {1029, 10}: any two items name one user
    assert knows["items-2"]["below"]["2"] == 1.0
    assert found["users"] == 3


def test_settings_are_the_admins_and_pseudonyms_only_before_data(
    loaded: Dataset, ann: User, bob: User, login: Login
) -> None:
    assert login(bob).get("/datasets/shop/privacy/").status_code == 403
    admin = login(ann)
    refused = admin.post("/datasets/shop/privacy/", {"pseudonyms": "on", "round": "60"})
    assert refused.status_code == 422
    assert "Users are in the log already" in text_of(refused)
    saved = admin.post("/datasets/shop/privacy/", {"round": "60", "consent": "agreed"})
    assert saved.status_code == 302
    found = admin.get("/api/v1/datasets/shop/privacy/").json()
    assert (found["round"], found["consent"], found["pseudonyms"]) == (60, "agreed", False)
    wrong = admin.post("/api/v1/datasets/shop/privacy/", {"round": 7}, content_type=JSON)
    assert wrong.status_code == 422
    assert Audit.objects.filter(action="dataset-privacy").count() == 1
