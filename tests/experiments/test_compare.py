"""Runs beside each other: differences paired by user, p by Holm, and what may not be paired."""

import csv
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from recweb.datasets.models import Dataset
from recweb.experiments import comparing, comparison
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.people.models import User
from tests.datasets.conftest import work_off
from tests.experiments.conftest import made, trained
from training.stats import paired, paired_table

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]


def holm_by_hand(ps: list[float]) -> list[float]:
    """Holm 1979: the k-th smallest of n times n - k + 1, never falling, at most 1."""
    order = sorted(range(len(ps)), key=lambda at: ps[at])
    out, highest = [0.0] * len(ps), 0.0
    for place, at in enumerate(order):
        highest = max(highest, min(1.0, ps[at] * (len(ps) - place)))
        out[at] = highest
    return out


def text(page: str) -> str:
    return " ".join(re.sub(r"<.*?>", " ", page, flags=re.S).split())


@pytest.fixture
def three(films: Dataset, bob: User) -> list[Experiment]:
    models = ("pop", {}), ("ease", {"l2": 50.0}), ("itemknn", {})
    return [trained(films, bob, model, params=params) for model, params in models]  # type: ignore[arg-type]


def test_many_columns_at_once_are_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((60, 3)), rng.random((60, 3))
    a[:, 0] += 0.2
    a[:7, 1] = np.nan
    found = paired_table(a, b, np.random.default_rng(2))
    for column, pair in enumerate(found):
        alone = paired(a[:, column], b[:, column], np.random.default_rng(3))
        assert pair.n == alone.n
        assert pair.difference == pytest.approx(alone.difference)
        assert pair.lo == pytest.approx(alone.lo, abs=0.02)
        assert pair.p == pytest.approx(alone.p, abs=0.02)
    assert found[0].p < 0.01


def test_differences_are_paired_by_user_and_adjusted_over_all(three: list[Experiment]) -> None:
    base, *others = three
    found = comparing.against(base, others, list(comparison.PAIRED))
    cells = [cell for run in found.values() for cell in run["metrics"].values()]
    assert len(cells) == 2 * len(comparison.PAIRED)
    by_hand = holm_by_hand([cell["p"] for cell in cells])
    assert [cell["p_holm"] for cell in cells] == pytest.approx(by_hand, abs=1e-5)
    for run in others:
        gap = found[str(run.pk)]["metrics"]["ndcg@10"]
        expected = run.mean("ndcg@10") - base.mean("ndcg@10")  # type: ignore[operator]
        assert gap["difference"] == pytest.approx(expected, abs=1e-5)
        assert gap["lo"] < gap["difference"] < gap["hi"]
    assert found[str(others[0].pk)]["metrics"]["ndcg@10"]["code"] == "up"
    assert found == comparing.against(base, others, list(comparison.PAIRED))


def test_the_run_and_the_comparison_give_the_same_interval(three: list[Experiment]) -> None:
    pop, ease, _knn = three
    there = comparing.against(pop, [ease], list(comparison.PAIRED))[str(ease.pk)]["metrics"]
    for name, mine in ease.verdict["metrics"].items():
        assert [mine[key] for key in ("difference", "lo", "hi", "p")] == pytest.approx(
            [there[name][key] for key in ("difference", "lo", "hi", "p")], abs=2e-6
        ), name


def test_an_interval_does_not_depend_on_who_else_is_compared(three: list[Experiment]) -> None:
    base, middle, last = three
    alone = comparing.against(base, [last], ["ndcg@10"])[str(last.pk)]["metrics"]["ndcg@10"]
    both = comparing.against(base, [middle, last], ["ndcg@10"])[str(last.pk)]["metrics"]["ndcg@10"]
    assert [alone[key] for key in ("lo", "hi", "p")] == [both[key] for key in ("lo", "hi", "p")]


