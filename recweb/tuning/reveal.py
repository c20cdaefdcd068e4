"""The sealed part of a run, opened once: weight 0 and the chosen weight. Worker only."""

from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.experiments import artifacts, data, measuring
from recweb.experiments.models import Experiment
from recweb.jobs.run import Failure, Run
from recweb.people import audit
from recweb.people.models import User
from recweb.tuning import curve
from recweb.tuning.models import Frontier
from training.distance import Distance
from training.rerank.frontier import Frontier as Found
from training.split import Split
from training.stats import bootstrap_table
from training.store import Corrupt, read

NOT_METRICS = {"users", "candidates", "candidate_scores", "truth_indptr", "truth_items", "n_train"}


def work(run: Run) -> None:
    experiment = Experiment.objects.select_related("version").get(pk=run.target_id or 0)
    weight = float(run.params["weight"])
    run.progress(10, 100, _("open the test part"), "%")
    try:
        found = points(experiment, weight)
    except (Corrupt, ValueError) as error:
        raise Failure(str(error)) from None
    run.progress(90, 100, _("publish"), "%")
    with run.fenced():
        row = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if row.finalised:
            raise Failure(_("This run was finalised before; nothing was opened again."))
        Experiment.objects.filter(pk=row.pk).update(
            metrics={**row.metrics, "test": found["metrics"]},
            finalised=Now(),
            finalised_by=run.owner_id,
            finalised_weight=weight,
        )
        # also where no frontier was worked out yet: it will find its test points here
        Frontier.objects.update_or_create(
            experiment=row,
            reranker="mmr",
            distance=found["distance"],
            defaults={"test_points": found["points"]},
        )
        owner = User.objects.get(pk=run.owner_id)
        audit.record(owner, "finalise", f"experiment {row.pk}", weight=weight)


def points(experiment: Experiment, weight: float) -> dict[str, Any]:
    """{"metrics": of the model's own lists, "points": of the lists at 0 and at this weight}."""
    arrays, meta = read(artifacts.folder(experiment) / "test")
    split = data.load_split(experiment, lambda *_: None)
    distance = curve.distance_of(experiment, split, None)
    found = curve.measure(arrays, distance, split, 10, np.unique([0.0, weight]))
    judged = verdicts(experiment, split, distance, arrays["users"][found.rows], found)
    return {
        "metrics": measured(arrays, meta),
        "points": curve.summary(found) | {"verdicts": judged},
        "distance": distance.source,
    }


def verdicts(
    experiment: Experiment,
    split: Split,
    distance: Distance,
    users: npt.NDArray[np.int32],
    found: Found,
) -> list[dict[str, Any]]:
    """Against popularity on test, one for each weight; none for popularity itself."""
    if experiment.model == "pop":
        return []
    rng = np.random.default_rng(experiment.seed)
    base = measuring.popularity(experiment, split, distance, "test", rng)
    lists = (
        measuring.Lists(users, {name: each[:, at] for name, each in found.per_user.items()})
        for at in range(len(found.weights))
    )
    return [{"baseline": "pop", **measuring.compared(one, base)} for one in lists]


def measured(arrays: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """As experiments writes those of validation."""
    values = {
        artifacts.metric_name(name): array
        for name, array in arrays.items()
        if name not in NOT_METRICS
    }
    n = len(arrays["users"])
    out: dict[str, Any] = {}
    for name, cell in bootstrap_table(values, np.random.default_rng(0)).items():
        mean, lo, hi = curve.plain(np.array([cell.mean, cell.lo, cell.hi]))
        out[name] = {"mean": mean, "lo": lo, "hi": hi, "n": cell.n}
    for name, value in meta["overall"].items():
        out[name] = {"mean": curve.plain(np.array([value]))[0], "lo": None, "hi": None, "n": n}
    return out
