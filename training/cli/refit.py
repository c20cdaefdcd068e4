"""What was chosen on validation, fitted again with it before the test is ranked.

The yardsticks of sequences are measured so: the last item but one chooses, and is then part of the
history that the last one is asked from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from training import registry
from training.features import Positives
from training.models.contract import Model, quiet
from training.split import Split


def joined(split: Split, liked: Positives) -> Split:
    """Train and validation in train, no validation, the same test. liked: all pairs, for times."""
    train = split.masked("test")
    at = None
    if split.train_at is not None and liked.at is not None:
        shape = (split.n_users, split.n_items)
        # + 1: a time of 0 would leave the pattern in a product
        moment = liked.at.astype(np.float64) - float(liked.at.min()) + 1.0
        known = sparse.csr_matrix((moment, (liked.users, liked.items)), shape=shape)
        at = sparse.csr_matrix(known.multiply(train > 0))
        at.sort_indices()
        at.data += float(liked.at.min()) - 1.0
    nothing = split.validation.copy()
    nothing.data[:] = 0.0
    nothing.eliminate_zeros()
    return replace(split, train=train, train_at=at, validation=nothing)


def refitted(model: str, made: Model, whole: Split, seed: int) -> Model:
    """The model with all that is known before the test, as it would be published.

    One that reads a history anew (`observe`) keeps its weights; any other learns again, and what
    it chose by validation (a parameter that is None and stands in its serving meta) stays chosen.
    """
    observe = getattr(made, "observe", None)
    if observe is not None:
        read: Model = observe(whole)
        return read
    again: Model = registry.load_model(model)(**settled(made))
    return again.fit(whole, rng=np.random.default_rng(seed), progress=quiet)


def settled(made: Model) -> dict[str, Any]:
    """Parameters of a fitted model, with what it found by itself."""
    meta = made.serving_meta()
    meta = meta | meta.get("settled", {})
    return {
        name: meta[name] if value is None and name in meta else value
        for name, value in made.params.items()
    }
