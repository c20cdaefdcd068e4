import numpy as np
import pytest

from tests.training.models.planted import fitted, planted

WHOLE = planted(stars=True)
EVERYONE = np.arange(WHOLE.n_users)


def dense_b(l2: float) -> tuple[np.ndarray, np.ndarray]:
    """(X, B) by the plain formula of the paper's listing."""
    x = WHOLE.train.toarray().astype(float)
    x = x / x[x > 0].mean()
    p = np.linalg.inv(x.T @ x + l2 * np.eye(x.shape[1]))
    b = p / -np.diag(p)
    np.fill_diagonal(b, 0.0)
    return x, b


@pytest.mark.parametrize("solver", ["primal", "dual"])
@pytest.mark.parametrize("l2", [5.0, 300.0])
def test_both_solvers_give_the_formula(solver: str, l2: float) -> None:
    x, b = dense_b(l2)
    made = fitted("ease", WHOLE, l2=l2, solver=solver)
    np.testing.assert_allclose(made.scores(EVERYONE), x @ b, atol=1e-9)
    np.testing.assert_allclose(np.vstack(list(made._rows())), b, atol=1e-9)


@pytest.mark.parametrize("solver", ["primal", "dual"])
def test_b_solves_its_problem_with_a_zero_diagonal(solver: str) -> None:
    made = fitted("ease", WHOLE, l2=20.0, solver=solver)
    b = np.vstack(list(made._rows()))
    assert (np.diag(b) == 0).all()
    x, _ = dense_b(20.0)
    gradient = x.T @ (x @ b - x) + 20.0 * b  # the multipliers take up the diagonal alone
    np.testing.assert_allclose(gradient - np.diag(np.diag(gradient)), 0.0, atol=1e-8)


@pytest.mark.parametrize("solver", ["primal", "dual"])
def test_no_item_speaks_for_itself(solver: str) -> None:
    made = fitted("ease", WHOLE, solver=solver)
    own = made._through(made.log_[:0].__class__(np.eye(WHOLE.n_items)))
    np.testing.assert_allclose(np.diag(own), 0.0, atol=1e-9)


def test_auto_takes_the_smaller_side() -> None:
    assert not fitted("ease", WHOLE).dual_  # 160 users, 120 items
    from dataclasses import replace

    narrow = replace(WHOLE, train=WHOLE.train[:50], train_at=WHOLE.train_at[:50])
    assert fitted("ease", narrow).dual_


@pytest.mark.parametrize("solver", ["primal", "dual"])
def test_recency_weighs_the_history_not_the_weights(solver: str) -> None:
    _, b = dense_b(300.0)
    made = fitted("ease", WHOLE, recency=0.8, solver=solver)
    x = WHOLE.train.toarray() / WHOLE.train.data.mean()
    at = WHOLE.train_at.toarray()
    newer = (at[:, None, :] > at[:, :, None]).sum(axis=2)
    np.testing.assert_allclose(made.scores(EVERYONE), (x * 0.8**newer) @ b, atol=1e-8)


def test_a_log_too_wide_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.models import ease

    monkeypatch.setattr(ease, "LARGEST", 100)
    with pytest.raises(ValueError, match="120 x 120 .at most 100.; use ials"):
        fitted("ease", WHOLE)
