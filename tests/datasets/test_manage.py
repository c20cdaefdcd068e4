"""What is changed about a dataset: settings, rules, members, a token, its end."""

import pytest

from recweb.datasets.models import Dataset, Import, Member
from recweb.people.models import Token, User
from tests.datasets.conftest import Login, text_of, work_off

pytestmark = pytest.mark.django_db


def test_settings_and_rules_are_saved_or_refused(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    path = "/datasets/shop/settings/"
    good = {
        "name": "Shop 2", "source": "", "repeats_wanted": "on", "rule0-counts": "on",
        "rule0-minimum": "3.5", "rule0-confidence": "value", "rule0-weight": "2",
    }  # fmt: skip
    assert client.post(path, good).status_code == 302
    loaded.refresh_from_db()
    assert (loaded.name, loaded.repeats_wanted) == ("Shop 2", True)
    rule = {"event": "rating", "minimum": 3.5, "confidence": "value", "weight": 2.0}
    assert loaded.rules == [rule]
    assert client.post(path, {**good, "rule0-weight": "-1", "name": "x"}).status_code == 422
    loaded.refresh_from_db()
    assert loaded.name == "Shop 2"


def test_a_serving_token_is_shown_once_and_scoped(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    page = text_of(client.post("/datasets/shop/token/", {"name": "till\0"}))
    token = Token.objects.get(name="till")
    assert token.dataset_id == loaded.pk
    assert token.start in page
    assert page.count(token.start) >= 1
    later = text_of(client.get("/datasets/shop/?tab=settings"))
    full = page.split('id="token" class="id">')[1].split("<")[0]
    assert full not in later


def test_members_are_added_and_removed_by_an_admin_only(
    loaded: Dataset, ann: User, bob: User, cat: User, login: Login
) -> None:
    client = login(ann)
    client.post("/datasets/shop/members/", {"user": cat.pk, "do": "add"})
    assert Member.objects.filter(dataset=loaded, user=cat).exists()
    assert login(cat).get("/datasets/shop/").status_code == 200
    client.post("/datasets/shop/members/", {"user": cat.pk, "do": "remove"})
    assert login(cat).get("/datasets/shop/").status_code == 404
    assert login(bob).post("/datasets/shop/members/", {"user": cat.pk}).status_code == 403


def test_where_accounts_are_too_many_to_choose_from_the_name_is_typed(
    loaded: Dataset, ann: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = login(ann)
    User.objects.bulk_create(User(username=f"zoe{n:03}", is_active=True) for n in range(201))
    page = text_of(client.get("/datasets/shop/?tab=members"))
    assert 'list="accounts"' in page and page.count("<option") == 200
    assert "zoe200" not in page  # beyond what is proposed, and still to be had
    client.post("/datasets/shop/members/", {"name": "zoe200", "do": "add"})
    assert Member.objects.filter(dataset=loaded, user__username="zoe200").exists()
    nobody = client.post("/datasets/shop/members/", {"name": "zoe999", "do": "add"}, follow=True)
    assert "There is no account “zoe999”." in text_of(nobody)


def test_all_files_are_listed_fifty_at_a_time(loaded: Dataset, ann: User, login: Login) -> None:
    made = [Import(dataset=loaded, kind="items", file_name=f"f{n}.csv", sha256=f"{n}", owner=ann,
                   state="cancelled", size=1) for n in range(60)]  # fmt: skip
    Import.objects.bulk_create(made)
    client = login(ann)
    first, second = (text_of(client.get(f"/datasets/shop/?tab=versions&files={n}")) for n in (1, 2))
    assert "f59.csv" in first and "f3.csv" not in first and "files=2" in first
    assert "f3.csv" in second and "v1" in second


def test_delete_needs_the_typed_slug(loaded: Dataset, ann: User, login: Login) -> None:
    client = login(ann)
    assert client.get("/datasets/shop/delete/").status_code == 200
    wrong = client.post("/datasets/shop/delete/", {"confirm": "SHOP"})
    assert wrong.status_code == 422 and "Type “shop” exactly" in text_of(wrong)
    assert client.post("/datasets/shop/delete/", {"confirm": "shop"}).status_code == 302
    assert client.get("/datasets/shop/").status_code == 404
    assert work_off("quick").state == "done"
