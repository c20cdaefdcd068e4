"""How well a person is known after 0, 1, 2, 5 and 10 ratings, by several ways to begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import sparse

from training.models.meta_start import SHOTS

Tastes = Callable[[sparse.csr_matrix], np.ndarray]
"""Ratings csr (m, n_items) without mean and item bias -> tastes (m, d)."""

LEAST = 5  # ratings that a person is judged by
ENOUGH = 10  # people without whom there is no curve
MOST = 500


def judged(given: sparse.csr_matrix, rng: np.random.Generator) -> np.ndarray:
    """A tenth of the people with enough ratings, at most 500, rising; none where under 10 are."""
    rich = np.flatnonzero(np.diff(given.indptr) >= max(SHOTS) + LEAST)
    count = min(MOST, max(ENOUGH, len(rich) // 10))
    if len(rich) < 2 * ENOUGH:
        return rich[:0]
    return np.sort(rng.choice(rich, count, replace=False))


def curve(
    ways: Mapping[str, Tastes],
    given: sparse.csr_matrix,
    rows: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, list[float]]:
    """Root mean squared error of each way after each of SHOTS ratings.

    given: csr (m, n_items), the people who are judged, none of whom any way has learnt from; rows:
    items' z (n_items, d). Each person's ratings come in a drawn order; all ways are shown the same
    first ones and judged by the same others, those behind the tenth.
    """
    orders = [rng.permutation(count) for count in np.diff(given.indptr)]
    query = _part(given, [order[max(SHOTS) :] for order in orders])
    found: dict[str, list[float]] = {name: [] for name in ways}
    people = np.repeat(np.arange(query.shape[0]), np.diff(query.indptr))
    for shots in SHOTS:
        support = _part(given, [order[:shots] for order in orders])
        for name, way in ways.items():
            tastes = way(support)
            off = query.data - np.einsum("nd,nd->n", tastes[people], rows[query.indices])
            found[name].append(float(np.sqrt(np.mean(off**2))))
    return found


def _part(given: sparse.csr_matrix, places: list[np.ndarray]) -> sparse.csr_matrix:
    """The ratings at these places of each row."""
    chosen = [given.indptr[row] + np.sort(each) for row, each in enumerate(places)]
    at = np.concatenate(chosen).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum([len(each) for each in chosen])])
    parts = (given.data[at], given.indices[at], ends)
    return sparse.csr_matrix(parts, shape=given.shape)
