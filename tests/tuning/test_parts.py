"""Why an item has its place: the two terms that the re-ranker added up."""

import re
from typing import Any

import numpy as np
import pytest

from recweb.datasets.models import Person
from recweb.experiments.models import Experiment
from recweb.tuning.lists import lists, without
from recweb.tuning.parts import parts
from recweb.tuning.shelf import shelf
from tests.tuning.conftest import Shop
from training.rerank.mmr import mmr, scaled


def test_by_hand() -> None:
    vectors = np.array([[1, 0], [1, 0], [0.6, 0.8]], np.float32)
    first, second, third = parts(vectors, [2, 0, 1], {2: 1.0, 0: 0.5, 1: 0.25}, 0.25)
    assert (first.distance, first.nearest, first.terms) == (None, None, (0.75, 0.0))
    assert second.nearest == 2 and second.distance == pytest.approx(0.4)
    assert second.total == pytest.approx(0.75 * 0.5 + 0.25 * 0.4)
    assert third.nearest == 0 and third.distance == pytest.approx(0.0)
    assert parts(vectors, [], {}, 0.5) == []


@pytest.mark.parametrize("weight", [0.1, 0.5, 0.9])
def test_what_was_chosen_has_the_greatest_sum_of_all_that_were_left(weight: float) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(30, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    worth = scaled(np.sort(rng.random(30))[None, ::-1])
    listed = mmr(worth, vectors[None], 8, weight)[0].tolist()
    known = dict(enumerate(worth[0].tolist()))
    for place in range(1, 8):
        sums = {
            code: parts(vectors, [*listed[:place], code], known, weight)[-1].total
            for code in set(range(30)) - set(listed[:place])
        }
        assert max(sums.values()) == pytest.approx(sums[listed[place]], abs=1e-5)


def test_the_page_says_them(shop: Shop, django_assert_max_num_queries: Any) -> None:
    browser = shop.browser()
    browser.get("/lists/users/shop/u1/?diversity=0.5")
    with django_assert_max_num_queries(15):
        page = browser.get("/lists/users/shop/u1/?diversity=0.5").content.decode()
    assert page.count("Nothing stands above the first place") == 1
    said = re.findall(
        r"Chosen for ([\d.]+) = ([\d.]+) of relevance \(0.50 × ([\d.]+)\) \+ ([\d.]+) of diversity "
        r"\(0.50 × distance ([\d.]+)\)",
        page,
    )
    assert len(said) == 9
    for total, worth, relevance, gain, distance in ([float(n) for n in row] for row in said):
        assert total == pytest.approx(worth + gain, abs=0.0101)
        assert worth == pytest.approx(relevance / 2, abs=0.0101)
        assert gain == pytest.approx(distance / 2, abs=0.0101)
    plain = browser.get("/lists/users/shop/u1/?diversity=0").content.decode()
    assert plain.count("At diversity 0 relevance alone decides.") == 10
    assert "Chosen for" not in plain


def test_without_what_an_item_would_drop_out(
    shop: Shop, django_assert_max_num_queries: Any
) -> None:
    for model in ("itemknn", "rp3beta", "pop"):  # four columns, of one run's files
        other = Experiment.objects.get(pk=shop.run.pk)
        other.pk, other.model = None, model
        other.save()
    browser = shop.browser()
    found: list[str] = []
    for user in ("u1", "u2", "u3"):
        page = browser.get(f"/lists/users/shop/{user}/?diversity=0.3").content.decode()
        assert page.count("<h3>") == 4
        found += re.findall(r"would drop out at diversity 0 without (.+?)</p>", page)
    assert found and all(said.startswith("The ") for said in found)
    found_shelf = shelf(shop.run, shop.frontier.folder)
    taste = found_shelf.taste(shop.dataset.pk, Person.objects.get(outside_id="u1").code)
    first = lists(found_shelf, taste, [0.0]).items[0]
    gone = without(found_shelf, taste, first)
    assert gone and all(set(some) <= set(taste.history.tolist()) for some in gone.values())
    with django_assert_max_num_queries(15):
        browser.get("/lists/users/shop/u1/?diversity=0.3")
