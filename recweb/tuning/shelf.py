"""One run's arrays as the web holds them: memory-mapped, read once per process, never changed."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from recweb.datasets import rows
from recweb.experiments.models import Experiment
from recweb.tuning import tasks
from training.serve import Bundle

Ints = npt.NDArray[np.integer[Any]]
HISTORY = 2000  # newest events of a user that are read from the live log
N = 100


class Missing(Exception):
    """The run's arrays cannot be read; the words say which and what to do."""


@dataclass(frozen=True)
class Taste:
    """What a user may be shown, best first, and what stands behind it.

    candidates, scores: (N,); history: item codes, oldest first; truth: held-out items;
    held_out: False when the user has none in validation, so the lists stand on the live log;
    seen: what is never recommended; confidences: of the history, as the model counts it, None
    where that was not kept."""

    user: int
    candidates: Ints
    scores: npt.NDArray[np.float64]
    history: Ints
    truth: frozenset[int]
    held_out: bool
    fallback: bool
    seen: Ints
    confidences: npt.NDArray[np.float64] | None


class Shelf:
    """The bundle and validation arrays of one run, and its frontier's when that is there.

    past: what users had in train. Runs of old kept it with their frontier alone, if at all."""

    def __init__(self, folder: Path, frontier: Path | None) -> None:
        self.bundle = Bundle.load(folder / "model", verify=False)
        self.validation, _meta = tasks.arrays(folder / "validation")
        self.frontier: dict[str, npt.NDArray[Any]] = {}
        if frontier is not None:
            self.frontier, _meta = tasks.arrays(frontier)
        self.past = self.frontier if "history_items" in self.frontier else {}
        if (folder / "history").is_dir():
            self.past, _meta = tasks.arrays(folder / "history")

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        return self.frontier.get("vectors", self.bundle.arrays["vectors"])

    def taste(self, dataset_id: int, user: int) -> Taste:
        row = place(self.validation["users"], user)
        history = self.history(dataset_id, user)
        if row is None:
            seen = np.array(rows.touched(dataset_id, user), np.int64)  # however long ago
            return self._live(user, history, seen)
        start, end = self.validation["truth_indptr"][row : row + 2]
        truth = frozenset(self.validation["truth_items"][start:end].tolist())
        kept = self.validation["candidates"][row] >= 0
        return Taste(
            user,
            self.validation["candidates"][row][kept],
            self.validation["candidate_scores"][row][kept],
            history,
            truth,
            held_out=True,
            fallback=not self.bundle.knows(user, history),
            seen=history,
            confidences=self._confidences(user),
        )

    def history(self, dataset_id: int, user: int) -> Ints:
        """What the model was trained on; of users whose rows were not kept, the live log."""
        found = self._past("history_items", user)
        if found is not None:
            return found
        events = rows.history(dataset_id, user, HISTORY)
        codes = dict.fromkeys(event.code for event in events if event.code is not None)
        return np.array(list(codes)[::-1], np.int64)

    def knows_past(self, user: int) -> bool:
        return self._past("history_items", user) is not None

    def _confidences(self, user: int) -> npt.NDArray[np.float64] | None:
        """As training had them; frontiers of old have none."""
        found = self._past("history_values", user)
        return None if found is None else found.astype(np.float64)

    def _past(self, name: str, user: int) -> npt.NDArray[Any] | None:
        row = place(self.past["users"], user) if name in self.past else None
        if row is None:
            return None
        start, end = self.past["history_indptr"][row : row + 2]
        return np.asarray(self.past[name][start:end])

    def ends(self, taste: Taste, k: int) -> list[float]:
        """The weights at which this user's list changes: the exact path, not the grid."""
        if not len(taste.candidates):
            return []
        found = tasks.breakpoints(taste.scores, self.vectors[taste.candidates], k)
        return sorted({round(end, 3) for end in found})

    def _live(self, user: int, history: Ints, seen: Ints) -> Taste:
        scores = self.bundle.scores(user, history)
        scores[self.bundle.known_items(seen)] = -np.inf
        order = np.argsort(-scores, kind="stable")[:N]
        best = order[np.isfinite(scores[order])]
        cold = not self.bundle.knows(user, history)
        sure = np.ones(len(history))  # as `scores` counts them above
        return Taste(
            user, best, scores[best], history, frozenset(), False, cold, seen, confidences=sure
        )


def place(users: npt.NDArray[Any], user: int) -> int | None:
    """The row of a user code, None when there is none."""
    found = np.flatnonzero(users == user)
    return int(found[0]) if len(found) else None


def shelf(experiment: Experiment, frontier: str = "") -> Shelf:
    """Raises Missing."""
    if not experiment.folder:
        raise Missing(f"run {experiment.pk} has no artifacts")
    try:
        return _open(str(settings.ARTIFACTS), experiment.folder, frontier)
    except Exception as error:  # store.Corrupt, OSError: which file, and why
        raise Missing(str(error)) from error


@lru_cache(maxsize=16)
def _open(root: str, folder: str, frontier: str) -> Shelf:
    return Shelf(Path(root) / folder, Path(root) / frontier if frontier else None)
