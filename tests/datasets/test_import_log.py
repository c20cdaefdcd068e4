"""`manage.py import_log`: the same job, the same checks."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recweb.datasets import imports, tasks
from recweb.datasets.models import Dataset, Import
from recweb.jobs import child
from recweb.jobs.models import Job
from recweb.people.models import User
from tests.datasets.conftest import RATINGS, perform
from training.clean import Limits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is done inside the test's transaction, where a process of its own sees nothing."""
    monkeypatch.setattr(child, "run", perform)


def bring(*words: str) -> str:
    out = io.StringIO()
    call_command("import_log", *words, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    path = tmp_path / "ratings.csv"
    path.write_text(RATINGS + "4,,3.0,1298861761\n" * 2 + RATINGS.split("\n")[1] + "\n")
    return path


def test_it_says_what_came_of_every_row(shop: Dataset, ratings: Path) -> None:
    said = bring("shop", str(ratings), "--accept-bad")
    assert "10 rows in = 7 accepted + 1 duplicates + 2 put aside" in said
    assert "2 id-empty" in said
    assert "Imported into shop, version 1" in said
    assert Import.objects.get().owner == shop.owner
    assert "already imported" in bring("shop", str(ratings))


def test_over_five_per_cent_bad_it_waits_and_says_where(shop: Dataset, ratings: Path) -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("import_log", "shop", str(ratings), stdout=out, stderr=out)
    assert end.value.code == 3
    assert f"/datasets/shop/imports/{Import.objects.get().pk}/" in out.getvalue()
    assert Import.objects.get().state == "waiting"
    with pytest.raises(SystemExit) as end:  # nobody has decided yet
        bring("shop", str(ratings))
    assert end.value.code == 3


def test_what_waits_is_taken_when_the_same_file_comes_with_accept_bad(
    shop: Dataset, ratings: Path
) -> None:
    with pytest.raises(SystemExit):
        bring("shop", str(ratings))
    assert "Imported into shop, version 1" in bring("shop", str(ratings), "--accept-bad")
    assert Import.objects.get().state == "loaded"


def test_a_file_that_waits_for_its_mapping_is_not_called_done(shop: Dataset, ratings: Path) -> None:
    imports.start_import(shop, "interactions", ratings, "a.csv", shop.owner, confirm=False)
    with pytest.raises(SystemExit) as end:
        bring("shop", str(ratings), "--accept-bad")
    assert end.value.code == 3
    assert Import.objects.get().state == "uploaded"


def test_a_refused_file_is_an_error(shop: Dataset, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="Nothing was imported.*user_id, item_id"):
        bring("shop", str(tmp_path / "a.csv"))
    assert Job.objects.get().state == "failed"


def test_it_makes_the_dataset_and_takes_a_mapping(ann: User, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b;when\n1;2;03/04/2024\n2;3;04/04/2024\n")
    said = bring(
        "films", str(tmp_path / "a.csv"), "--create=Films", "--map=user=a", "--map=item=b",
        "--map=at=when", "--delimiter=;", "--day-first=day", "--user=ann",
    )  # fmt: skip
    assert "Imported into films, version 1" in said
    assert Dataset.objects.get().name == "Films"


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("none", "x.csv"), "no dataset none"),
        (("shop", "missing.csv"), "missing.csv"),
        (("shop", "missing.csv", "--map=user"), "FIELD=COLUMN"),
        (("shop", "missing.csv", "--user=eve"), "no admin named eve"),
    ],
)
def test_it_says_what_is_wrong(shop: Dataset, words: Any, match: str) -> None:
    with pytest.raises(CommandError, match=match):
        bring(*words)


def test_a_file_of_lists_is_read_as_is_said(shop: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "train.dat"
    path.write_text("2 7 8\n0\n1 9\n")
    assert "3 rows in = 3 accepted" in bring("shop", str(path), "--format", "counted")
    with pytest.raises(CommandError):
        bring("shop", str(path), "--format", "tree")


def test_bad_65_a_file_of_this_machine_may_be_larger_than_an_upload(
    shop: Dataset, ratings: Path, settings: Any
) -> None:
    settings.UPLOAD_LIMIT, settings.SERVER_FILE_LIMIT = 20, ratings.stat().st_size
    bring("shop", str(ratings), "--accept-bad")
    assert Import.objects.get().state == "loaded"
    ratings.write_text(ratings.read_text() + "9,99,5.0,1298861761\n")
    with pytest.raises(CommandError, match="more than"):
        bring("shop", str(ratings))


def test_what_a_door_let_in_is_not_too_large_for_the_checks() -> None:
    usual = Limits().file
    assert tasks.options(Import(size=usual + 1)).limits.file == usual + 1
    assert tasks.options(Import(size=7)).limits.file == usual
