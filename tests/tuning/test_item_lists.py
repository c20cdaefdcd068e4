"""An item's page: whom each model shows it to at which diversity, what it holds it alike to."""

import re
from collections import Counter
from typing import Any

import numpy as np
from django.conf import settings

from recweb.datasets import rows
from tests.tuning import planted
from tests.tuning.conftest import Shop
from training.serve import Bundle, alike


def counts(page: str) -> list[list[int]]:
    """The rows of people by diversity, one a model."""
    tables = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    return [[int(n) for n in re.findall(r'<td class="num">(\d+)</td>', one)] for one in tables]


def test_an_item_is_shown_to_those_whose_lists_hold_it(
    shop: Shop, django_assert_max_num_queries: Any
) -> None:
    api, browser = shop.api(), shop.browser()
    found: dict[float, Counter[str]] = {0.0: Counter(), 0.5: Counter()}
    first: dict[str, list[str]] = {}
    for user in range(planted.USERS):
        for weight, held in found.items():
            path = f"experiments/{shop.run.pk}/lists/"
            answer = api.get(path, user=f"u{user}", diversity=weight, k=10).json()
            if answer["held_out"]:
                held.update(row["item"] for row in answer["items"])
                if not weight:
                    first[f"u{user}"] = [row["item"] for row in answer["items"]]
    item = found[0.0].most_common(1)[0][0]
    assert found[0.0][item] != found[0.5][item], "the weight would change nothing here"
    browser.get(f"/lists/items/shop/{item}/")
    with django_assert_max_num_queries(12):
        page = browser.get(f"/lists/items/shop/{item}/").content.decode()
    (row,) = counts(page)
    assert (row[0], row[2]) == (found[0.0][item], found[0.5][item])
    assert f"/lists/items/shop/{item}/" in browser.get(f"/items/shop/{item}/").content.decode()
    best = min((listed.index(item), user) for user, listed in first.items() if item in listed)
    shown = re.findall(r'href="/users/shop/(u\d+)/".*?place (\d+)', page)
    assert shown[0][1] == str(best[0] + 1) and item in first[shown[0][0]]


def test_each_model_says_what_it_holds_alike(shop: Shop) -> None:
    planted.train(shop.dataset, shop.bob, "pop")
    code = 7
    bundle = Bundle.load(settings.ARTIFACTS / shop.run.folder / "model")
    near = alike(bundle, code, 5)
    weights = bundle.arrays["weights"][code]
    assert [value for _item, value in near] == sorted(weights[weights > 0], reverse=True)[:5]
    named = rows.titles(shop.dataset.pk, [code, *(item for item, _value in near)])
    page = shop.browser().get(f"/lists/items/shop/{named[code].outside_id}/").content.decode()
    places = [page.index(f">{named[item].name}</a>") for item, _value in near]
    assert places == sorted(places)
    assert page.count("This model compares no items") == 1


def test_factors_compare_items_by_their_angle() -> None:
    factors = np.array([[1, 0], [2, 0.2], [0, 1], [-1, 0], [0, 0]], np.float32)
    bundle = Bundle("factors", {"item_factors": factors}, {})
    assert [item for item, _value in alike(bundle, 0)] == [1]
    assert [item for item, _value in alike(bundle, 1)] == [0, 2]
    assert alike(bundle, 4) == []


def test_who_may_ask(shop: Shop) -> None:
    assert shop.browser(shop.cat).get("/lists/items/shop/i1/").status_code == 404
    assert shop.browser(shop.dan).get("/lists/items/shop/i1/").status_code == 403
    assert shop.browser().get("/lists/items/shop/ghost/").status_code == 404
