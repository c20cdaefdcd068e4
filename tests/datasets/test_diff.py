"""Two versions compared: what came, what went, how far it moved; and versions that stay."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from recweb.datasets import exports
from recweb.datasets.models import Dataset, Version
from recweb.people.models import User
from tests.datasets.conftest import MOVIES, bring, work_off
from tests.datasets.test_pages import text_of
from training.health.difference import compare
from training.log import Log

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
MORE = "userId,movieId,rating,timestamp\n9,99,5,1298861999\n1,31,2.5,1260759144\n"


@pytest.fixture
def two(loaded: Dataset) -> Dataset:
    bring(loaded, "interactions", MORE, "more.csv")
    return loaded


def test_the_page_says_what_came(
    two: Dataset, bob: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login(bob)
    assert "Compare" in text_of(client.get("/datasets/shop/diff/"))
    asked = {"from": "1", "to": "2"}
    assert client.post("/datasets/shop/diff/", asked).status_code == 302
    assert work_off("quick").state == "done"
    with django_assert_max_num_queries(15):
        shown = text_of(client.get("/datasets/shop/diff/?from=1&to=2"))
    assert "变形金刚" in shown
    found = client.get("/api/v1/datasets/shop/versions/diff/?from=1&to=2").json()["difference"]
    assert found["rows"] == {"before": 7, "after": 8, "added": 1, "removed": 0}
    assert found["users"]["some_added"] == ["9"]
    assert found["items"]["some_added"] == ["99"]
    assert 0 < found["popularity"]["js"] < 1


def test_one_version_has_nothing_to_compare(loaded: Dataset, bob: User, login: Login) -> None:
    client = login(bob)
    assert "Nothing to compare yet" in text_of(client.get("/datasets/shop/diff/"))
    assert client.get("/api/v1/datasets/shop/versions/diff/?from=1&to=1").status_code == 422
    assert client.get("/api/v1/datasets/shop/versions/diff/?from=x&to=1").status_code == 400
    assert client.get("/api/v1/datasets/shop/versions/diff/?from=1&to=9").status_code == 404


def contents(version: Version) -> dict[str, bytes]:
    folder = exports.version_folder(version)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def forget(version: Version) -> None:
    shutil.rmtree(Path(exports.version_folder(version)))


def test_a_version_is_exported_again_byte_for_byte(two: Dataset) -> None:
    """Also after later files brought users, items, events and other titles."""
    first = two.versions.get(number=1)
    before = contents(first)
    assert len(before) > 5
    bring(two, "items", MOVIES.replace("Dumbo (1941)", "Dumbo the Elephant"), "new.csv")
    bring(two, "interactions", "user,item,event\n1,31,click\n77,500,view\n", "clicks.csv")
    forget(first)
    assert contents(first) == before
    second = two.versions.get(number=2)
    assert contents(second) != before


def log(*rows: tuple[int, int, float]) -> Log:
    users, items, values = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return Log(
        users.astype(np.int32), items.astype(np.int32), np.zeros(n, np.int16),
        values.astype(np.float32), None, ("rating",), 9, 9,
    )  # fmt: skip


def test_rows_are_compared_as_a_multiset() -> None:
    before = log((0, 0, 1), (0, 0, 1), (0, 1, 2), (1, 1, 3))
    after = log((0, 1, 2), (0, 0, 1), (2, 1, 3))
    found = compare(before, after)
    assert found["rows"] == {"before": 4, "after": 3, "added": 1, "removed": 2}
    assert (found["users"]["added"], found["users"]["removed"]) == (1, 1)


def test_the_same_log_has_no_difference() -> None:
    same = log((0, 0, 1), (0, 1, 2), (1, 1, 3))
    found = compare(same, same)
    assert found["rows"]["added"] == found["rows"]["removed"] == 0
    assert found["popularity"] == {
        "js": 0.0, "noise": found["popularity"]["noise"], "meaning": "none",
    }  # fmt: skip
