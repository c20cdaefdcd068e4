"""A file as it comes: its name is for showing only, and what was hashed is what is kept."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recweb.datasets import imports
from recweb.datasets.models import Dataset, Import
from recweb.people.models import User
from tests.datasets.conftest import RATINGS, Login, text_of

pytestmark = pytest.mark.django_db
WRONG = [
    "../../a.csv",
    "..\\a.csv",
    "/etc/a.csv",
    "%2e%2e/a.csv",
    "a\n.csv",
    "a.csv\0.php",
    "x" * 5000,
]


@pytest.mark.parametrize("name", [*WRONG, "", "..", "名" * 90 + ".csv"])
def test_bad_62_a_name_that_is_a_path_is_refused_and_nothing_is_stored(
    shop: Dataset, settings: Any, name: str
) -> None:
    with pytest.raises(imports.BadFile) as refused:
        imports.start_import(shop, "interactions", io.BytesIO(RATINGS.encode()), name, shop.owner)
    assert refused.value.status == 400
    assert not list(Path(settings.UPLOADS).iterdir())


def test_bad_62_a_file_lies_under_a_name_of_ours_and_its_own_is_escaped(
    shop: Dataset, ann: User, login: Login
) -> None:
    name = "<img src=x onerror=alert(1)>.csv"
    client = login(ann)
    sent = {"interactions": SimpleUploadedFile(name, RATINGS.encode())}
    assert client.post("/datasets/shop/upload/", sent).status_code == 302
    batch = Import.objects.get()
    assert str(UUID(batch.path.name)) == batch.path.name
    for address in ("/datasets/shop/map/", f"/datasets/shop/imports/{batch.pk}/"):
        shown = text_of(client.get(address))
        assert "&lt;img src=x" in shown
        assert "<img src=x" not in shown


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ('filename="%s.csv"' % ("x" * 5000), 400),
        ('filename="%s.csv"' % ("x" * 252), 400),
        ('filename="%s.csv"' % ("书" * 84), 400),
        ("filename=%s.csv" % ("x" * 252), 400),
        ('filename="%s.csv"' % ("x" * 251), 202),
        ('filename="%s.csv"' % ("书" * 83), 202),
        ("filename*=UTF-8''%s.csv" % ("%E4%B9%A6" * 84), 400),
        ("filename*=UTF-8''%s'x.csv" % ("x" * 252), 400),
        ('filename*0="{0}"; filename*1="{0}.csv"'.format("x" * 200), 400),
        ("filename*=UTF-8''%s.csv" % ("%E4%B9%A6" * 83), 202),
    ],
)
def test_bad_62_a_name_over_255_bytes_is_refused_and_not_cut(
    shop: Dataset, ann: User, login: Login, name: str, status: int
) -> None:
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; {name}\r\n\r\n'
    body = head.encode() + RATINGS.encode() + b"\r\n--edge--\r\n"
    answer = login(ann).post(
        "/api/v1/datasets/shop/imports/", body, content_type="multipart/form-data; boundary=edge"
    )
    assert answer.status_code == status, answer.content
    assert Import.objects.exists() == (status == 202)


class Growing(io.BytesIO):
    """A file that somebody writes on while it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        place = self.tell()
        if place < 4_000_000:
            self.write(b"9,99,5.0,1298861761\n" * 10)
            self.seek(place)
        return block


def test_bad_64_what_changes_while_it_is_read_is_hashed_as_it_is_kept(tmp_path: Path) -> None:
    first = RATINGS.encode() * 20_000
    digest, size = imports.store(Growing(first), tmp_path / "kept")
    assert size != len(first)
    kept = (tmp_path / "kept").read_bytes()
    assert (digest, size) == (hashlib.sha256(kept).hexdigest(), len(kept))


def test_bad_64_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "somebody's"
    target.write_text("mine")
    os.symlink(target, tmp_path / "kept")
    with pytest.raises(OSError, match="exists"):
        imports.store(io.BytesIO(b"user,item\n"), tmp_path / "kept")
    assert target.read_text() == "mine"
