"""Tastes carried over through texts: ordered on a page, measured beside what it must beat."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from recweb.datasets import partitions
from recweb.datasets.models import Dataset, Member, Report
from recweb.experiments import transfer
from recweb.people.models import User
from tests import planted
from tests.datasets.conftest import bring, text_of, work_off
from tests.experiments.conftest import Login

pytestmark = pytest.mark.django_db
PAGE = "/experiments/transfer/"
API = "/api/v1/experiments/transfer/"


LARGE = {"n_users": 300, "n_items": 300}  # else a tenth of the items is nine, and chance decides


@pytest.fixture
def films(shop: Dataset) -> Iterator[Dataset]:
    made = planted.files(**LARGE)
    bring(shop, "items", made.items, "items.csv")
    bring(shop, "interactions", made.ratings, "ratings.csv")
    yield shop
    partitions.drop_dataset(shop.pk)


@pytest.fixture
def cinema(ann: User) -> Iterator[Dataset]:
    """Other people, other films, the same words in their titles."""
    made = planted.files(seed=11, **LARGE)
    dataset = Dataset.objects.create(slug="cinema", name="Cinema", owner=ann)
    bring(dataset, "items", made.items, "items.csv")
    bring(dataset, "interactions", made.ratings, "ratings.csv")
    yield dataset
    partitions.drop_dataset(dataset.pk)


def asked(target: Dataset, source: Dataset, **more: str) -> dict[str, str]:
    given = {"dataset": target.slug, "source": source.slug, "encoder": "characters"}
    return given | {"split": "cold-item"} | more


def test_what_came_over_is_shown_beside_chance_popularity_and_shuffled_texts(
    films: Dataset, cinema: Dataset, ann: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login(ann)
    page = text_of(client.get(PAGE, {"dataset": films.slug}))
    assert '<option value="cinema">Cinema</option>' in page
    assert client.post(PAGE, asked(films, cinema)).status_code == 302
    job = work_off("train")
    assert job.state == "done", job.error or job.trace
    with django_assert_max_num_queries(15):
        page = text_of(client.get(PAGE, {"dataset": films.slug}))
    assert "Tastes came over through the texts" in page and "From Cinema v1" in page
    assert "dealt out to other items 19 times, 0 of them rank as well" in page
    found = client.get(API, {"dataset": films.slug}).json()["results"][0]
    means = {name: cells["ndcg@10"]["mean"] for name, cells in found["rows"].items()}
    assert means["transfer"] > 1.3 * max(means["transfer, shuffled"], means["random"])
    for name, gap in found["gaps"].items():
        low, high = gap["ndcg@10"]["lo"], gap["ndcg@10"]["hi"]
        assert low <= gap["ndcg@10"]["difference"] <= high
        difference = means["transfer"] - means[name]
        assert gap["ndcg@10"]["difference"] == pytest.approx(difference, abs=1e-5)
    assert found["verdict"]["code"] == "better" and found["source"] == "cinema"


def test_where_the_words_are_others_the_page_says_that_nothing_came_over(
    films: Dataset, ann: User, login: Login
) -> None:
    client, made = login(ann), planted.files(seed=12)
    foreign = Dataset.objects.create(slug="foreign", name="Foreign", owner=ann)
    head, *rows = made.items.splitlines()
    greek = str.maketrans("0123456789", "αβγδεζηθικ")  # not one letter in common
    words = [f"{row.split(',')[0]},{str(n * 7919).translate(greek)}," for n, row in enumerate(rows)]
    bring(foreign, "items", "\n".join([head, *words]), "items.csv")
    bring(foreign, "interactions", made.ratings, "ratings.csv")
    client.post(PAGE, asked(films, foreign))
    assert work_off("train").state == "done"
    page = text_of(client.get(PAGE, {"dataset": films.slug}))
    assert "Tastes came over" not in page and "0 of them rank as well" not in page
    found = client.get(API, {"dataset": films.slug}).json()["results"][0]
    assert found["verdict"]["code"] != "better" and found["chance"]["p"] > 0.05
    partitions.drop_dataset(foreign.pk)


def test_nobody_learns_of_a_source_that_is_not_theirs(
    films: Dataset, cinema: Dataset, ann: User, bob: User, cat: User, login: Login
) -> None:
    assert Member.objects.filter(dataset=films, user=bob).exists()
    client = login(bob)
    answer = client.post(PAGE, asked(films, cinema), follow=True)
    assert "Choose a dataset to learn from. Nothing was started." in text_of(answer)
    assert client.post(API, asked(films, cinema), "application/json").status_code == 422
    ordered = login(ann).post(API, asked(films, cinema), "application/json")
    assert ordered.status_code == 202
    assert work_off("train").state == "done"
    assert Report.objects.filter(kind="transfer").count() == 1
    page = text_of(client.get(PAGE, {"dataset": films.slug}))
    assert "Cinema" not in page and "no other dataset of yours" in page
    assert client.get(API, {"dataset": films.slug}).json() == {"results": []}
    assert "Cinema" not in text_of(client.get("/jobs/"))
    assert login(cat).get(API, {"dataset": films.slug}).status_code == 422
    assert login(cat).get(PAGE, {"dataset": films.slug}).status_code == 302


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"split": "sideways"}, "split", "There is no split “sideways”"),
        ({"encoder": "../x"}, "encoder", "There is no encoder “../x”"),
        ({"source": "shop"}, "source", "These are the same data"),
        ({"source": "nowhere"}, "source", "Choose a dataset to learn from"),
    ],
)
def test_what_cannot_work_is_refused_before_a_job(
    films: Dataset, cinema: Dataset, ann: User, login: Login, change: dict[str, str],
    field: str, said: str,
) -> None:  # fmt: skip
    answer = login(ann).post(API, asked(films, cinema) | change, "application/json")
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field
    assert said in answer.json()["error"]["message"]


def test_both_need_texts(films: Dataset, ann: User, login: Login) -> None:
    bare = Dataset.objects.create(slug="bare", name="Bare", owner=ann)
    bring(bare, "interactions", planted.files(seed=13).ratings, "ratings.csv")
    for target, source in ((films, bare), (bare, films)):
        answer = login(ann).post(API, asked(target, source), "application/json")
        assert answer.status_code == 422 and "“Bare” has no item texts" in str(answer.json())
    partitions.drop_dataset(bare.pk)


def test_the_answer_claims_no_more_than_both_comparisons_carry() -> None:
    codes = {
        pair: transfer._answer(*pair).code
        for pair in product(("better", "noise", "worse"), repeat=2)
    }
    assert [pair for pair, code in codes.items() if code == "better"] == [("better", "better")]
    assert {pair[0] for pair, code in codes.items() if code == "worse"} == {"worse"}
    assert codes["better", "worse"] == codes["noise", "better"] == "noise"
