"""Loss and validation by epoch, as a training notes them: from the file that it appends to."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from recweb.experiments import artifacts, words
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job
from recweb.jobs.run import home
from recweb.lib import charts, numbers
from recweb.lib.figure import Chart
from training import registry

NAME = "curves.jsonl"  # training.store.Checkpoint.note writes it
BYTES = 4 * 2**20  # of the file, at most: more lines than any page wants
DRAWN = 600  # points of one line in the picture; the table and the CSV hold every one
SMOOTHING = (0.0, 0.3, 0.6, 0.9, 0.99)
ROUNDS = {"epochs", "iterations", "rounds", "steps"}  # a parameter of what is solved step by step
Point = dict[str, Any]  # {"epoch": 3, "loss": 0.2, "ndcg@10": 0.05}


@dataclass(frozen=True)
class Curve:
    points: list[Point] = field(default_factory=list)  # by epoch, each epoch once
    lost: int = 0  # lines that could not be read

    @property
    def metrics(self) -> list[str]:
        """Validation metrics that some epoch carries."""
        known = registry.metrics()
        return [name for name in self._names() if words.metric_id(name) in known]

    @property
    def losses(self) -> list[str]:
        return [name for name in self._names() if "loss" in name]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for one in self.points for name in one if name != "epoch"))

    def series(self, name: str) -> list[tuple[float, float]]:
        return [(one["epoch"], one[name]) for one in self.points if name in one]


def of(run: Experiment, job: Job | None) -> Curve:
    """The published file; before that, what the job has noted so far. Empty when there is none."""
    places = [artifacts.folder(run) / NAME] if run.folder else []
    if job is not None:
        places.append(home(job) / ".checkpoints" / NAME)
    found = next((path for path in places if path.is_file()), None)
    return read(found) if found else Curve()


def read(path: Path) -> Curve:
    """A line an epoch; the newest line of an epoch counts, for a training that went on again."""
    try:
        with path.open("rb") as file:
            lines = file.read(BYTES).split(b"\n")
    except OSError:
        return Curve()
    points: dict[int, Point] = {}
    lost = 0
    for line in filter(None, lines[:-1]):  # what follows the last line break is being written
        point = _point(line)
        if point is None:
            lost += 1
        else:
            points[point["epoch"]] = point
    return Curve([points[epoch] for epoch in sorted(points)], lost)


def _point(line: bytes) -> Point | None:
    try:
        found = json.loads(line)
        epoch = int(found.pop("epoch"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    figures = {
        str(name): float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and abs(value) < float("inf")
    }
    return {"epoch": epoch, **figures}


def solved_at_once(model: str) -> bool:
    spec = registry.models().get(model, {"params": {}})
    return not ROUNDS & set(spec["params"])


def smoothing(text: str) -> float:
    """What an address asks for, if it is offered; else 0.6."""
    return next((one for one in SMOOTHING if f"{one:g}" == text), 0.6)


def loss_chart(curve: Curve, smooth: float, *, log: bool) -> Chart | None:
    names = {"loss": _("training loss"), "validation_loss": _("validation loss")}
    series = {names.get(name, name): curve.series(name) for name in curve.losses}
    return _chart(series, _("Loss by epoch; lower is better."), _("Loss"), smooth, log=log)


def metric_chart(curve: Curve, smooth: float) -> Chart | None:
    series = {words.metric_name(name): curve.series(name) for name in curve.metrics}
    return _chart(series, _("Validation metrics by epoch."), _("Validation"), smooth)


def _chart(
    series: dict[str, list[tuple[float, float]]],
    caption: str,
    y: str,
    smooth: float,
    *,
    log: bool = False,
) -> Chart | None:
    if not any(series.values()):
        return None
    longest = max(len(points) for points in series.values())
    every = -(-longest // DRAWN)
    if smooth and longest > 2:
        caption = f"{caption} " + _("The strong line is smoothed, the faint one is as measured.")
    if every > 1:
        caption = f"{caption} " + _("Of %(n)s epochs every %(every)d. is drawn.") % {
            "n": numbers.count(longest),
            "every": every,
        }
    drawn = {name: points[::every] for name, points in series.items()}
    made = charts.curves(drawn, caption, _("Epoch"), y, smoothing=smooth, log_y=log)
    made["table"]["rows"] = [
        [name, at, value] for name, points in series.items() for at, value in points
    ]
    made["figure"]["layout"] |= {"uirevision": "curves", "showlegend": len(series) > 1}
    return made


def best(curve: Curve) -> str:
    """The epoch that validation prefers, in words."""
    metrics = curve.metrics
    if not metrics:
        return ""
    name = words.HEADLINE if words.HEADLINE in metrics else metrics[0]
    sign = -1 if words.direction(name) == "down" else 1
    epoch, value = max(curve.series(name), key=lambda point: sign * point[1])
    return _("Best on validation: epoch %(epoch)d of %(n)d, %(metric)s %(value)s.") % {
        "epoch": epoch,
        "n": curve.points[-1]["epoch"],
        "metric": words.metric_name(name),
        "value": numbers.sig3(value),
    }
