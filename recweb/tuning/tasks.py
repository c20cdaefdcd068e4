"""The door to training: what the worker does, and how the web reads what it left."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from recweb.jobs.run import Run


def frontier(run: "Run") -> None:
    """Re-rank and measure every user of validation at every weight."""
    from recweb.tuning import curve

    curve.work(run)


def finalise(run: "Run") -> None:
    """Open the sealed test part of one run, at weight 0 and at the chosen weight."""
    from recweb.tuning import reveal

    reveal.work(run)


def publish(run: "Run") -> None:
    """Refit the policy's configuration on the whole log, then let it serve."""
    from recweb.tuning import refit

    refit.work(run)


def test_points(experiment: Any, weight: float) -> dict[str, Any]:
    """The sealed part's measures at weight 0 and at this one. For *Finalise* only."""
    from recweb.tuning import reveal

    return reveal.points(experiment, weight)


def arrays(folder: Path) -> "tuple[dict[str, np.ndarray], dict[str, Any]]":
    """A stored folder, memory-mapped. Raises training.store.Corrupt, which is an Exception."""
    from training import store

    return store.read(folder, verify=False)


def because(code: str, language: str) -> str:
    """Why auto did not take one cut in time; "" when it did."""
    from training.split import CHOSEN

    return CHOSEN[code][language.startswith("zh")] if code in CHOSEN else ""


def breakpoints(scores: "np.ndarray", vectors: "np.ndarray", k: int) -> list[float]:
    """The weights at which one user's list changes, exactly. scores, vectors: of the candidates,
    best first."""
    from training.rerank.mmr import scaled
    from training.rerank.path import path

    return [float(end) for end in path(scaled(scores), vectors, k).ends[:-1]]
