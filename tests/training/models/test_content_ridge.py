from dataclasses import replace

import numpy as np
import pytest

from tests.training.models.planted import TOPICS, catalogue, fitted, ndcg, planted
from training.features import item_features
from training.models.contract import quiet
from training.models.ials import Ials
from training.split import Split

WHOLE = planted(seed=1, name="cold-item", n_items=400)
HELD = np.bincount(WHOLE.test.indices, minlength=WHOLE.n_items) > 0
COLD = HELD & (np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items) == 0)


def told(vectors: np.ndarray | None) -> Split:
    """The same log; all that is known of an item is its text vector."""
    assert WHOLE.items is not None
    blank = replace(catalogue(np.arange(WHOLE.n_items) % TOPICS), vectors=vectors)
    blank = replace(blank, topics=blank.topics * 0)
    return replace(WHOLE, items=blank)


def texts() -> np.ndarray:
    """Vectors that say the topic, with noise, as an encoder would."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((TOPICS, 24))
    noisy = centres[np.arange(WHOLE.n_items) % TOPICS] + 0.5 * rng.standard_normal(
        (WHOLE.n_items, 24)
    )
    return (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)


def cold(model: str, whole: Split, **params: float) -> float:
    """NDCG@10 among the cold items of test."""
    return ndcg(fitted(model, whole, **params), whole, only=COLD)


def chance() -> float:
    draws = [ndcg(fitted("random", WHOLE, seed=s), WHOLE, only=COLD) for s in range(8)]
    return float(np.mean(draws))


def test_topics_rank_cold_items_far_better_than_chance() -> None:
    assert COLD.sum() > 30
    assert cold("content_ridge", WHOLE) > 1.5 * chance()


def test_texts_rank_cold_items_and_shuffled_texts_do_not() -> None:
    vectors, rng = texts(), np.random.default_rng(1)
    assert cold("content_ridge", told(vectors)) > 1.5 * chance()
    mixed = [cold("content_ridge", told(rng.permutation(vectors))) for _ in range(6)]
    assert np.mean(mixed) < 1.2 * chance()


def test_the_map_is_weighted_ridge() -> None:
    from sklearn.linear_model import Ridge

    plain = Ials(factors=8, frequency=0.0)
    tastes = plain.fit(WHOLE, rng=np.random.default_rng(0), progress=quiet)
    made = fitted("content_ridge", WHOLE, factors=8, ridge=7.0)
    assert WHOLE.items is not None
    features = item_features(WHOLE.items)
    users = np.bincount(WHOLE.train.indices, minlength=WHOLE.n_items)
    oracle = Ridge(alpha=7.0).fit(features, tastes.item_factors_, np.sqrt(np.minimum(users, 50)))
    np.testing.assert_allclose(made.item_factors_, oracle.predict(features), atol=1e-5)


def test_it_says_when_there_is_no_content() -> None:
    with pytest.raises(ValueError, match="needs the items' topics"):
        fitted("content_ridge", replace(WHOLE, items=None))
    with pytest.raises(ValueError, match="found no topic, year or text"):
        fitted("content_ridge", told(None))
