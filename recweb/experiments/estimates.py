"""What a run would take, before it starts: from measured runs of the dataset, else by a rule.

The rule, for a model nobody has trained here: a fixed start (process, imports), reading in
proportion to the events, ranking in proportion to the pairs of a user and an item, and fitting by
what drives the model (estimates_fitted.py, measured by benchmarks/fit_estimates.py); where the
model holds a square matrix, its cube. An order of magnitude, no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recweb.datasets.models import Version
from recweb.experiments.estimates_fitted import (
    BY_NETWORK,
    FINAL,
    FIT,
    JUDGED,
    PAIRS,
    RANK,
    ROWS,
    SQUARES,
)
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job, State
from training import registry

START = 1.0  # seconds: a fresh process with its imports, before a run's own clock begins
READ = 0.4  # seconds for 100,000 events: the log read and divided
TEXT = 0.006  # seconds to read one item's text
# and again by a language model that learns: seconds an item (epochs), a user (candidates)
TUNED = {"lm_tuned": (0.05, 0.0), "cross_encoder": (0.0, 0.6)}
CUBE = 2.5e-12  # seconds for one multiplication of a square model, on two cores
SQUARE = "ease"  # it holds a square matrix, and so does what has it for a part:
PARTS = ("base", "first", "second", "third")  # parameters that name a model
BASE_MB = 150
TUNED_MB = 700  # the weights of such a model, their gradients, averages and best copy
TORCH_MB = 500  # what the library of the learned models and of texts takes besides
SIZES = ("factors", "dim", "embedding", "width", "hidden")  # parameters: the length of vectors
MB = 2**20


@dataclass(frozen=True)
class Estimate:
    seconds: int  # whole ones: an estimate is no measurement
    mb: float
    runs: int  # measured ones that it stands on; 0: by the rule

    @property
    def source(self) -> str:
        if not self.runs:
            return _("An estimate by rule: no such run was measured on this dataset yet.")
        return ngettext(
            "An estimate from %(n)d measured run of this model here.",
            "An estimate from %(n)d measured runs of this model here.",
            self.runs,
        ) % {"n": self.runs}


def by_model(version: Version) -> dict[str, Estimate]:
    """For every model of the registry."""
    done = Experiment.objects.filter(dataset=version.dataset_id, state=State.DONE)
    rows = done.exclude(resources={}).order_by("-pk")[:200]
    found: dict[str, list[tuple[float, float]]] = {}
    for model, spent, events in rows.values_list("model", "resources", "version__n_interactions"):
        if spent.get("wall_seconds") and events:
            scale = max(1, version.n_interactions) / events
            found.setdefault(model, []).append(
                (START + spent["wall_seconds"] * scale, spent.get("peak_mb") or 0)
            )
    return {name: _of(name, version, found.get(name, [])) for name in registry.models()}


def _of(model: str, version: Version, measured: list[tuple[float, float]]) -> Estimate:
    if measured:
        seconds, mb = (median(part) for part in zip(*measured, strict=True))
        return Estimate(max(1, round(seconds)), mb, len(measured))
    return Estimate(max(1, round(rule_seconds(model, version))), rule_mb(model, version), 0)


def rule_seconds(model: str, version: Version) -> float:
    parts, users, items = version.n_interactions / 100_000, version.n_users, version.n_items
    fit = FIT[model]
    looked_at = min(users, JUDGED) + users / FINAL if model in BY_NETWORK else users
    seconds = START + parts * (READ + fit.events) + RANK * users * items / PAIRS
    seconds += fit.rows * (users + items) / ROWS + fit.pairs * looked_at * items / PAIRS
    seconds += fit.squares * items**2 / SQUARES
    if _square(model):
        seconds += CUBE * min(users, items) ** 3
    if "text" in registry.model_spec(model)["needs"]:
        seconds += TEXT * items
    each_item, each_user = TUNED.get(model, (0.0, 0.0))
    return seconds + each_item * items + each_user * users


def learned(model: str) -> bool:
    return "epochs" in registry.model_spec(model)["params"]


def rule_mb(model: str, version: Version, params: dict[str, Any] | None = None) -> float:
    """512 users are ranked at a time; a square model holds about three copies of its matrix."""
    scores = 512 * version.n_items * 8 * 3 / MB
    side = min(version.n_users, version.n_items)
    square = 3 * 8 * side**2 / MB if _square(model, params) else 0.0
    sized = _sized_mb(model, version, params)
    torch = TORCH_MB if learned(model) or "text" in registry.model_spec(model)["needs"] else 0.0
    torch += TUNED_MB if model in TUNED else 0.0
    return BASE_MB + torch + scores + square + sized + version.n_interactions * 100 / MB


def _sized_mb(model: str, version: Version, params: dict[str, Any] | None = None) -> float:
    """Vectors of users and items, and what their training keeps beside them: four copies."""
    known = _params(model, params)
    length = sum(float(known.get(name) or 0) for name in SIZES)
    return 4 * 4 * length * (version.n_users + version.n_items) / MB


def _square(model: str, params: dict[str, Any] | None = None) -> bool:
    known = _params(model, params)
    return SQUARE in (model, *(known.get(name) for name in PARTS))


def _params(model: str, params: dict[str, Any] | None) -> dict[str, Any]:
    rules = registry.model_spec(model)["params"].items()
    return {name: rule["default"] for name, rule in rules} | (params or {})


def memory(version: Version, model: str, params: dict[str, Any]) -> float:
    """MB of a run with these parameters: the rule, unless the same was measured on this version."""
    mb = rule_mb(model, version, params)
    if mb <= settings.JOB_MEMORY_MB:
        return mb
    same = Experiment.objects.filter(version=version, model=model, params=params, state=State.DONE)
    peaks = [spent.get("peak_mb") for spent in same.values_list("resources", flat=True)[:5]]
    return max((float(peak) for peak in peaks if peak), default=mb)


def largest(version: Version, model: str, params: dict[str, Any]) -> str:
    """The parameter that makes up most of the memory, or ""."""
    if _sized_mb(model, version, params) * 2 < rule_mb(model, version, params):
        return ""
    return next((name for name in SIZES if name in params), "")


def together(version: Version, models: Iterable[str]) -> int:
    """Seconds for several runs, one after another."""
    known = by_model(version)
    return sum(known[model].seconds for model in models)


@dataclass(frozen=True)
class Line:
    """The queue in front of a new training."""

    running: int
    waiting: int

    @property
    def place(self) -> int:
        return self.waiting + 1


def line() -> Line:
    states = list(Job.objects.live().filter(queue="train").values_list("state", flat=True))
    waiting = sum(state == State.QUEUED for state in states)
    return Line(len(states) - waiting, waiting)
