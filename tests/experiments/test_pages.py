"""One run, tab by tab."""

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import artifacts, orders
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.people.models import User
from tests.experiments.conftest import Login, made, trained

pytestmark = pytest.mark.django_db


TABS = ("overview", "curves", "tradeoff", "lists", "config", "log", "files")


def test_a_run_tells_its_verdict_and_every_tab_works(
    films: Dataset, bob: User, login: Login, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = trained(films, bob, "ease", params={"l2": 50.0})
    client = login(bob)
    for tab in TABS:
        with django_assert_max_num_queries(15):
            answer = client.get(f"/experiments/{run.pk}/?tab={tab}")
        assert answer.status_code == 200, tab
    page = client.get(f"/experiments/{run.pk}/").content.decode()
    said = re.sub(r"<.*?>", "", re.search(r'id="verdict">(.*?)</p>', page, re.S)[1])  # type: ignore[index]
    assert said.startswith("EASE beats popularity on nDCG@10: +")
    assert re.search(r", p (&lt; 0\.001|= 0\.00\d+)\)", said), said
    assert "95 % interval +" in said and re.search(r", \+[\d.]+\u202f%", said)
    for words in ("light users", "tail items", "user-temporal", "leak", "sealed"):
        assert words in page, words
    config = client.get(f"/experiments/{run.pk}/?tab=config").content.decode()
    assert "✚ 50.0" in config and run.version.fingerprint in config and "numpy" in config


def test_segments_add_up_to_all_users(films: Dataset, bob: User) -> None:
    run = trained(films, bob, "itemknn")
    found = run.metrics["segments"]
    kinds = [found[kind] for kind in ("new", "light", "heavy") if kind in found]
    n = sum(kind["n"] for kind in kinds)
    assert n == run.split_facts["n_evaluated"]
    mean = sum(kind["n"] * kind["metrics"]["ndcg@10"]["mean"] for kind in kinds) / n
    assert mean == pytest.approx(run.mean("ndcg@10"), abs=1e-5)
    assert found["head"]["n"] + found["tail"]["n"] == run.split_facts["n_items"]


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("worse", "EASE cannot beat popularity: it is worse on nDCG@10, −0.0100, −10.0\u202f%"),
        ("noise", "EASE cannot beat popularity so far: the difference on nDCG@10 is within noise"),
    ],
)
def test_a_run_that_cannot_beat_popularity_is_told_so(
    films: Dataset, bob: User, login: Login, code: str, start: str
) -> None:
    cell = {"code": code, "baseline_mean": 0.1, "difference": -0.01, "lo": -0.02, "hi": -0.001}
    gaps = {"ndcg@10": cell | {"p": 0.01}, "ild@10": cell | {"code": "better", "p": 0.001}}
    verdict = {"baseline": "pop", "n": 40, "code": code, "metrics": gaps}
    run = made(films, bob, "ease", verdict=verdict)
    page = login(bob).get(f"/experiments/{run.pk}/").content.decode()
    assert start in page and "better on Intra-list diversity@10" in page
    assert f'class="verdict {code}"' in page


@pytest.mark.parametrize("state", ["queued", "running", "cancelling", "failed", "cancelled"])
def test_every_state_has_its_page(films: Dataset, bob: User, login: Login, state: str) -> None:
    from django.utils import timezone

    run = orders.start(films, model="pop", owner=bob)
    Experiment.objects.update(state=state)
    Job.objects.update(state=state, error="The disk is full.", lease_until=timezone.now())
    page = login(bob).get(f"/experiments/{run.pk}/").content.decode()
    words = {
        "queued": "number 1 in line",
        "running": "In training",
        "cancelling": "Being cancelled",
        "failed": "The training failed. The disk is full.",
        "cancelled": "checkpoints are kept",
    }
    assert words[state] in page
    live = state in ("queued", "running", "cancelling")
    assert (f'hx-get="/experiments/{run.pk}/?tab=overview"' in page) is live
    assert (f"/jobs/{run.job_id}/retry/" in page) is not live


