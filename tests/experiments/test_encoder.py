"""Who reads the texts of a run: offered from the admin's list, judged before a job is made."""

from pathlib import Path

import pytest
from django.test import override_settings

from recweb.datasets.models import Dataset
from recweb.experiments import orders
from recweb.jobs.models import Job
from recweb.people.models import User
from tests.experiments.conftest import Login, trained
from tests.training.encoders import tiny
from training.encoders import folders

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tiny.make(tmp_path / "model", ["the planted film of a year"])
    monkeypatch.setenv(folders.LIST, f"house={folder}")
    return folder


def test_sec_40_a_folder_with_code_is_refused_by_name_before_a_job(
    films: Dataset, ann: User, login: Login, listed: Path
) -> None:
    (listed / "modeling_x.py").write_text("raise SystemExit")
    given = {"dataset": films.slug, "model": "content_ridge", "params": {"encoder": "house"}}
    answer = login(ann).post("/api/v1/experiments/", given, content_type="application/json")
    assert answer.status_code in (400, 422)
    said = answer.content.decode()
    assert "params.encoder" in said and "modeling_x.py is code" in said
    assert not Job.objects.filter(kind="train").exists()


def test_sec_40_a_path_is_no_name(films: Dataset, ann: User, listed: Path) -> None:
    for asked in (str(listed), "../model", "house/../house"):
        with pytest.raises(orders.Refused, match="encoder must be one of"):
            orders.start(films, model="content_ridge", owner=ann, params={"encoder": asked})
    assert not Job.objects.filter(kind="train").exists()


def test_a_run_reads_by_the_admins_model_and_says_what_it_cannot_read(
    films: Dataset, ann: User, login: Login, listed: Path, tmp_path: Path
) -> None:
    with override_settings(ARTIFACTS=tmp_path / "artifacts"):
        run = trained(films, ann, "content_ridge", params={"encoder": "house"})
        (note,) = run.split_facts["notes"]  # its vocabulary has one title in it
        assert "house does not know" in note["en"] and "house" in note["zh-hans"]
        page = login(ann).get(f"/experiments/{run.pk}/").content.decode()
        assert note["en"] in page
        plain = trained(films, ann, "content_ridge", params={"encoder": "characters"})
    assert plain.split_facts["notes"] == []
    assert plain.metrics["validation"] != run.metrics["validation"]
