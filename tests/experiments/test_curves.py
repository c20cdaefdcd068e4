"""Curves of a run: read while it trains, kept with what it publishes, said in words when none."""

import json
from pathlib import Path

import pytest

from recweb.datasets.models import Dataset
from recweb.experiments import artifacts, curves, orders
from recweb.experiments.models import Experiment
from recweb.jobs import fence
from recweb.jobs.models import Job
from recweb.jobs.run import home
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import Login, made
from training.store import Checkpoint

pytestmark = pytest.mark.django_db


def noted(folder: Path, n: int = 6) -> None:
    """Loss falls; validation is best at the fourth epoch."""
    checkpoint = Checkpoint(folder)
    for epoch in range(1, n + 1):
        figures = {"loss": 1 / epoch, "ndcg@10": 0.07 - 0.01 * abs(epoch - 4)}
        checkpoint.note(epoch, figures)


def running(films: Dataset, bob: User) -> tuple[Experiment, Job]:
    run = orders.start(films, model="ials", owner=bob)
    job = fence.claim("train", "test:1")
    assert job is not None
    Experiment.objects.filter(pk=run.pk).update(state="running")
    return run, job


def test_a_running_training_shows_the_epochs_that_have_ended(
    films: Dataset, bob: User, login: Login
) -> None:
    run, job = running(films, bob)
    client, path = login(bob), f"/experiments/{run.pk}/?tab=curves&smooth=0"
    page = client.get(path).content.decode()
    assert "when the first epoch has ended" in page and 'hx-trigger="every 3s"' in page
    noted(home(job) / ".checkpoints")
    page = client.get(path).content.decode()
    assert "Best on validation: epoch 4 of 6, nDCG@10 0.0700." in page
    chart = page.split('id="curve-metric" type="application/json">')[1].split("</script>")[0]
    (line,) = json.loads(chart)["data"]
    assert line["x"] == [1, 2, 3, 4, 5, 6] and max(line["y"]) == pytest.approx(0.07)
    assert 'id="curve-loss"' in page


def test_what_was_noted_goes_along_with_what_is_published(
    films: Dataset, bob: User, login: Login
) -> None:
    run = orders.start(films, model="pop", owner=bob)
    folder = home(Job.objects.get(pk=run.job_id)) / ".checkpoints"
    noted(folder)
    assert work_off("train").state == "done"
    run.refresh_from_db()
    kept = artifacts.folder(run) / curves.NAME
    assert kept.read_bytes() == (folder / curves.NAME).read_bytes()
    found = login(bob).get(f"/api/v1/experiments/{run.pk}/curves/").json()
    assert [one["epoch"] for one in found["points"]] == [1, 2, 3, 4, 5, 6]
    assert found["points"][3]["ndcg@10"] == pytest.approx(0.07)
    assert found["live"] is False and found["unreadable"] == 0


@pytest.mark.parametrize(
    ("model", "words"),
    [("ease", "solved in one step"), ("ials", "older than the curves")],
)
def test_without_a_curve_it_says_why(
    films: Dataset, bob: User, login: Login, model: str, words: str
) -> None:
    run = made(films, bob, model)
    assert words in login(bob).get(f"/experiments/{run.pk}/?tab=curves").content.decode()
    found = login(bob).get(f"/api/v1/experiments/{run.pk}/curves/").json()
    assert found["points"] == [] and found["at_once"] is (model == "ease")


def test_an_epoch_noted_again_counts_once_and_a_broken_line_is_said(tmp_path: Path) -> None:
    path = tmp_path / curves.NAME
    lines = [
        '{"epoch": 1, "loss": 3}', '{"epoch": 2, "loss": 2}', '{"epoch": 2, "loss": 1.5}',
        "not json", "[1]", '{"loss": 1}', '{"epoch": 3, "loss": "x"}',
    ]  # fmt: skip
    path.write_text("\n".join(lines) + '\n{"epoch": 4, "lo', "utf-8")
    found = curves.read(path)
    assert found.points == [
        {"epoch": 1, "loss": 3.0}, {"epoch": 2, "loss": 1.5}, {"epoch": 3},
    ]  # fmt: skip
    assert found.lost == 3
    assert curves.read(tmp_path / "nothing").points == []


def test_a_long_curve_is_thinned_in_words_and_whole_in_the_table() -> None:
    points = [{"epoch": n, "loss": 1.0, "hr@10": 0.1} for n in range(1, 1501)]
    found = curves.loss_chart(curves.Curve(points), 0.6, log=True)
    assert found is not None
    assert len(found["figure"]["data"][-1]["x"]) == 500
    assert "Of 1\u202f500 epochs every 3. is drawn" in found["caption"]
    assert len(found["table"]["rows"]) == 1500
    assert found["figure"]["layout"]["yaxis"]["type"] == "log"
