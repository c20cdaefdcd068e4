"""What a fitted model is worth on validation, asked of the same users every time."""

from __future__ import annotations

from typing import Literal

import numpy as np

from training.distance import Distance
from training.evaluate import evaluate
from training.models.contract import Model
from training.ratings import errors
from training.split import Split

ASKED = 2000  # validation users that judge a trial: as many as tell settings apart


class Judge:
    """Means over validation users of a model's measures; `metric` is the one that decides.

    kind: of the model's SPEC; "rating" is judged by RMSE (lower is better), all others by NDCG@k.
    distance: between items, for the diversity measures; None leaves them out. Raises ValueError
    when no user has a held-out item.
    """

    def __init__(
        self, split: Split, kind: str, k: int, seed: int, distance: Distance | None = None
    ) -> None:
        self.split, self.k, self.seed, self.distance = split, k, seed, distance
        self.stars = kind == "rating"
        self.metric = "rmse" if self.stars else f"ndcg@{k}"
        self.direction: Literal["minimize", "maximize"] = "minimize" if self.stars else "maximize"
        users = np.flatnonzero(np.diff(split.validation.indptr))
        if not len(users):
            raise ValueError("no user has an item in validation, so no setting can be judged")
        if len(users) > ASKED:
            users = np.sort(np.random.default_rng(seed).choice(users, ASKED, replace=False))
        self.users = users

    def __call__(self, model: Model) -> dict[str, float]:
        """Measure -> mean; measures that no user has a value of are left out."""
        if self.stars:
            rng = np.random.default_rng(self.seed)
            return {"rmse": errors(model.scores, self.split, "validation", rng).rmse.mean}
        found = evaluate(
            model.scores,
            self.split,
            "validation",
            distance=self.distance,
            ks=(self.k,),
            n_candidates=self.k,
            users=self.users,
        )
        means = {
            name: float(np.nanmean(values))
            for name, values in found.per_user.items()
            if not np.isnan(values).all()
        }
        return means | {name: float(value) for name, value in found.overall.items()}
