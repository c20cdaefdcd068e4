import numpy as np
import pytest

from tests.training.models.planted import fitted, planted


@pytest.mark.parametrize("factors", [1, 5, 119, 512])
def test_it_equals_numpys_truncated_svd(factors: int) -> None:
    whole = planted(stars=True)
    x = whole.train.toarray().astype(float)
    x = x / x[x > 0].mean()
    left, sizes, right = np.linalg.svd(x, full_matrices=False)
    expected = (left[:, :factors] * sizes[:factors]) @ right[:factors]
    made = fitted("puresvd", whole, factors=factors)
    np.testing.assert_allclose(made.scores(np.arange(len(x))), expected, atol=1e-8)


def test_a_history_folds_in_by_projection() -> None:
    whole = planted()
    arrays = fitted("puresvd", whole).serving()
    np.testing.assert_allclose(
        whole.train @ arrays["item_factors"], arrays["user_factors"], atol=1e-5
    )


def test_every_seed_gives_the_same_factors() -> None:
    first, other = (fitted("puresvd", planted(), seed=seed) for seed in (0, 5))
    np.testing.assert_allclose(first.item_factors_, other.item_factors_, atol=1e-8)
