import numpy as np

from tests.training.models.planted import fitted, planted


def test_it_equals_the_dense_brute_force() -> None:
    whole = planted(stars=True)
    x = whole.train.toarray().astype(float)
    x = x / x[x > 0].mean()
    norms = np.linalg.norm(x, axis=1)
    expected = np.zeros_like(x)
    for user in range(len(x)):
        similar = [
            (-round(x[user] @ x[other] / (norms[user] * norms[other]), 12), other)
            for other in range(len(x))
            if other != user
        ]
        for value, other in sorted(similar)[:9]:
            expected[user] += -value * x[other]
    made = fitted("userknn", whole, k=9)
    np.testing.assert_allclose(made.scores(np.arange(len(x))), expected, atol=1e-9)


def test_a_user_without_events_has_an_empty_list() -> None:
    from dataclasses import replace

    whole = planted()
    train = whole.train.tolil()
    train[2] = 0
    made = fitted("userknn", replace(whole, train=train.tocsr(), train_at=None))
    assert (made.serving()["items"][2] == -1).all()
    assert (made.serving()["items"][3] >= 0).any()
