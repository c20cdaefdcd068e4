"""The shelf: every model that a version allows, each with its usual settings, on one split.

Runs that are there already count, so pressing again fills only what is missing. What the quota of
waiting jobs has no room for follows by itself: the job that was ordered last carries the names, and
orders the next of them when it ends.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from recweb.datasets.models import Dataset, Version
from recweb.experiments import estimates, needs, orders, words
from recweb.experiments.models import Experiment, Role
from recweb.jobs.models import LIVE, Job, State
from recweb.jobs.orders import Quota, room
from recweb.lib import numbers
from training import registry

if TYPE_CHECKING:
    from recweb.people.models import User

LONGEST = 1800  # seconds: what takes longer is started by itself
SIDE_BY_SIDE = 12  # as many as the compare page takes
THEN = "then"  # among a job's params: the models of the shelf that follow it


@dataclass
class Place:
    """One model of the shelf: its run, or why it has none."""

    model: str
    name: str
    seconds: int
    run: Experiment | None = None
    refused: str = ""
    field: str = ""
    coming: bool = False  # a job that waits or runs will order it

    @property
    def missing(self) -> bool:
        return self.run is None and not self.refused and not self.coming


@dataclass
class Shelf:
    version: Version
    places: list[Place]
    left: list[Place] = field(default_factory=list)  # what the person's quota kept back
    follows: bool = False  # ... and a job of the shelf will order
    said: str = ""  # in which words
    room: int = sys.maxsize  # as many as the person may still order

    @property
    def missing(self) -> list[Place]:
        return [place for place in self.places if place.missing]

    @property
    def now(self) -> list[Place]:
        """What a press orders at once."""
        return self.missing[: self.room]

    @property
    def later(self) -> list[Place]:
        """What the quota has no room for yet."""
        return self.missing[self.room :]

    @property
    def coming(self) -> list[Place]:
        """What follows by itself."""
        return [place for place in self.places if place.coming]

    @property
    def refused(self) -> list[Place]:
        return [place for place in self.places if place.refused]

    @property
    def runs(self) -> list[Experiment]:
        return [place.run for place in self.places if place.run is not None]

    @property
    def live(self) -> list[Experiment]:
        return [run for run in self.runs if run.state in LIVE]

    @property
    def waiting(self) -> list[Experiment]:
        return [run for run in self.live if run.state == State.QUEUED]

    @property
    def running(self) -> list[Experiment]:
        return [run for run in self.live if run.state != State.QUEUED]

    @property
    def done(self) -> list[Experiment]:
        return [run for run in self.runs if run.state == State.DONE]

    @property
    def seconds(self) -> int:
        """Of what one press brings, one after another."""
        return sum(place.seconds for place in self.missing)

    @property
    def best(self) -> list[Experiment]:
        """What stands side by side: popularity, and the best on the headline metric."""
        ranked = sorted(self.done, key=lambda run: -(run.mean(words.HEADLINE) or 0.0))
        base = [run for run in ranked if run.model == "pop"]
        return [*base, *(run for run in ranked if run.model != "pop")][:SIDE_BY_SIDE]


def plan(version: Version, models: Iterable[str] | None = None) -> Shelf:
    """What is there, what would be trained, and what the data refuse; the quickest first."""
    data, known = needs.data_of(version), estimates.by_model(version)
    there, coming = _there(version), _coming(version)
    places = []
    for model in models if models is not None else registry.models():
        place = Place(model, orders.model_name(model), known[model].seconds)
        try:
            params = orders.check(version, model, {}, "auto", 0, data)
        except orders.Refused as refused:
            place.refused, place.field = refused.message, refused.field
        else:
            elsewhere = "endpoint" in registry.model_spec(model)["needs"]
            place.run = next((run for run in there if (run.model, run.params) == (model, params)),
                             None)  # fmt: skip
            if place.run is None and elsewhere:
                place.refused, place.field = asks_elsewhere(), "model"
            elif place.run is None and place.seconds > LONGEST:
                place.refused, place.field = too_long(place.seconds), "model"
            place.coming = place.run is None and not place.refused and model in coming
        places.append(place)
    return Shelf(version, sorted(places, key=lambda place: (place.seconds, place.model)))


def before(version: Version, person: "User") -> Shelf:
    """The plan as this person may start it."""
    found = plan(version)
    found.room = room(person) if found.missing else found.room
    return found


def too_long(seconds: int) -> str:
    return _("It would take about %(time)s here, too long for the shelf: start it by itself.") % {
        "time": numbers.minutes(seconds)
    }


def asks_elsewhere() -> str:
    return _("It sends titles to another host and may cost money: start it by itself.")


def _there(version: Version) -> list[Experiment]:
    """Runs with nothing but the usual around them, those that are done first, newest first."""
    rows = Experiment.objects.filter(
        version=version, split="auto", seed=0, role=Role.CANDIDATE, archived=None,
        rules=version.dataset.rules, label_pairs=[],
    )  # fmt: skip
    rows = rows.filter(state__in=[State.DONE, *LIVE]).order_by("-pk")
    found = list(rows.defer("config", "split_facts", "verdict"))
    return sorted(found, key=lambda run: run.state != State.DONE)


def _coming(version: Version) -> set[str]:
    """Models that a live job will order."""
    rows = Job.objects.live().filter(kind="train", dataset_id=version.dataset_id)
    waiting = rows.filter(params__has_key=THEN).values_list("target_id", "params")
    mine = {run or 0: params for run, params in waiting}
    here = Experiment.objects.filter(pk__in=mine, version=version).values_list("pk", flat=True)
    return {model for pk in here for model in mine[pk][THEN]}


def start(dataset: Dataset, owner: "User", models: Iterable[str] | None = None) -> Shelf:
    """Order what is missing, as far as the person's quota goes; the rest follows. Raises
    orders.Refused."""
    version = orders.pin(dataset, None)
    with transaction.atomic():
        shelf = _started(version, owner, models)
        base = next((run for run in shelf.runs if run.model == "pop"), None)
        pinned = Experiment.objects.filter(dataset=dataset, is_baseline=True, archived=None)
        if base is not None and not pinned.filter(state__in=[State.DONE, *LIVE]).exists():
            orders.set_baseline(base)
    return shelf


def _started(
    version: Version, owner: "User", models: Iterable[str] | None, *, follows: bool = False
) -> Shelf:
    """follows: the first is ordered whatever else waits, so that there is one to carry the rest."""
    Dataset.objects.select_for_update().get(pk=version.dataset_id)  # two clicks, one shelf
    shelf, last = plan(version, models), None
    for place in shelf.missing:
        try:
            place.run = last = orders.start(
                version.dataset,
                model=place.model,
                owner=owner,
                version=version,
                quota=last is not None or not follows,
            )
        except Quota as quota:
            shelf.said, shelf.left = quota.message, shelf.missing
            break
    shelf.follows = bool(shelf.left) and _carried(version, owner, last, shelf.left)
    return shelf


def _carried(version: Version, owner: "User", last: Experiment | None, left: list[Place]) -> bool:
    """Give what is left to the job ordered last, else to the person's newest training on these
    data; whether there is one."""
    rows = Job.objects.live().filter(kind="train", dataset_id=version.dataset_id, owner=owner)
    if last is not None:
        rows = rows.filter(pk=last.job_id or 0)
    runs = Experiment.objects.filter(version=version).values("pk")
    # who ends a job holds its row and waits for the dataset, which is held here
    free = rows.filter(target_id__in=runs).select_for_update(skip_locked=True)
    job = free.order_by("-pk").first()
    if job is None:
        return False
    names = [*job.params.get(THEN, []), *(place.model for place in left)]
    Job.objects.filter(pk=job.pk).update(params=job.params | {THEN: names})
    return True


def go_on(job: Job) -> None:
    """A job that carries names has ended, however it did: the next of them, each once."""
    names = job.params.get(THEN)
    if not names:
        return
    _carry_nothing([job])
    rows = Experiment.objects.select_related("version__dataset")
    run = rows.filter(pk=job.target_id or 0).first()
    if run is not None and Dataset.objects.visible(job.owner).filter(pk=run.dataset_id).exists():
        _started(run.version, job.owner, names, follows=True)


def stop(version: Version, owner: "User") -> int:
    """Nothing of this person's shelf follows any more; how many models that were."""
    rows = Job.objects.live().filter(kind="train", dataset_id=version.dataset_id, owner=owner)
    carrying = list(rows.filter(params__has_key=THEN).select_for_update())
    _carry_nothing(carrying)
    return sum(len(job.params[THEN]) for job in carrying)


def _carry_nothing(carrying: list[Job]) -> None:
    for job in carrying:
        rest = {name: value for name, value in job.params.items() if name != THEN}
        Job.objects.filter(pk=job.pk).update(params=rest)


def kept_back(shelf: Shelf) -> str:
    """What the quota did, in words."""
    names = _(", ").join(place.name for place in [*shelf.left, *shelf.coming])
    if shelf.follows or not shelf.left:
        return _(
            "Waiting for room in the line: %(names)s. They follow by themselves as trainings end."
        ) % {"names": names}
    return _(
        "Not started yet: %(names)s. You have as many trainings waiting as one person may have; "
        "what was started goes on. Press Run the shelf again when some of them have begun."
    ) % {"names": names}
