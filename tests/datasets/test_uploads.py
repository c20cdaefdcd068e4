"""A file in parts: proved part by part, gone on with after a break, swept when given up."""

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from recweb.datasets import removal, uploads
from recweb.datasets.models import Dataset, Import, Upload
from recweb.people.models import User
from tests.datasets.conftest import RATINGS, work_off

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
DATA = RATINGS.encode()


def begin(client: Client, size: int = len(DATA), name: str = "ratings.csv") -> Any:
    body = {"file_name": name, "size": size}
    return client.post("/api/v1/uploads/", body, content_type="application/json")


def put(client: Client, upload: str, offset: int, data: bytes, digest: str | None = None) -> Any:
    return client.put(
        f"/api/v1/uploads/{upload}/?offset={offset}",
        data,
        content_type="application/octet-stream",
        headers={"X-SHA256": digest or hashlib.sha256(data).hexdigest()},
    )


def test_a_file_in_parts_is_imported_like_a_whole_one(
    shop: Dataset, ann: User, login: Login
) -> None:
    client = login(ann)
    made = begin(client).json()
    assert made["offset"] == 0
    for first in range(0, len(DATA), 100):
        answer = put(client, made["id"], first, DATA[first : first + 100])
        assert answer.json()["offset"] == min(first + 100, len(DATA))
    answer = client.post(f"/api/v1/datasets/{shop.slug}/imports/", {"upload": made["id"]})
    assert answer.status_code == 202, answer.content
    assert answer.json()["import"]["sha256"] == hashlib.sha256(DATA).hexdigest()
    work_off()
    batch = Import.objects.get()
    assert (batch.state, batch.accepted, batch.file_name) == ("loaded", 7, "ratings.csv")
    assert not Upload.objects.exists()


def test_it_goes_on_where_it_stopped(ann: User, login: Login) -> None:
    client = login(ann)
    upload = begin(client).json()["id"]
    assert put(client, upload, 0, DATA[:50]).status_code == 200
    gap = put(client, upload, 80, DATA[80:])
    assert gap.status_code == 409
    assert "byte 50" in gap.json()["error"]["message"]
    assert client.get(f"/api/v1/uploads/{upload}/").json()["offset"] == 50
    assert put(client, upload, 0, DATA[:50]).json()["offset"] == 50  # sent again: no harm
    assert put(client, upload, 0, b"x" * 50).status_code == 409  # other bytes at that place
    assert put(client, upload, 50, DATA[50:]).json()["offset"] == len(DATA)
    assert Upload.objects.get().path.read_bytes() == DATA


def test_a_part_that_changed_on_the_way_is_not_kept(ann: User, login: Login) -> None:
    client = login(ann)
    upload = begin(client).json()["id"]
    odd = put(client, upload, 0, DATA[:50], "é" * 64)
    assert (odd.status_code, odd.json()["error"]["field"]) == (422, "X-SHA256")
    torn = put(client, upload, 0, DATA[:50], hashlib.sha256(b"other").hexdigest())
    assert torn.status_code == 422
    assert Upload.objects.get().path.stat().st_size == 0


def test_sec_30_nothing_larger_than_announced_or_allowed(
    ann: User, login: Login, settings: Any
) -> None:
    client = login(ann)
    settings.UPLOAD_LIMIT = 1000
    assert begin(client, 1001).status_code == 413
    assert begin(client, 0).status_code == 400
    assert begin(client, 10, "../a.csv").status_code == 400
    upload = begin(client, 10).json()["id"]
    assert put(client, upload, 0, b"x" * 11).status_code == 413
    assert put(client, upload, 0, b"x" * (uploads.PART + 1)).status_code == 413
    assert put(client, upload, 0, b"x" * (uploads.PART * 2)).status_code == 413
    assert Upload.objects.get().path.stat().st_size == 0


def test_only_so_many_are_open(ann: User, login: Login) -> None:
    client = login(ann)
    for _ in range(uploads.OPEN):
        assert begin(client).status_code == 201
    assert begin(client).status_code == 429
    upload = Upload.objects.first()
    assert upload is not None
    assert client.delete(f"/api/v1/uploads/{upload.pk}/").status_code == 204
    assert begin(client).status_code == 201


def test_half_a_file_is_not_imported(shop: Dataset, ann: User, login: Login) -> None:
    client = login(ann)
    upload = begin(client).json()["id"]
    put(client, upload, 0, DATA[:50])
    url = f"/api/v1/datasets/{shop.slug}/imports/"
    assert client.post(url, {"upload": upload}).status_code == 409
    assert client.post(url, {"upload": str(uuid.uuid4())}).status_code == 400
    assert client.post(url, {"upload": "no such"}).status_code == 400
    assert not Import.objects.exists()


def test_an_admin_of_the_same_name_only(ann: User, cat: User, login: Login) -> None:
    upload = begin(login(ann)).json()["id"]
    other = User.objects.create_superuser("other")
    assert put(login(other), upload, 0, DATA[:5]).status_code == 404
    assert begin(login(cat)).status_code == 403


def test_flt_14_what_nobody_goes_on_with_is_swept(ann: User, login: Login, settings: Any) -> None:
    client = login(ann)
    upload = begin(client).json()["id"]
    put(client, upload, 0, DATA[:50])
    removal.sweep()
    assert client.get(f"/api/v1/uploads/{upload}/").status_code == 200
    Upload.objects.update(touched="2020-01-01T00:00Z")
    removal.sweep()
    assert client.get(f"/api/v1/uploads/{upload}/").status_code == 404
    assert not list(Path(settings.SPOOL).iterdir())
