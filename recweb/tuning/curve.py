"""The frontier of one run, worked out in the worker's child: arrays for the page, a row of means.

1. split, candidates and truth of validation   3. what each weight changes, the knee, the rules
2. every list at 21 weights, measured          4. whom to look at; one fenced update publishes
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _
from scipy.sparse import csr_matrix

from recweb.experiments import artifacts, data
from recweb.experiments.models import Experiment
from recweb.jobs.run import Failure, Run
from recweb.tuning import people
from recweb.tuning.models import Frontier
from training.distance import Distance, choose
from training.rerank.frontier import WEIGHTS, frontier
from training.rerank.frontier import Frontier as Found
from training.rerank.knee import knee
from training.split import Split, SplitError
from training.stats import resampled
from training.store import Corrupt, read, write

LOSSES = (0.01, 0.02, 0.05, 0.1, 0.2)  # shares of relevance that a rule may give up
Floats = npt.NDArray[np.float64]


def work(run: Run) -> None:
    row = Frontier.objects.select_related("experiment__version").get(pk=run.target_id or 0)
    run.progress(0, 100, _("read the log"), "%")
    try:
        split = data.load_split(row.experiment, lambda *_: run.check())
        arrays, _meta = read(artifacts.folder(row.experiment) / "validation")
        distance = distance_of(row.experiment, split, run.params.get("distance"))
    except (SplitError, Corrupt, ValueError) as error:
        raise Failure(str(error)) from None
    run.progress(30, 100, _("re-rank at 21 weights"), "%")
    found = measure(arrays, distance, split, row.k)
    run.progress(85, 100, _("intervals"), "%")
    points = summary(found) | {"people": people.worth_a_look(arrays["users"][found.rows], split)}
    keep(run.folder / "frontier", found, arrays["users"], distance)
    with run.fenced():
        Frontier.objects.filter(pk=row.pk).update(
            points=points,
            distance=distance.source,
            n_candidates=arrays["candidates"].shape[1],
            folder=str((run.folder / "frontier").relative_to(settings.ARTIFACTS)),
        )
    run.progress(100, 100, _("published"), "%")


def distance_of(experiment: Experiment, split: Split, source: str | None) -> Distance:
    """The run's own, as its bundle has it; another one when asked for."""
    arrays, meta = read(artifacts.folder(experiment) / "model", verify=False)
    if source is None or source == meta.get("distance"):
        return Distance(str(meta.get("distance")), arrays["vectors"])
    return choose(split.items, split.train, source)


def truth_of(arrays: dict[str, npt.NDArray[Any]], split: Split) -> csr_matrix:
    """Held-out pairs with a row for each user code, from the rows that were evaluated."""
    rows = np.repeat(arrays["users"], np.diff(arrays["truth_indptr"]))
    ones = np.ones(len(rows), np.float32)
    return csr_matrix((ones, (rows, arrays["truth_items"])), shape=split.train.shape)


def measure(
    arrays: dict[str, npt.NDArray[Any]],
    distance: Distance,
    split: Split,
    k: int,
    weights: Floats = WEIGHTS,
) -> Found:
    return frontier(
        np.asarray(arrays["candidates"]),
        np.asarray(arrays["candidate_scores"]),
        distance,
        truth_of(arrays, split),
        split,
        users=np.asarray(arrays["users"]),
        k=k,
        weights=weights,
    )


def summary(found: Found) -> dict[str, Any]:
    """What Frontier.points holds: every metric by weight, with its interval where it has one."""
    metrics = {}
    for name, means in found.means.items():
        metrics[name] = {"mean": plain(means)}
        if name in found.intervals:
            edges = found.intervals[name]
            metrics[name] |= {"lo": plain(edges[:, 0]), "hi": plain(edges[:, 1])}
    return {
        "weights": plain(found.weights),
        "metrics": metrics,
        "k": found.k,
        "n": found.n,
        **suggestions(found),
    }


def suggestions(found: Found) -> dict[str, Any]:
    """Knee, rules and what each weight changes against weight 0, on the same resamples."""
    relevance, variety = f"ndcg@{found.k}", f"ild@{found.k}"
    if relevance not in found.per_user or variety not in found.per_user:
        return {"knee": None, "rules": [], "change": {}}
    bend = knee(found, np.random.default_rng(0))
    both = np.hstack([found.per_user[relevance], found.per_user[variety]]).astype(np.float64)
    drawn = np.split(resampled(both, np.random.default_rng(0)), 2, axis=1)
    here = [found.means[relevance], found.means[variety]]
    return {
        "knee": plain(np.array([bend.weight]))[0],
        "knee_lo": plain(np.array([bend.lo]))[0],
        "knee_hi": plain(np.array([bend.hi]))[0],
        "rules": [rule(found.weights, here, drawn, loss) for loss in LOSSES],
        "change": {relevance: change(drawn[0]), variety: change(drawn[1])},
    }


def change(drawn: Floats) -> dict[str, list[float | None]]:
    """95 % interval of the paired difference to weight 0. drawn: (n, w) resampled means."""
    lo, hi = np.percentile(drawn - drawn[:, :1], [2.5, 97.5], axis=0)
    return {"lo": plain(lo), "hi": plain(hi)}


def rule(weights: Floats, here: list[Floats], drawn: list[Floats], loss: float) -> dict[str, Any]:
    """Most variety with at most this share of relevance lost, and how far resampling moves it."""
    best = int(most_varied(here[0][None], here[1][None], loss)[0])
    spread = weights[most_varied(drawn[0], drawn[1], loss)]
    lo, hi = np.percentile(spread, [2.5, 97.5], method="nearest")
    found = dict(zip(("weight", "lo", "hi"), plain(np.array([weights[best], lo, hi])), strict=True))
    return {"loss": loss, **found}


def most_varied(relevance: Floats, variety: Floats, loss: float) -> npt.NDArray[np.intp]:
    """Column of the most varied allowed weight of each row; ties: the lowest. (n, w) each."""
    allowed = relevance >= relevance[:, :1] * (1.0 - loss)
    return np.asarray(np.where(allowed, variety, -np.inf).argmax(axis=1))


def keep(folder: Path, found: Found, users: npt.NDArray[np.int32], distance: Distance) -> None:
    """Arrays for the page: lists and metrics of the kept users."""
    kept = np.asarray(users)[found.rows]
    arrays: dict[str, npt.NDArray[Any]] = {
        artifacts.array_name(name): values for name, values in found.per_user.items()
    }
    arrays |= {
        "weights": found.weights,
        "users": kept.astype(np.int32),
        "lists": found.lists,
        "vectors": distance.vectors,
    }
    write(folder, arrays, {"distance": distance.source, "k": found.k, "n": found.n})


def plain(values: npt.NDArray[np.floating]) -> list[float | None]:
    """For JSON, which knows no NaN."""
    return [round(float(value), 6) if np.isfinite(value) else None for value in values]
