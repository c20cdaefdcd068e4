"""What each of several models is worth, by a logistic regression of what was taken.

Wolpert: Stacked generalization (Neural Networks 1992), with the non-negative weights of Breiman:
Stacked regressions (Machine Learning 1996), §3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.models.contract import Progress
from training.models.fusion import ASKED
from training.models.serving_forms import BLOCK
from training.split import Split

AGAINST = 50  # untouched items drawn for each one taken


def stacked(
    parts: Callable[[np.ndarray], list[np.ndarray]],
    n: int,
    split: Split,
    rng: np.random.Generator,
    progress: Progress,
) -> np.ndarray | None:
    """Weights (n,) >= 0 that sum to 1, learnt on split.validation; None where it teaches nothing.

    parts: user codes (m,) -> n arrays (m, n_items), what each model says of them.
    """
    users = np.flatnonzero(np.diff(split.validation.indptr))
    if len(users) > ASKED:
        users = np.sort(rng.choice(users, ASKED, replace=False))
    rows, labels = [], []
    for start in range(0, len(users), BLOCK):
        chunk = users[start : start + BLOCK]
        said = np.stack(parts(chunk), axis=2)  # (m, n_items, n)
        seen = split.train[chunk].toarray() > 0
        place, item = ((split.validation[chunk].toarray() > 0) & ~seen).nonzero()
        drawn = rng.integers(0, split.n_items, (len(place), AGAINST))
        free = ~seen[place[:, None], drawn] & (drawn != item[:, None])
        rows += [said[place, item], said[np.repeat(place, AGAINST), drawn.ravel()][free.ravel()]]
        labels += [np.ones(len(place)), np.zeros(int(free.sum()))]
        progress(start + len(chunk), len(users), "weight")
    if not rows or not sum(label.sum() for label in labels):
        return None
    found = logistic(np.concatenate(rows), np.concatenate(labels))
    return found / found.sum() if found.sum() > 0 else None


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slopes (n,) >= 0 that make y (m,) in {0, 1} likeliest given x (m, n), with an intercept."""
    from scipy.optimize import minimize

    scale = np.maximum(x.std(axis=0), 1e-12)
    design = np.column_stack([(x - x.mean(axis=0)) / scale, np.ones(len(x))])

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        score = design @ at
        off = 1.0 / (1.0 + np.exp(-score)) - y
        return float((np.logaddexp(0.0, score) - y * score).mean()), design.T @ off / len(y)

    bounds = [(0.0, None)] * x.shape[1] + [(None, None)]
    start = np.append(np.full(x.shape[1], 0.1), 0.0)
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return np.asarray(found[:-1] / scale)