def test_name_tags_baseline_and_archive(films: Dataset, bob: User, login: Login) -> None:
    run = made(films, bob, "ease")
    other = made(films, bob, is_baseline=True)
    client, path = login(bob), f"/experiments/{run.pk}/change/"
    client.post(path, {"do": "rename", "name": " two  words ", "tags": "a, b，a,"})
    run.refresh_from_db()
    assert (run.name, run.tags) == ("two words", ["a", "b"])
    client.post(path, {"do": "rename", "name": "x", "tags": "t" * 31})
    client.post(path, {"do": "baseline"})
    run.refresh_from_db()
    other.refresh_from_db()
    assert run.name == "two words" and run.is_baseline and not other.is_baseline
    assert f"archived={run.pk}" in client.post(path, {"do": "archive"})["Location"]
    assert client.get(path).status_code == 405


@pytest.mark.parametrize(
    "facts",
    [{"state": "cancelled"}, {"state": "running"}, {"state": "done"}, {"role": "control"}],
)
def test_a_run_without_figures_does_not_replace_the_baseline(
    films: Dataset, bob: User, login: Login, facts: dict[str, str]
) -> None:
    base = made(films, bob, is_baseline=True)
    given: dict[str, object] = {"parent": base} if "role" in facts else {"metrics": {}}
    run = made(films, bob, "ease", **facts, **given)
    client, path = login(bob), f"/experiments/{run.pk}/"
    assert "set-baseline" not in client.get(path).content.decode()
    said = client.post(f"{path}change/", {"do": "baseline"}, follow=True).content.decode()
    assert "pinned one stays" in said or "pinned baseline stays" in said
    base.refresh_from_db()
    run.refresh_from_db()
    assert base.is_baseline and not run.is_baseline


def test_the_admin_downloads_files_but_not_the_sealed_ones(
    films: Dataset, ann: User, bob: User, login: Login
) -> None:
    run = trained(films, bob, "pop")
    path = f"/experiments/{run.pk}/file/"
    answer = login(ann).get(path, {"name": "validation/ndcg-10.npy"})
    kept = artifacts.folder(run) / "validation" / "ndcg-10.npy"
    assert b"".join(answer.streaming_content) == kept.read_bytes()  # type: ignore[attr-defined]
    for name in ("test/ndcg-10.npy", "../secrets", "/etc/passwd", "", "model/\x00"):
        assert login(ann).get(path, {"name": name}).status_code == 302, name
    assert login(bob).get(path, {"name": "validation/ndcg-10.npy"}).status_code == 403
    assert "sealed" in login(bob).get(f"/experiments/{run.pk}/?tab=files").content.decode()


def test_a_child_says_what_its_labels_bought(films: Dataset, bob: User, login: Login) -> None:
    cell = {"code": "noise", "baseline_mean": 0.1, "difference": 0.004, "lo": -0.01, "hi": 0.02}
    facts = {
        "n": 40, "n_relevant": 20, "n_users": 11,
        "by_arm": {"uncertain": 30, "random": 4, "marked": 6},
        "metrics": {"ndcg@10": cell | {"p": 0.4}},
    }  # fmt: skip
    parent = made(films, bob, "ease", name="the parent")
    child = made(films, bob, "ease", parent=parent, labels_facts=facts)
    page = login(bob).get(f"/experiments/{child.pk}/").content.decode()
    assert "40 labels on 11 users, 20 of them relevant" in page
    assert "What they changed is within noise: +0.00400" in page
    told = re.findall(r"<dt>(.+?)</dt><dd class=\"num\">(\d+)</dd>", page)
    assert ("marked on users’ pages", "6") in told and ("chosen by uncertainty", "30") in told
    assert f"child of run {parent.pk}" in page
    page = login(bob).get(f"/experiments/{parent.pk}/").content.decode()
    assert "Trained on from here" in page
