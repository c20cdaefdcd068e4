"""How unlike two distributions of counts are."""

from __future__ import annotations

import numpy as np


def jensen_shannon(a: np.ndarray, b: np.ndarray) -> float:
    """Jensen-Shannon divergence of two count vectors (n,), in bits: 0 the same, 1 disjoint.

    JS = H((p + q) / 2) - (H(p) + H(q)) / 2 (Lin 1991, eq. 4.1, equal weights). 0 where one of
    them is empty.
    """
    if not a.sum() or not b.sum():
        return 0.0
    p, q = a / a.sum(), b / b.sum()
    return float(max(0.0, _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2))


def noise(a: np.ndarray, b: np.ndarray, seed: int = 0) -> float:
    """The divergence that chance gives: two draws of the same sizes from what both have in sum."""
    total = a + b
    if not a.sum() or not b.sum():
        return 0.0
    rng = np.random.default_rng(seed)
    p = total / total.sum()
    return jensen_shannon(rng.poisson(p * a.sum()), rng.poisson(p * b.sum()))


def _entropy(p: np.ndarray) -> float:
    some = p[p > 0]
    return float(-(some * np.log2(some)).sum())


def meaning(js: float) -> str:
    """A word for a divergence: none, small, clear, large (codes; pages have the words)."""
    return "none" if js < 0.01 else "small" if js < 0.1 else "clear" if js < 0.3 else "large"
