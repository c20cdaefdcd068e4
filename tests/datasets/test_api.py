"""/api/v1/datasets/: every door of it works, and stays shut for strangers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recweb.datasets import partitions
from recweb.datasets.models import Dataset, Import, Interaction, Item, Member, Person
from recweb.jobs.models import Job
from recweb.people.models import Audit, User
from tests.datasets.conftest import RATINGS, bring, work_off

pytestmark = pytest.mark.django_db
API = "/api/v1/datasets/"
Login = Callable[[User], Client]


def upload(client: Client, slug: str, text: str | bytes = RATINGS, **more: Any) -> Any:
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile(more.pop("name", "ratings.csv"), data)
    return client.post(f"{API}{slug}/imports/", {"file": file, "kind": "interactions", **more})


def test_an_admin_makes_fills_and_reads_a_dataset(ann: User, login: Login) -> None:
    client = login(ann)
    made = client.post(API, {"name": "My shop"}, content_type="application/json")
    assert (made.status_code, made.json()["slug"]) == (201, "my-shop")
    started = upload(client, "my-shop")
    assert started.status_code == 202
    assert started.json()["job"]["state"] == "queued"
    work_off()
    row = client.get(f"{API}my-shop/imports/").json()["results"][0]
    assert row["rows_in"] == row["accepted"] + row["duplicates"] + row["quarantined"] == 7
    versions = client.get(f"{API}my-shop/versions/").json()
    assert (versions["count"], versions["results"][0]["users"]) == (1, 3)
    assert client.get(f"{API}my-shop/profile/").json()["counts"]["items"] == 4
    codes = {check["code"] for check in client.get(f"{API}my-shop/health/").json()["checks"]}
    assert {"quarantine", "temporal-split", "cold-items", "bots", "ties"} <= codes
    assert client.get(f"{API}my-shop/").json()["versions"] == versions["results"]
    partitions.drop_dataset(Dataset.objects.get(slug="my-shop").pk)


def test_a_stranger_finds_nothing(loaded: Dataset, cat: User, login: Login) -> None:
    client = login(cat)
    assert client.get(API).json()["count"] == 0
    for path in ("", "imports/", "versions/", "profile/", "health/", "users/", "items/1/"):
        assert client.get(f"{API}shop/{path}").status_code == 404
    batch = loaded.imports.first()
    assert batch is not None
    assert client.get(f"{API}shop/imports/{batch.pk}/quarantine/").status_code == 404


def test_a_404_names_what_is_not_there(loaded: Dataset, ann: User, login: Login) -> None:
    paths = {
        "version": "profile/?version=99999",
        "to": "versions/diff/?from=1&to=99999",
        "import": "imports/99999/",
    }
    for field, path in paths.items():
        error = login(ann).get(f"{API}shop/{path}").json()["error"]
        assert (error["code"], error["field"]) == ("not_found", field)
        assert "99999" in error["message"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {"name": ["x"]}, "name"),
        ("", {"name": "x", "source": {"a": 1}}, "source"),
        ("", {"name": "x", "repeats_wanted": "yes"}, "repeats_wanted"),
        ("shop/exclude/", {"users": ["1"], "keep": "true"}, "keep"),  # would leave them out
        ("shop/exclude/", {"users": ["1"], "check": 7}, "check"),
    ],
)
def test_what_is_of_another_type_is_not_taken_for_something(
    loaded: Dataset, ann: User, login: Login, path: str, body: Any, field: str
) -> None:
    answer = login(ann).post(API + path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert Dataset.objects.count() == 1 and not Job.objects.exclude(kind="import").exists()


def test_an_import_of_another_dataset_is_not_found(
    loaded: Dataset, ann: User, login: Login
) -> None:
    Dataset.objects.create(slug="other", name="Other", owner=ann)
    batch = loaded.imports.first()
    assert batch is not None
    assert login(ann).get(f"{API}other/imports/{batch.pk}/quarantine/").status_code == 404


def test_a_member_reads_and_may_not_upload_or_delete(
    loaded: Dataset, bob: User, login: Login
) -> None:
    client = login(bob)
    assert client.get(f"{API}shop/profile/").status_code == 200
    assert upload(client, "shop").status_code == 403
    answer = client.delete(f"{API}shop/", {"confirm": "shop"}, content_type="application/json")
    assert answer.status_code == 403


def test_delete_needs_the_slug_and_hides_at_once(loaded: Dataset, ann: User, login: Login) -> None:
    client = login(ann)
    for body in ({}, {"confirm": "shoo"}):
        answer = client.delete(f"{API}shop/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "confirm")
    stored = [batch.path for batch in loaded.imports.all()]
    answer = client.delete(f"{API}shop/", {"confirm": "shop"}, content_type="application/json")
    assert answer.status_code == 202
    assert client.get(f"{API}shop/").status_code == 404
    assert work_off("quick").state == "done"
    assert not partitions.exists(partitions.of_dataset(loaded.pk))
    assert not Person.objects.filter(dataset_id=loaded.pk).exists()
    assert not any(path.exists() for path in stored)
    assert Audit.objects.filter(action="dataset-delete", target="shop").exists()


def test_the_same_file_again_is_a_conflict_with_a_link(
    shop: Dataset, ann: User, login: Login
) -> None:
    client = login(ann)
    assert upload(client, "shop").status_code == 202
    again = upload(client, "shop", name="copy.csv")
    batch = Import.objects.get()
    assert again.status_code == 409
    assert f"/datasets/shop/imports/{batch.pk}/" in again.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"kind": "pictures"}, 400, "kind"),
        ({"mapping": "not json"}, 422, "mapping"),
        ({"mapping": "[1]"}, 422, "mapping"),
        ({"mapping": '{"user": 3}'}, 422, "mapping"),
        ({"rules": '[{"event": "rating", "weight": -1}]'}, 422, "weight"),
        ({"rules": '[{"event": "rating", "minimum": 1e999}]'}, 422, "minimum"),
        ({"rules": '[{"event": "rating", "minimum": 1' + "0" * 400 + "}]"}, 422, "minimum"),
        ({"rules": '[{"event": "a\\u0000"}]'}, 422, "event"),
        ({"mapping": '{"user": "a\\u0000"}'}, 422, "mapping"),
        ({"template": "a\0"}, 422, "template"),
        ({"surprise": "1"}, 400, "surprise"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    shop: Dataset, ann: User, login: Login, settings: Any, more: Any, status: int, field: str
) -> None:
    answer = upload(login(ann), "shop", **more)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert not Import.objects.exists()
    assert not list(settings.UPLOADS.iterdir())


def test_a_post_without_a_file_says_so(shop: Dataset, ann: User, login: Login) -> None:
    answer = login(ann).post(f"{API}shop/imports/", {"kind": "items"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "file")
    answer = login(ann).post(f"{API}shop/imports/", "{}", content_type="application/json")
    assert answer.status_code == 415


def test_too_large_a_file_leaves_nothing(
    shop: Dataset, ann: User, login: Login, settings: Any
) -> None:
    settings.UPLOAD_LIMIT = 100
    answer = upload(login(ann), "shop")
    assert answer.status_code == 413
    assert not list(settings.UPLOADS.iterdir())


def test_quarantined_rows_have_line_column_reason(shop: Dataset, ann: User, login: Login) -> None:
    batch = bring(shop, "interactions", RATINGS + "4,31,nonsense,1260759144\n")
    client = login(ann)
    row = client.get(f"{API}shop/imports/{batch.pk}/quarantine/").json()["results"][0]
    assert (row["line"], row["column"], row["code"]) == (9, "rating", "value-unreadable")
    assert "nonsense" in row["reason"]
    decide = f"{API}shop/imports/{batch.pk}/decide/"
    bad = client.post(decide, {"decision": "maybe"}, content_type="application/json")
    assert bad.status_code == 422
    good = client.post(decide, {"decision": "accept"}, content_type="application/json")
    assert good.status_code == 202
    work_off()
    late = client.post(decide, {"decision": "discard"}, content_type="application/json")
    assert late.status_code == 409
    assert Interaction.objects.filter(dataset_id=shop.pk).count() == 7


def test_bad_46_ids_may_hold_anything(shop: Dataset, ann: User, login: Login) -> None:
    ids = ["a/b", "../../etc/passwd", "{{7*7}}", "${jndi:x}", "1%2e%2e", "😀 ?#&", "用户", "a/"]
    lines = [f'"{name}","{name}",3,{1260759144 + n}' for n, name in enumerate(ids)]
    bring(shop, "interactions", "user,item,rating,timestamp\n" + "\n".join(lines) + "\n")
    client = login(ann)
    from urllib.parse import quote

    for name in ids:
        found = client.get(f"{API}shop/users/{quote(name, safe='')}/")
        assert found.status_code == 200, name
        assert found.json()["user"] == name
        assert client.get(f"{API}shop/items/{quote(name, safe='')}/").json()["item"] == name
    error = client.get(f"{API}shop/users/nobody/").json()["error"]
    assert (error["code"], error["field"]) == ("not_found", "user")
    assert "“shop / nobody”" in error["message"]
    assert client.get(f"{API}shop/users/%00/").status_code == 404


def test_search_finds_chinese_by_a_part(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    found = client.get(f"{API}shop/items/", {"search": "形金"}).json()
    assert [row["item"] for row in found["results"]] == ["99"]
    assert client.get(f"{API}shop/items/", {"search": "%"}).json()["count"] == 0
    assert client.get(f"{API}shop/items/", {"serach": "x"}).status_code == 400
    assert client.get(f"{API}shop/users/", {"search": "2"}).json()["count"] == 1


def test_an_item_tells_its_events_and_neighbours(loaded: Dataset, bob: User, login: Login) -> None:
    found = login(bob).get(f"{API}shop/items/31/").json()
    assert found["title"] == "Dangerous Minds (1995)"
    assert {row["user"] for row in found["events"]} == {"1", "2"}
    near = {row["item"]: row["shared_users"] for row in found["neighbours"]}
    assert near == {"1029": 1, "1061": 1, "10": 1}
    assert Item.objects.get(dataset=loaded, outside_id="31").n_events == 2


def test_a_dataset_with_a_taken_or_silly_name_is_refused(
    shop: Dataset, ann: User, login: Login
) -> None:
    client = login(ann)
    for body, status in (
        ({"name": "Shop", "slug": "shop"}, 409),
        ({"name": ""}, 422),
        ({"name": "x", "slug": "../x"}, 422),
        ({"name": "x", "slug": "new"}, 422),
        ({"name": "x", "owner": 3}, 400),
    ):
        answer = client.post(API, json.dumps(body), content_type="application/json")
        assert answer.status_code == status, body
    assert Dataset.objects.count() == 1
    assert Member.objects.count() == 0


def test_profile_of_an_empty_dataset_says_what_to_do(
    shop: Dataset, ann: User, login: Login
) -> None:
    answer = login(ann).get(f"{API}shop/profile/")
    assert answer.status_code == 409
    assert "import interactions first" in answer.json()["error"]["message"]


def test_a_new_dataset_takes_its_members_along(ann: User, bob: User, login: Any) -> None:
    admin = login(ann)
    given = {"name": "Club", "members": ["bob"]}
    made = admin.post("/api/v1/datasets/", given, content_type="application/json")
    assert made.status_code == 201
    assert admin.get(f"/api/v1/datasets/{made.json()['slug']}/").json()["members"] == ["bob"]
    wrong = admin.post(
        "/api/v1/datasets/",
        {"name": "Other", "members": ["bob", "nobody"]},
        content_type="application/json",
    )
    assert wrong.status_code == 422 and wrong.json()["error"]["field"] == "members"
    assert "nobody" in wrong.json()["error"]["message"]
    assert not Dataset.objects.filter(name="Other").exists()