def test_the_page_stars_the_best_and_shows_only_differences(
    three: list[Experiment],
    bob: User,
    login: Login,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    pop, ease, knn = three
    client, ids = login(bob), ",".join(str(run.pk) for run in three)
    with django_assert_max_num_queries(15):
        page = client.get(f"/experiments/compare/?ids={ids}").content.decode()
    row = re.search(r'<tr><th scope="row"><a href="/help/#ndcg".*?</tr>', page, re.S)
    assert row is not None
    cells = row[0].split("<td")[1:]
    means = [run.mean("ndcg@10") for run in three]
    assert ["★" in cell for cell in cells] == [mean == max(means) for mean in means]  # type: ignore[type-var]
    said = text(cells[1]).replace("\u202f", " ")
    gap = r"\+[\d.]+ \(\+[\d.]+ %\) \+0.0\d+ … \+0.\d+, p = 0.0\d+ ▲ better"
    assert re.search(gap, said), said
    assert "over the 12 comparisons of this table" in page
    settings = re.search(r'<h2 id="settings-title">.*?</section>', page, re.S)
    assert settings is not None
    assert "<code>l2</code>" in settings[0] and "<code>seed</code>" not in settings[0]
    whole = client.get(f"/experiments/compare/?ids={ids}&all=1").content.decode()
    assert "<code>seed</code>" in whole
    assert comparison.path(comparison.key(pop, [ease, knn])).exists()


def test_other_splits_are_said_and_not_paired(films: Dataset, bob: User, login: Login) -> None:
    runs = [
        trained(films, bob, "pop"),
        trained(films, bob, "ease"),
        trained(films, bob, "ease", split="random", seed=1, name="at random"),
        trained(films, bob, "pop", split="random", seed=2, name="other seed"),
    ]
    ids = ",".join(str(run.pk) for run in runs)
    page = login(bob).get(f"/experiments/compare/?ids={ids}").content.decode()
    assert "at random has another split" in page and "other seed has another split" in page
    assert "over the 6 comparisons" in page
    page = login(bob).get(f"/experiments/compare/?ids={runs[2].pk},{runs[3].pk}").content.decode()
    assert "drew its split with another seed" in page and "★</span>" not in page
    assert "there is no difference and no p" in page and "comparisons of this table" not in page


def test_the_chosen_baseline_turns_the_difference_round(
    three: list[Experiment], bob: User, login: Login
) -> None:
    pop, ease, _knn = three
    assert comparison.found(pop, [ease]) is not None
    there = comparison.found(pop, [ease])[str(ease.pk)]["metrics"]["ndcg@10"]  # type: ignore[index]
    back = comparison.found(ease, [pop])[str(pop.pk)]["metrics"]["ndcg@10"]  # type: ignore[index]
    assert back["difference"] == pytest.approx(-there["difference"], abs=1e-6)
    assert (there["code"], back["code"]) == ("up", "down")
    page = login(bob).get(f"/experiments/compare/?ids={pop.pk},{ease.pk}&base={ease.pk}")
    assert f'<option value="{ease.pk}" selected' in page.content.decode()


def test_many_users_are_left_to_the_worker(
    three: list[Experiment], bob: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "AT_ONCE", 10)
    pop, ease, _knn = three
    client, path = login(bob), f"/experiments/compare/?ids={pop.pk},{ease.pk}"
    page = client.get(path).content.decode()
    assert "Work them out" in page and "within noise" not in page
    for _twice in range(2):
        assert client.post(path).status_code == 302
    assert Job.objects.filter(kind="compare").count() == 1
    assert "number 1 in line" in client.get(path).content.decode()
    assert work_off("quick").state == "done"
    page = client.get(path).content.decode()
    assert "Work them out" not in page and 'class="code better"' in page


def test_the_csv_holds_every_metric_and_difference(
    three: list[Experiment], bob: User, login: Login
) -> None:
    ids = ",".join(str(run.pk) for run in three)
    answer = login(bob).get(f"/experiments/compare/?ids={ids}&format=csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(body.splitlines()))
    found = [row for row in rows if row["metric"] == "ndcg@10"]
    assert [int(row["run"]) for row in found] == [run.pk for run in three]
    assert float(found[1]["difference"]) > 0 and found[0]["difference"] == ""
    assert float(found[1]["p_holm"]) >= float(found[1]["p"])


def test_a_run_without_figures_is_shown_and_left_out(
    films: Dataset, bob: User, login: Login
) -> None:
    from recweb.experiments import orders

    done = trained(films, bob, "pop")
    waiting = orders.start(films, model="ease", owner=bob, name="waiting")
    page = login(bob).get(f"/experiments/compare/?ids={done.pk},{waiting.pk}").content.decode()
    assert "waiting has no figures yet" in page


def test_a_pinned_run_without_figures_is_the_reason_and_not_the_split(
    films: Dataset, bob: User, login: Login
) -> None:
    mine = {"state": "cancelled", "metrics": {}, "is_baseline": True, "name": "stopped"}
    pinned = made(films, bob, "ease", **mine)
    done = trained(films, bob, "pop")
    client, ids = login(bob), f"{pinned.pk},{done.pk}"
    for base in ("", f"&base={pinned.pk}"):
        page = client.get(f"/experiments/compare/?ids={ids}{base}").content.decode()
        assert "stopped has no figures (cancelled)" in page
        assert "another split" not in page
    for path in ("/experiments/", "/", f"/experiments/{done.pk}/", f"/experiments/{pinned.pk}/"):
        assert client.get(path).status_code == 200, path


def test_settings_and_columns_are_named_for_the_reader(
    films: Dataset, bob: User, login: Login
) -> None:
    facts: dict[str, Any] = {"model": "ease", "params": {"fast": True, "l2": None}}
    pinned = made(films, bob, "pop", is_baseline=True, params={"fast": False, "l2": 5.0})
    other = made(films, bob, **facts)
    path = f"/experiments/compare/?ids={pinned.pk},{other.pk}&base={other.pk}"
    client = login(bob)
    page = client.get(path).content.decode()
    rows = re.findall(r"<tr><th scope=\"row\"><code>.*?</tr>", page, re.S)
    said = [text(row) for row in rows]
    assert "fast no yes" in said and "l2 5.0 –" in said and "model Most popular EASE" in said
    head = re.search(r"<thead>.*?</thead>", page, re.S)
    assert head is not None
    first, second = (text(cell) for cell in re.split(r"<th\b", head[0])[2:])
    assert first.endswith("baseline") and "compared with" not in first
    assert second.endswith("compared with") and "baseline" not in second
    config = client.get(f"/experiments/{other.pk}/?tab=config").content.decode()
    assert "yes" in text(config) and "True" not in text(config)


def test_twelve_runs_cost_no_more_queries(
    films: Dataset,
    bob: User,
    login: Login,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ids = [trained(films, bob, "pop").pk]
    for _more in range(11):
        copy = Experiment.objects.get(pk=ids[0])
        copy.pk = None
        copy.save()
        ids.append(copy.pk)
    client, path = login(bob), f"/experiments/compare/?ids={','.join(map(str, ids))}"
    with django_assert_max_num_queries(15):
        page = client.get(path).content.decode()
    assert "over the 66 comparisons" in page and page.count("within noise") == 66


def test_the_points_keep_their_look(three: list[Experiment]) -> None:
    from recweb.experiments import figures

    both = figures.scatter(three, "ild@10", "ndcg@10")
    one = figures.scatter(three[1:2], "ild@10", "ndcg@10")
    assert both is not None and one is not None
    series = {trace["name"]: trace["meta"]["series"] for trace in both["figure"]["data"][-3:]}
    assert series[one["figure"]["data"][0]["name"]] == three[1].pk
