import numpy as np
import pytest

from tests.training.models.planted import fitted, planted


def dense(x: np.ndarray, alpha: float, beta: float, k: int) -> np.ndarray:
    """W (n, n) by its definition, pruned to the k best targets of each source."""
    n = x.shape[1]
    weights = np.zeros((n, n))
    for target in range(n):
        for source in range(n):
            for v in np.flatnonzero((x[:, source] > 0) & (x[:, target] > 0)):
                to_user = x[v, source] / x[:, source].sum()
                to_item = x[v, target] / x[v].sum()
                weights[source, target] += to_user**alpha * to_item**alpha
        weights[:, target] /= max(x[:, target].sum(), 1e-300) ** beta
    np.fill_diagonal(weights, 0.0)
    for row in weights:
        top = row.max() or 1.0
        # rounding makes near-ties that a plain sum orders by chance: they are rounded alike
        order = sorted(range(n), key=lambda t, r=row, m=top: (-round(r[t] / m, 12), t))
        row[order[k:]] = 0.0
    return weights


@pytest.mark.parametrize(
    ("alpha", "beta", "k", "stars"),
    [(0.8, 0.6, 200, False), (0.8, 0.6, 7, True), (0, 1.3, 9, True)],
)
def test_it_equals_the_dense_brute_force(alpha: float, beta: float, k: int, stars: bool) -> None:
    whole = planted(stars=stars, n_items=40)
    x = whole.train.toarray().astype(float)
    x = x / x[x > 0].mean()
    made = fitted("rp3beta", whole, alpha=alpha, beta=beta, k=k)
    expected = x @ dense(x, alpha, beta, k)
    np.testing.assert_allclose(made.scores(np.arange(len(x))), expected, rtol=1e-9, atol=1e-12)


def test_beta_moves_lists_from_fame_to_the_tail() -> None:
    whole = planted()
    taken = np.bincount(whole.train.indices, minlength=whole.n_items)
    users = np.arange(whole.n_users)

    def fame(beta: float) -> float:
        scores = fitted("rp3beta", whole, beta=beta).scores(users)
        return float(taken[np.argsort(-scores, axis=1)[:, :10]].mean())

    assert fame(0.0) > fame(0.6) > fame(1.5)
