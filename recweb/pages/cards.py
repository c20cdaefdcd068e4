"""What Home says: what comes next, how much there is, what runs, what was found."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from recweb.datasets.models import Dataset, Import, ImportState, Version
from recweb.experiments import words
from recweb.experiments.models import Experiment, Role
from recweb.jobs.models import LIVE, Beat, Job, State
from recweb.labeling import claims, snapshot
from recweb.people.models import User
from recweb.tuning import releases
from recweb.tuning.models import Policy

SILENT = timedelta(seconds=30)
CHAIN = timedelta(seconds=20)  # of one job's end until the next one is asked for, and more
LAST = 5


@dataclass(frozen=True)
class Step:
    """One line of getting started."""

    name: str
    url: str
    done: bool


@dataclass
class Home:
    user: User
    slug: str = ""
    visited: dict[str, Any] = field(default_factory=dict)

    @property
    def mine(self) -> QuerySet[Dataset]:
        """Facts of each are asked along, not once more. silent: nothing serves there since a user
        was erased; brought: there is a version; tried, trained: runs, and one that is done;
        training: a run is still to come to its verdict."""
        runs = Experiment.objects.table().filter(dataset=OuterRef("pk"))
        jobs = Job.objects.live().filter(kind="train", dataset_id=OuterRef("pk"))
        return Dataset.objects.visible(self.user).annotate(
            silent=Exists(releases.silent().filter(dataset=OuterRef("pk"))),
            brought=Exists(Version.objects.filter(dataset=OuterRef("pk"))),
            tried=Exists(runs),
            trained=Exists(runs.filter(state=State.DONE)),
            training=Exists(jobs),
        )

    @cached_property
    def datasets(self) -> list[Dataset]:
        return list(self.mine.order_by("-created")[:50])

    @cached_property
    def chosen(self) -> Dataset | None:
        """The dataset that the switch names: everything that belongs to one is then of this one."""
        if not self.slug:
            return None
        here = next((row for row in self.datasets if row.slug == self.slug), None)
        return here or self.mine.filter(slug=self.slug).first()

    @cached_property
    def shown(self) -> list[Dataset]:
        return [self.chosen] if self.chosen else self.datasets

    @cached_property
    def version(self) -> Version | None:
        """The newest version of the dataset that was asked for, or of the newest one."""
        rows = Version.objects.filter(dataset__in=self.shown).select_related("dataset")
        return rows.order_by("-created").first()

    @cached_property
    def dataset(self) -> Dataset | None:
        if self.chosen:
            return self.chosen
        if self.version:
            return self.version.dataset
        return self.datasets[0] if self.datasets else None

    @cached_property
    def _moves(self) -> list[Job]:
        """What is under way, and what ended a moment ago: the next of a chain may be on its way."""
        lately = Q(state__in=LIVE) | Q(finished__gt=timezone.now() - CHAIN)
        found = Job.objects.visible(self.user).filter(lately).with_places()
        live_first = F("finished").asc(nulls_first=True)
        return list(found.order_by(live_first, "created")[:20])

    @property
    def jobs(self) -> list[Job]:
        return [job for job in self._moves if job.is_live][:8]

    @cached_property
    def live(self) -> str:
        """What runs and what waits; the page asks with it whether that is still so."""
        return ",".join(f"{job.pk}{job.state[0]}" for job in self.jobs)

    @property
    def running(self) -> list[Job]:
        return [job for job in self.jobs if job.state != State.QUEUED]

    @property
    def queued(self) -> list[Job]:
        return [job for job in self.jobs if job.state == State.QUEUED]

    @cached_property
    def experiments(self) -> list[Experiment]:
        if not self.user.may("analyst"):
            return []
        rows = Experiment.objects.visible(self.user).filter(role=Role.CANDIDATE, archived=None)
        rows = rows.filter(dataset=self.chosen) if self.chosen else rows
        return list(rows.select_related("dataset", "owner").order_by("-created")[:LAST])

    @cached_property
    def best(self) -> Experiment | None:
        """The run whose verdict the card shows: of this dataset, the best on NDCG@10."""
        if not self.dataset or not self.user.may("analyst"):
            return None
        done = Experiment.objects.filter(dataset=self.dataset, state=State.DONE, archived=None)
        judged = done.filter(role=Role.CANDIDATE, is_baseline=False).exclude(verdict={})
        return judged.order_by("-metrics__validation__ndcg@10__mean", "pk").first()

    @property
    def verdict(self) -> words.Verdict | None:
        return words.verdict(self.best) if self.best else None

    @property
    def training(self) -> bool:
        """Whether a run of this dataset is still to come to its verdict."""
        return self.user.may("analyst") and self._known("training")

    @property
    def tried(self) -> bool:
        """Whether this dataset has runs at all."""
        return self._known("tried")

    def _known(self, fact: str) -> bool:
        """What `mine` asked of this page's dataset."""
        place = self.dataset.pk if self.dataset else None
        rows = (row for row in [*self.shown, *self.datasets] if row.pk == place)
        return any(getattr(row, fact) for row in rows)

    @property
    def rows(self) -> "list[RunRow]":
        return [RunRow(run) for run in self.experiments]

    @cached_property
    def silenced(self) -> list[Policy]:
        """What served until a user was erased, where nothing serves now."""
        those = [row for row in self.shown if getattr(row, "silent", False)]
        return releases.silenced(those) if those and self.user.may("analyst") else []

    @cached_property
    def _labelled(self) -> dict[str, Any]:
        """Labels of this page's dataset and of all, and this person's seconds a label."""
        place = self.dataset.pk if self.dataset else None
        pace = Avg("seconds", filter=Q(annotator=self.user, seconds__lt=120))
        here = Count("pk", filter=Q(sample__queue__dataset=place))
        those = {row.pk for row in [*self.shown, *self.datasets]}
        found = snapshot.live(sample__queue__dataset__in=those)
        return dict(found.aggregate(here=here, all=Count("pk"), pace=pace))

    @property
    def labels(self) -> int:
        """Of the dataset whose other counts stand beside it."""
        return int(self._labelled["here"])

    @cached_property
    def waiting(self) -> dict[str, float] | None:
        """Samples that wait for this person, and about how many seconds they take."""
        n = claims.waiting_in([row.pk for row in self.datasets], self.user)
        return {"n": n, "seconds": round(n * (self._labelled["pace"] or 8.0))} if n else None

    @cached_property
    def stuck_imports(self) -> list[Import]:
        if not self.user.is_admin:
            return []
        states = [ImportState.WAITING, ImportState.REFUSED]
        rows = Import.objects.filter(state__in=states, dataset__deleted=None)
        return list(rows.select_related("dataset").order_by("-created")[:3])

    @cached_property
    def worker_silent(self) -> bool:
        since = timezone.now() - SILENT
        return not Beat.objects.filter(name__startswith="worker", at__gt=since).exists()

    @property
    def settled(self) -> bool:
        """Nothing more will come by itself."""
        return not self._moves and (not self.version or self.experiments != [])

    @property
    def sparkline(self) -> dict[str, str] | None:
        return spark(history(self.version)) if self.version else None

    def steps(self, urls: dict[str, str]) -> list[Step]:
        """What this person has done at all, whatever the switch names."""
        known = [*self.shown, *self.datasets]
        brought = any(row.brought for row in known)  # type: ignore[attr-defined]
        trained = any(row.trained for row in known)  # type: ignore[attr-defined]
        labelled = self._labelled["all"] >= 10
        return [
            Step(_("Bring in a log of interactions"), urls["data"], brought),
            Step(_("Train a model and read its verdict"), urls["experiments"], trained),
            Step(_("Drag the diversity weight"), urls["tradeoff"], "tradeoff" in self.visited),
            Step(_("Look at one person's lists"), urls["explore"], "user" in self.visited),
            Step(_("Label ten samples"), urls["label"], labelled),
        ]


def history(version: Version) -> list[float]:
    """Interactions over time as the profile knows them; empty when the log has no times."""
    return [float(count) for _start, count in version.profile.get("time") or []]


def spark(values: list[float]) -> dict[str, str] | None:
    """Path of a line 100 wide and 24 high, and of the area below it."""
    if len(values) < 2 or max(values) <= 0:
        return None
    step, top = 100 / (len(values) - 1), max(values)
    points = [f"{i * step:.1f} {23 - 21 * value / top:.1f}" for i, value in enumerate(values)]
    line = "M" + "L".join(points)
    return {"line": line, "area": f"{line}L100 24L0 24Z"}


ICONS = {
    State.QUEUED: "hourglass-split",
    State.RUNNING: "arrow-repeat",
    State.CANCELLING: "stop-circle",
    State.DONE: "check-circle",
    State.FAILED: "x-circle",
    State.CANCELLED: "stop-circle",
}


@dataclass(frozen=True)
class RunRow:
    run: Experiment

    @property
    def icon(self) -> str:
        return ICONS[State(self.run.state)]

    @property
    def ndcg(self) -> float | None:
        return self.run.mean("ndcg@10")
