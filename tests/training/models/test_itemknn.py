import numpy as np
import pytest

from tests.training.models.planted import fitted, planted


@pytest.mark.parametrize("stars", [False, True])
def test_it_equals_the_dense_brute_force(stars: bool) -> None:
    whole = planted(stars=stars)
    x = whole.train.toarray().astype(float)
    x = x / x[x > 0].mean()
    n, k, shrink = x.shape[1], 7, 10.0
    weights = np.zeros((n, n))
    for target in range(n):
        found = []
        for other in range(n):
            bottom = np.linalg.norm(x[:, other]) * np.linalg.norm(x[:, target]) + shrink
            similar = x[:, other] @ x[:, target] / bottom
            if other != target and similar > 0:
                found.append((-similar, other))
        # rounding makes near-ties that a plain sum orders by chance: they are rounded alike
        for similar, other in sorted((round(s, 12), o) for s, o in found)[:k]:
            weights[other, target] = -similar
    made = fitted("itemknn", whole, k=k, shrink=shrink)
    np.testing.assert_allclose(made.scores(np.arange(len(x))), x @ weights, atol=1e-9)


def test_recency_weighs_the_newest_event_most() -> None:
    whole = planted()
    plain, recent = fitted("itemknn", whole), fitted("itemknn", whole, recency=0.5)
    user = 4
    items, at = whole.train[user].indices, whole.train_at[user].data
    weights = plain.weights_.toarray()
    expected = sum(
        0.5 ** int((at > when).sum()) * weights[item] for item, when in zip(items, at, strict=True)
    )
    np.testing.assert_allclose(recent.scores(np.array([user]))[0], expected, atol=1e-12)


def test_recency_needs_times() -> None:
    with pytest.raises(ValueError, match="recency 0.5 needs times"):
        fitted("itemknn", planted(times=False), recency=0.5)
