import numpy as np

from tests.training.models.planted import fitted, planted

WHOLE = planted()


def test_scores_are_even_over_zero_to_one() -> None:
    scores = fitted("random", WHOLE).scores(np.arange(WHOLE.n_users)).ravel()
    counts = np.histogram(scores, bins=10, range=(0, 1))[0]
    expected = len(scores) / 10
    assert ((counts - expected) ** 2 / expected).sum() < 27.9  # chi-squared(9), p = .001


def test_another_seed_gives_other_scores() -> None:
    users = np.array([0])
    assert not np.array_equal(
        fitted("random", WHOLE).scores(users), fitted("random", WHOLE, seed=1).scores(users)
    )
