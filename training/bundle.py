"""A published model as the web process holds it: memory-mapped arrays that score one user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training import store
from training.attention import states
from training.metrics.catalogue import Catalogue

Floats = npt.NDArray[np.float64]
Items = npt.NDArray[np.integer]

FORMS = {
    "factors": ("user_factors", "item_factors"),
    "item-item": ("neighbours", "weights"),
    "popularity": ("item_scores",),
    "lists": ("items", "scores"),
}


FOLDED = ("ials", "project", "sequence")
FALLBACK = 500  # popular items kept for users of whom nothing is known


def common(train: Any, vectors: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
    """The arrays that every bundle holds beside its form's own.

    train: csr (n_users, n_items), what the model was fitted on; vectors: (n_items, v) unit rows of
    the distance -> fallback int32 and fallback_scores float32 (<= 500,), most taken first, ties by
    lower code; surprise float32 (n_items,), bits; vectors.
    """
    takers = np.bincount(train.indices, minlength=train.shape[1])
    popular = np.argsort(-takers, kind="stable")[:FALLBACK]
    return {
        "fallback": popular.astype(np.int32),
        "fallback_scores": takers[popular].astype(np.float32),
        "surprise": Catalogue.of(train).surprise.astype(np.float32),
        "vectors": vectors,
    }


@dataclass(frozen=True)
class Bundle:
    """A published model: a folder of store.py with meta {"form": ...}.

    factors: user_factors (n_users, d), item_factors (n_items, d) [, user_bias, item_bias, gram];
    item-item: neighbours int32 (n_items, 200), the items that each item speaks for, and weights;
    popularity: item_scores (n_items,); lists: items int32 (n_users, 500) and scores. All padded
    with -1. Every bundle has what `common` gives.
    """

    form: str
    arrays: Mapping[str, npt.NDArray[Any]]
    meta: Mapping[str, Any]

    @staticmethod
    def load(folder: Path, *, verify: bool = True) -> Bundle:
        """Memory-mapped. Raises store.Corrupt naming the file, ValueError on an unknown form."""
        arrays, meta = store.read(folder, verify=verify)
        form = str(meta.get("form"))
        if form not in FORMS:
            raise ValueError(f"form must be one of {tuple(FORMS)}, got {form!r}")
        lacking = [
            name for name in (*FORMS[form], "fallback", "fallback_scores") if name not in arrays
        ]
        if lacking:
            raise ValueError(f"bundle of form {form!r} lacks {', '.join(lacking)}")
        return Bundle(form, arrays, meta)

    @property
    def n_items(self) -> int:
        """Items of the catalogue at training time."""
        if "vectors" in self.arrays:
            return len(self.arrays["vectors"])
        name = {"factors": "item_factors", "item-item": "neighbours", "popularity": "item_scores"}
        if self.form in name:
            return len(self.arrays[name[self.form]])
        return int(self.meta["n_items"])

    def knows(self, user: int | None, history: Items) -> bool:
        """Whether the model can say anything personal about this user."""
        if self.form == "item-item":
            return len(self.known_items(history)) > 0
        if self.form == "popularity":
            return user is not None or len(history) > 0
        if self._row(user) is not None:
            return True
        return self.meta.get("fold_in") in FOLDED and len(self.known_items(history)) > 0

    def scores(
        self, user: int | None, history: Items, confidences: npt.ArrayLike | None = None
    ) -> Floats:
        """Scores of all items, (n_items,) float64, -inf = not recommended by this model.

        user: code at training time or None; history: item codes, oldest first; confidences: of the
        history, as the log's rules give them, 1 each unless given. An unknown user with a history
        is folded in where the form can; without, the popular list is scored.
        """
        if not self.knows(user, history):
            if "user_prior" in self.arrays:
                prior = self.arrays["user_prior"].astype(np.float64)
                return np.asarray(self.arrays["item_factors"] @ prior)
            return self._spread(self.arrays["fallback"], self.arrays["fallback_scores"])
        if self.form == "popularity":
            return np.array(self.arrays["item_scores"], np.float64)
        if self.form == "item-item":
            return self._summed(history, confidences)
        row = self._row(user)
        if self.form == "lists":
            assert row is not None  # noqa: S101  knows() said so
            return self._spread(self.arrays["items"][row], self.arrays["scores"][row])
        # a model of sequences reads what came since the training too
        live = self.meta.get("fold_in") == "sequence" and len(self.known_items(history)) > 0
        vector = (
            self.folded(history, confidences)
            if row is None or live
            else self.arrays["user_factors"][row]
        )
        out = (self.arrays["item_factors"] @ vector.astype(np.float32)).astype(np.float64)
        if "item_bias" in self.arrays:
            out += self.arrays["item_bias"]
        if "user_bias" in self.arrays and row is not None:
            out += float(self.arrays["user_bias"][row])
        return np.asarray(out)

    def folded(self, history: Items, confidences: npt.ArrayLike | None = None) -> Floats:
        """Factors (d,) of a user who was not in training, from the history alone.

        "ials": the row solve of Hu, Koren & Volinsky 2008, eq. 4, with c = 1 + alpha r;
        "project": history @ item_factors; "sequence": the state after the newest item.
        """
        if self.meta.get("fold_in") == "sequence":
            newest = self.known_items(history)[-len(self.arrays["positions"]) :]
            return np.asarray(states(self.arrays, newest[None], [len(newest)])[0], np.float64)
        mine, weights = self.weighted(history, confidences)
        factors = self.arrays["item_factors"][mine].astype(np.float64)  # (h, d)
        if self.meta.get("fold_in") == "project":
            return np.asarray(weights @ factors)
        if "item_weight" in self.arrays:  # events on this item counted so much when it was learnt
            weights = weights * self.arrays["item_weight"][mine]
        surer = float(self.meta["alpha"]) * weights
        gram = self.arrays["gram"].astype(np.float64)
        left = gram + (factors * surer[:, None]).T @ factors
        reg = float(self.meta["reg"])
        if often := float(self.meta.get("frequency") or 0.0):  # who took much is held more
            reg *= (self.n_items + surer.sum()) ** often / float(self.meta["usual"])
        left[np.diag_indices_from(left)] += reg
        right = factors.T @ (1.0 + surer)
        if "user_prior" in self.arrays:  # what is believed of anybody, before any event
            right += reg * self.arrays["user_prior"]
        return np.asarray(np.linalg.solve(left, right))

    def _row(self, user: int | None) -> int | None:
        """The user's row, None when unknown or empty (nothing was learnt of them)."""
        name = {"factors": "user_factors", "lists": "items"}.get(self.form)
        if name is None or user is None or not 0 <= user < len(self.arrays[name]):
            return None
        row = self.arrays[name][user]
        known = row.any() if self.form == "factors" else (row >= 0).any()
        return user if known else None

    def known_items(self, history: Items) -> npt.NDArray[np.int64]:
        """History items that the model knows (the live log may hold newer ones)."""
        given = np.asarray(history, np.int64)
        return given[(given >= 0) & (given < self.n_items)]

    def weighted(
        self, history: Items, confidences: npt.ArrayLike | None
    ) -> tuple[npt.NDArray[np.int64], Floats]:
        """Items and weights of the known part of a history, the model's recency included."""
        given = np.asarray(history, np.int64)
        weights = (
            np.ones(len(given)) if confidences is None else np.asarray(confidences, np.float64)
        )
        if weights.shape != given.shape:
            raise ValueError(f"confidences must be {given.shape}, got {weights.shape}")
        inside = (given >= 0) & (given < self.n_items)
        mine, weights = given[inside], weights[inside]
        recency = float(self.meta.get("recency") or 1.0)
        return mine, weights * recency ** np.arange(len(mine) - 1, -1, -1)

    def _summed(self, history: Items, confidences: npt.ArrayLike | None) -> Floats:
        mine, weights = self.weighted(history, confidences)
        targets = self.arrays["neighbours"][mine]  # (h, 200)
        there = targets >= 0
        values = (self.arrays["weights"][mine] * weights[:, None])[there]
        reached = targets[there]
        out = np.bincount(reached, values, self.n_items).astype(np.float64)
        untouched = np.ones(self.n_items, np.bool_)
        untouched[reached] = False
        out[untouched] = -np.inf  # no evidence is no score: the popular list fills up instead
        return out

    def _spread(self, items: Items, scores: npt.NDArray[np.floating]) -> Floats:
        out = np.full(self.n_items, -np.inf)
        there = items >= 0
        out[items[there]] = scores[there]
        return out
