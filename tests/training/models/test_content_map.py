from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.models.planted import fitted, ndcg, planted
from training import store
from training.bundle import Bundle, common

WHOLE = planted()
COLD_ITEMS = planted(name="cold-item")
COLD_USERS = planted(name="cold-user")
USERS = np.arange(WHOLE.n_users)


def test_items_without_events_stand_where_their_content_puts_them() -> None:
    cold = np.bincount(COLD_ITEMS.train.indices, minlength=COLD_ITEMS.n_items) == 0
    made, content = fitted("content_map", COLD_ITEMS), fitted("content_ridge", COLD_ITEMS)
    np.testing.assert_array_equal(made.item_factors_[cold], content.item_factors_[cold])


def test_the_more_people_took_an_item_the_more_it_is_its_own() -> None:
    taken = np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items)
    own = fitted("ials", WHOLE, frequency=0.0).item_factors_
    content = fitted("content_ridge", WHOLE).item_factors_
    made = fitted("content_map", WHOLE, prior=4.0).item_factors_
    for item in (3, 50, 77):
        share = taken[item] / (taken[item] + 4.0)
        expected = share * own[item] + (1 - share) * content[item]
        np.testing.assert_allclose(made[item], expected, atol=1e-5)


def test_held_out_items_are_ranked_better_than_by_chance_or_behaviour() -> None:
    cold = np.bincount(COLD_ITEMS.train.indices, minlength=COLD_ITEMS.n_items) == 0
    found = ndcg(fitted("content_map", COLD_ITEMS), COLD_ITEMS, only=cold)
    for blind in ("ials", "pop", "random"):
        assert found > 1.15 * ndcg(fitted(blind, COLD_ITEMS), COLD_ITEMS, only=cold)


def test_topics_of_others_lose_the_gain() -> None:
    cold = np.bincount(COLD_ITEMS.train.indices, minlength=COLD_ITEMS.n_items) == 0
    items = COLD_ITEMS.items
    order = np.random.default_rng(0).permutation(COLD_ITEMS.n_items)
    mixed = replace(COLD_ITEMS, items=replace(items, topics=items.topics[order]))
    lost = ndcg(fitted("content_map", mixed), mixed, only=cold)
    assert lost < 0.9 * ndcg(fitted("content_map", COLD_ITEMS), COLD_ITEMS, only=cold)


def test_new_people_get_the_mean_taste_which_is_no_worse_than_popularity() -> None:
    made = fitted("content_map", COLD_USERS)
    new = np.flatnonzero(np.diff(COLD_USERS.train.indptr) == 0)
    scores = made.scores(new)
    np.testing.assert_allclose(scores - made.item_factors_ @ made.prior_, 0.0, atol=1e-6)
    assert ndcg(made, COLD_USERS) > 0.9 * ndcg(fitted("pop", COLD_USERS), COLD_USERS)
    # iALS has nothing to say of them: all its scores are 0
    assert ndcg(made, COLD_USERS) > 1.2 * ndcg(fitted("ials", COLD_USERS), COLD_USERS)


def test_serving_says_that_nothing_is_known_and_learns_from_the_first_event(tmp_path: Path) -> None:
    made = fitted("content_map", COLD_USERS)
    vectors = np.eye(COLD_USERS.n_items, dtype=np.float32)
    arrays = made.serving() | common(COLD_USERS.train, vectors)
    store.write(tmp_path / "bundle", arrays, made.serving_meta())
    bundle = Bundle.load(tmp_path / "bundle")
    new = int(np.flatnonzero(np.diff(COLD_USERS.train.indptr) == 0)[0])
    nothing = np.array([], dtype=int)
    assert not bundle.knows(new, nothing) and not bundle.knows(None, nothing)
    np.testing.assert_allclose(
        bundle.scores(None, nothing), made.scores(np.array([new]))[0], atol=1e-5
    )
    # a row solved from a training history is the training's own
    known = int(np.flatnonzero(np.diff(COLD_USERS.train.indptr) > 0)[0])
    row = COLD_USERS.train[known]
    folded = bundle.folded(row.indices, row.data)
    np.testing.assert_allclose(folded, made.user_factors_[known], rtol=1e-3, atol=1e-4)


def test_without_content_it_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="content_ridge needs the items' topics, years or texts"):
        fitted("content_map", replace(WHOLE, items=None))
