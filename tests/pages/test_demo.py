"""The demo data: what is written, and that nothing is done twice (all of it: test_whole_loop)."""

import csv
from pathlib import Path

import pytest

from recweb.datasets.models import Dataset, Member
from recweb.jobs.models import Job
from recweb.pages import demo
from tests.pages.cast import Cast
from tests.pages.conftest import Login


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_writes_what_somebody_would_upload(tmp_path: Path) -> None:
    ratings, items = (read(path) for path in demo.write(tmp_path))
    assert len(ratings) == 100_004 and len({row["userId"] for row in ratings}) == 671
    assert list(ratings[0]) == ["userId", "movieId", "rating", "timestamp"]
    assert {row["movieId"] for row in ratings} == {row["movieId"] for row in items}
    first = items[0]
    assert first["title"] == "Toy Story" and first["year"] == "1995"
    assert first["genres"].split("|")[0] == "Adventure"
    assert all(row["year"] == "" or row["year"].isdecimal() for row in items)
    assert not any("no genres" in row["genres"] for row in items)


def test_the_button_orders_it_once(cast: Cast, login: Login) -> None:
    client = login(cast.ann)
    for _ in range(2):
        assert client.post("/home/demo/").status_code == 302
    assert Job.objects.filter(kind="demo").count() == 1


@pytest.mark.parametrize("name", ["bob", "cat"])
def test_only_an_admin_may_press_it(cast: Cast, login: Login, name: str) -> None:
    assert login(getattr(cast, name)).post("/home/demo/").status_code == 403
    assert not Job.objects.exists()


def test_the_dataset_and_its_members_are_made_once(cast: Cast) -> None:
    people = demo.People(cast.ann, cast.bob, cast.cat)
    first = demo._dataset(people)
    assert demo._dataset(people) == first and Dataset.objects.count() == 1
    assert Member.objects.filter(dataset=first).count() == 3
    assert first.rules == demo.RULES


def test_a_second_run_brings_nothing_in_again(cast: Cast) -> None:
    people = demo.People(cast.ann, cast.bob, cast.cat)
    dataset = demo._dataset(people)
    said: list[str] = []
    desk = demo.Desk(people, said.append)
    first = demo._bring_in(dataset, desk)
    assert len(said) == 2
    again = demo._bring_in(dataset, desk)
    assert [batch.pk for batch in again] == [batch.pk for batch in first] and len(said) == 2
