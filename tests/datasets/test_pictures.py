"""Vectors of pictures: ordered on a page of the dataset, made by a job, kept as uploaded."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recweb.datasets import exports, saved
from recweb.datasets.models import Dataset, Version
from recweb.people.models import User
from tests.datasets.conftest import MOVIES, RATINGS, Login, bring, text_of, work_off
from tests.training.encoders import pictured

pytestmark = pytest.mark.django_db
PAGE = "/datasets/shop/pictures/"
API = "/api/v1/datasets/shop/pictures/"
NAMES = ["31.png", "no.png", "sub/1061.jpg", "../10.png", ""]
FIRST, SECOND = 3, 2  # the codes of 31 and 1061, which follow the ids
ORDER = {"encoder": "eyes", "column": "poster"}


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictured.make(tmp_path_factory.mktemp("eyes"))


@pytest.fixture
def shop_of_pictures(
    shop: Dataset, tmp_path: Path, settings: Any, eyes: Path, monkeypatch: pytest.MonkeyPatch
) -> Dataset:
    """Five films of which two have a picture in the dataset's folder."""
    settings.IMAGES = str(tmp_path / "pictures")
    root = tmp_path / "pictures" / "shop"
    pictured.draw(root / "31.png", (200, 30, 30))
    pictured.draw(root / "sub" / "1061.jpg", (30, 30, 200))
    monkeypatch.setenv("ENCODER_FOLDERS", f"eyes={eyes}")
    bring(shop, "items", with_column("poster", NAMES), "films.csv")
    bring(shop, "interactions", RATINGS)
    return shop


def with_column(name: str, cells: list[str]) -> str:
    head, *rows = MOVIES.splitlines()
    pairs = zip(rows, cells, strict=True)
    return "\n".join([f"{head},{name}", *(f"{row},{cell}" for row, cell in pairs)])


def encoded(client: Any) -> Version:
    """The version that an order makes: the job, then the import that it ordered."""
    assert client.post(PAGE, ORDER).status_code == 302
    job = work_off("train")
    assert job.state == "done", job.error or job.trace
    job = work_off("import")
    assert job.state == "done", job.error or job.trace
    version = Dataset.objects.get(slug="shop").version
    assert version is not None
    return version


def arrays(version: Version) -> np.ndarray:
    items = saved.load(exports.version_folder(version))[1]
    return np.array(items.modalities["image"])


