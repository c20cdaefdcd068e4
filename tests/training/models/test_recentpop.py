from dataclasses import replace

import numpy as np
import pytest

from tests.training.models.planted import fitted, planted

DAY = 86_400


def test_it_equals_the_plain_sum_over_events() -> None:
    whole = planted(stars=True)  # stars do not count, people do
    train, at = whole.train.tocoo(), whole.train_at.tocoo()
    newest = at.data.max()
    expected = np.zeros(whole.n_items)
    for item, when in zip(train.col, at.data, strict=True):
        expected[item] += 0.5 ** ((newest - when) / DAY / 900)
    made = fitted("recentpop", whole, half_life=900)
    np.testing.assert_allclose(made.scores(np.array([3]))[0], expected, rtol=1e-9)


def test_an_endless_half_life_is_plain_popularity() -> None:
    whole = planted()
    near = replace(whole, train_at=whole.train_at.multiply(1e-6).tocsr())  # within 1,000 seconds
    slow = fitted("recentpop", near, half_life=36500).scores(np.array([0]))
    np.testing.assert_allclose(slow, fitted("pop", whole).scores(np.array([0])), rtol=1e-5)


def test_a_short_half_life_puts_the_newest_item_first() -> None:
    whole = planted()
    newest = whole.train_at.indices[whole.train_at.data.argmax()]
    scores = fitted("recentpop", whole, half_life=0.01).scores(np.array([0]))[0]
    assert scores.argmax() == newest
    assert np.isfinite(scores).all()


def test_where_fashion_turns_it_beats_popularity() -> None:
    """Items 0-59 were taken in the first year, 60-119 in the second: the last tenth is all new."""
    whole = planted()
    old = whole.train.indices < 60
    at = whole.train_at.copy()
    at.data = np.where(old, 1e9, 1e9 + 365 * DAY)
    made = fitted("recentpop", replace(whole, train_at=at))
    scores, plain = made.scores(np.array([0]))[0], fitted("pop", whole).scores(np.array([0]))[0]
    taken = np.bincount(whole.train.indices, minlength=120)[60:] > 0
    assert scores[60:][taken].min() > scores[:60].max()
    assert plain[60:][taken].min() < plain[:60].max()


def test_without_times_it_says_what_to_use() -> None:
    with pytest.raises(ValueError, match="recentpop needs times.*use pop"):
        fitted("recentpop", planted(times=False))


def test_it_serves_what_it_scores() -> None:
    made = fitted("recentpop", planted())
    assert made.serving_meta() == {"form": "popularity"}
    served = made.serving()["item_scores"]
    assert served.dtype == np.float32
    np.testing.assert_allclose(served, made.scores(np.array([0]))[0], rtol=1e-6)
