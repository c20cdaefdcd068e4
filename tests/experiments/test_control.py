"""The shuffled control of a run: ordered once, trained for real, read on the run's page."""

import numpy as np
import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import artifacts, control
from recweb.experiments.models import Experiment, Role
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job, State
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import Login, made, trained
from training.store import read

pytestmark = pytest.mark.django_db


def test_a_model_of_tastes_falls_and_the_page_says_so(
    films: Dataset, ann: User, login: Login
) -> None:
    client, run = login(ann), trained(films, ann, "ease", params={"l2": 50.0})
    address = f"/experiments/{run.pk}/"
    assert "Train the control, about" in client.get(address).content.decode()
    for _twice in range(2):  # two clicks, one control
        assert client.post(f"{address}control/")["Location"] == f"{address}#control"
    only = Experiment.objects.get(role=Role.CONTROL)
    assert (only.parent_id, only.model, only.params) == (run.pk, "ease", run.params)
    assert f'id="job-{only.job_id}"' in client.get(address).content.decode()
    assert work_off("train").state == State.DONE
    only.refresh_from_db()
    assert only.verdict["code"] != "better" and run.verdict["code"] == "better"
    page = client.get(address).content.decode()
    assert "falls to popularity or below" in page and "Train the control" not in page
    assert (
        f"shuffled control of run {run.pk}"
        in client.get(f"/experiments/{only.pk}/").content.decode()
    )
    assert "falls to popularity or below" in client.get(f"/experiments/{only.pk}/").content.decode()
    # the same users, held-out items and masks: only what the model was taught differs
    mine, theirs = (read(artifacts.folder(one) / "validation")[0] for one in (run, only))
    for name in ("users", "truth_items", "n_train"):
        assert np.array_equal(mine[name], theirs[name])
    assert not np.array_equal(mine["candidates"], theirs["candidates"])


def test_it_stands_in_no_table_and_is_published_nowhere(
    films: Dataset, ann: User, login: Login
) -> None:
    client, run = login(ann), trained(films, ann, "itemknn")
    api = f"/api/v1/experiments/{run.pk}/control/"
    assert client.get(api).json() == {"control": None}
    answer = client.post(api, content_type="application/json")
    assert answer.status_code == 202
    work_off("train")
    found = client.get(api).json()["control"]
    assert found["state"] == "done" and found["role"] == "control" and found["parent"] == run.pk
    assert client.get("/api/v1/experiments/").json()["count"] == 1
    assert f"/experiments/{found['id']}/" not in client.get("/experiments/").content.decode()
    address = f"/api/v1/experiments/{found['id']}/control/"
    assert "set-baseline" not in client.get(f"/experiments/{found['id']}/").content.decode()
    refused = client.post(address, content_type="application/json")
    assert (
        refused.status_code == 422 and "belongs to a run that is done" in refused.content.decode()
    )
    assert Experiment.objects.filter(role=Role.CONTROL).count() == 1


def test_one_that_stays_above_popularity_is_a_warning(films: Dataset, ann: User) -> None:
    cell = {"code": "better", "difference": 0.02, "lo": 0.01, "hi": 0.03, "p": 0.001}
    cell["baseline_mean"] = 0.05
    run = made(films, ann, "ease", resources={"wall_seconds": 3.0})
    made(films, ann, "ease", role=Role.CONTROL, parent=run, verdict={"metrics": {"ndcg@10": cell}})
    shown = control.shown(run)
    assert shown is not None and shown.verdict is not None
    assert shown.verdict.code == "worse" and "stays above popularity: +0.02" in shown.verdict.text


def test_a_cancelled_one_may_be_ordered_again(films: Dataset, ann: User, login: Login) -> None:
    client, run = login(ann), trained(films, ann, "itemknn")
    first = control.order(run, ann)
    jobs.cancel(Job.objects.get(pk=first.job_id))
    page = client.get(f"/experiments/{run.pk}/").content.decode()
    assert "The last control was cancelled." in page and "Train the control, about" in page
    assert control.order(run, ann).pk != first.pk


@pytest.mark.parametrize("model", control.BASES)
def test_what_learns_nothing_has_none(films: Dataset, ann: User, model: str, login: Login) -> None:
    run = made(films, ann, model)
    assert control.shown(run) is None
    page = login(ann).post(f"/experiments/{run.pk}/control/", follow=True).content.decode()
    assert "Nothing was started." in page and not run.children.exists()