def test_pictures_become_vectors_of_a_new_version_and_the_page_names_the_others(
    shop_of_pictures: Dataset, bob: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    page = text_of(client.get(PAGE))
    assert "<option>eyes</option>" in page and "<option>poster</option>" in page
    before = shop_of_pictures.version
    version = encoded(client)
    assert before is not None and version.number == before.number + 1
    assert version.fingerprint != before.fingerprint
    assert version.profile["modalities"] == [["image", 2, 32]]
    found = arrays(version)
    there = ~np.isnan(found).any(axis=1)
    assert np.flatnonzero(there).tolist() == [SECOND, FIRST]
    np.testing.assert_allclose(np.linalg.norm(found[there], axis=1), 1.0, atol=1e-5)
    items = saved.load(exports.version_folder(version))[1]
    assert items.titles[FIRST] == "Dangerous Minds (1995)" and "Drama" in items.texts[FIRST]
    assert saved.load(exports.version_folder(before))[1].modalities == {}
    with django_assert_max_num_queries(15):
        page = text_of(client.get(PAGE))
    for said in ("4 of 5 items name a picture, 2 of them", "../10.png", "no.png", "not in the fol"):
        assert said in page
    answer = client.get(API).json()
    assert answer["modalities"] == [{"name": "image", "items": 2, "length": 32}]
    assert {code: row["n"] for code, row in answer["faults"].items()} == {"missing": 1, "path": 1}


def test_the_vectors_are_those_of_the_encoder_to_the_fifth_digit(
    shop_of_pictures: Dataset, ann: User, login: Login, eyes: Path, settings: Any
) -> None:
    from training.encoders import pictures

    version = encoded(login(ann))
    root = Path(settings.IMAGES) / "shop"
    wanted = pictures.encode("eyes", eyes, root, ["31.png", "sub/1061.jpg"]).vectors
    np.testing.assert_allclose(arrays(version)[[FIRST, SECOND]], wanted, atol=1e-5)


def test_the_same_again_makes_no_version_and_a_lost_picture_leaves_no_old_vector(
    shop_of_pictures: Dataset, ann: User, login: Login, settings: Any
) -> None:
    client = login(ann)
    first = encoded(client)
    client.post(PAGE, ORDER)
    assert work_off("train").state == "done"
    assert Dataset.objects.get(slug="shop").version == first
    assert "no new version was made" in text_of(client.get(PAGE))
    os.remove(Path(settings.IMAGES) / "shop" / "31.png")
    second = encoded(client)
    assert np.isnan(arrays(second)[FIRST]).all() and not np.isnan(arrays(second)[SECOND]).any()
    assert not np.isnan(arrays(first)[FIRST]).any()


def test_a_version_is_written_again_from_its_own_files_after_the_catalogue_changed(
    shop_of_pictures: Dataset, ann: User, login: Login, settings: Any
) -> None:
    client = login(ann)
    version = encoded(client)
    kept = arrays(version)
    bring(shop_of_pictures, "items", with_column("poster", ["31.png"] * 5), "later.csv")
    newest = Dataset.objects.get(slug="shop").version
    assert newest is not None and newest.profile["modalities"] == []  # as uploaded ones go, too
    exports.drop(shop_of_pictures)
    np.testing.assert_array_equal(arrays(version), kept)
    third = encoded(client)  # the same vectors come in once more, after others
    assert third.profile["modalities"] == [["image", 5, 32]]


def test_uploaded_image_vectors_give_way_and_are_never_mixed_with_made_ones(
    shop_of_pictures: Dataset, ann: User, login: Login
) -> None:
    head, *rows = with_column("poster", NAMES).splitlines()
    theirs = [f"{head},image_embedding,sound_vector", *(f"{row},1 2 3,4 5" for row in rows)]
    bring(shop_of_pictures, "items", "\n".join(theirs), "with.csv")
    client = login(ann)
    assert "take the place of the image vectors" in text_of(client.get(PAGE))
    version = encoded(client)
    assert version.profile["modalities"] == [["image", 2, 32], ["sound", 5, 2]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"encoder": "../eyes"}, "There is no encoder “../eyes” on the list"),
        ({"encoder": "minilm"}, "There is no encoder “minilm” on the list"),
        ({"column": "title"}, "“title” is no column with names of picture files. Known: poster"),
    ],
)
def test_what_is_not_offered_is_refused_before_a_job(
    shop_of_pictures: Dataset, bob: User, login: Login, change: dict[str, str], said: str
) -> None:
    client = login(bob)
    answer = client.post(PAGE, ORDER | change, follow=True)
    assert said in text_of(answer)
    refused = client.post(API, ORDER | change, content_type="application/json")
    assert refused.status_code == 422 and said in str(refused.json())


def test_the_page_says_what_an_admin_has_to_do_first(
    loaded: Dataset, bob: User, cat: User, login: Login, settings: Any, tmp_path: Path
) -> None:
    settings.IMAGES = str(tmp_path)  # without a folder for this dataset
    page = text_of(login(bob).get(PAGE))
    for said in ("No image encoder is delivered", "its subfolder “shop”", "No column of the cata"):
        assert said in page
    assert 'name="encoder"' not in page
    assert "No image encoder" in str(login(bob).post(API, ORDER, "application/json").json())
    assert login(cat).post(PAGE, ORDER).status_code == 404
    assert login(cat).get(API).status_code == login(cat).get(PAGE).status_code == 404


def test_a_folder_with_code_is_refused_by_name_and_when_nothing_can_be_read_all_is_said(
    shop_of_pictures: Dataset,
    ann: User,
    login: Login,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = login(ann)
    bad = pictured.make(tmp_path / "bad")
    (bad / "modeling_x.py").write_text("raise SystemExit")
    monkeypatch.setenv("ENCODER_FOLDERS", os.environ["ENCODER_FOLDERS"] + f",bad={bad}")
    answer = client.post(PAGE, ORDER | {"encoder": "bad"}, follow=True)
    assert "modeling_x.py is code" in text_of(answer)
    for path in (Path(settings.IMAGES) / "shop").rglob("*.*g"):
        path.write_text("no picture")
    client.post(PAGE, ORDER)
    job = work_off("train")
    assert job.state == "failed" and "None of the 4 pictures" in job.error
    assert "1061.jpg is none of GIF, JPEG" in job.error
