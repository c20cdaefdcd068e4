"""A search for settings: what was asked, and every trial. These rows are the study: whoever goes
on with it, after a pause or a killed worker, needs nothing else."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset, Version
from recweb.experiments.models import Experiment
from recweb.jobs.models import LIVE, State

if TYPE_CHECKING:
    from recweb.people.models import User


class StudyQuerySet(models.QuerySet["Study"]):
    def visible(self, user: "User") -> "StudyQuerySet":
        return self.filter(dataset__in=Dataset.objects.visible(user))

    def counted(self) -> "StudyQuerySet":
        """With how many trials have ended."""
        ended = Q(rows__state__in=ENDED)
        return self.annotate(n_ended=models.Count("rows", filter=ended))


class Study(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="studies")
    version = models.ForeignKey(Version, models.PROTECT, related_name="studies")
    name = models.CharField(max_length=120, blank=True)
    model_ids = models.JSONField(default=list)
    trials = models.PositiveSmallIntegerField()  # of each model: the same budget for all
    objectives = models.JSONField(default=list)  # codes of objectives.py, relevance first
    split = models.CharField(max_length=20, default="auto")
    rules = models.JSONField(default=list)
    seed = models.BigIntegerField(default=0)
    minutes = models.PositiveIntegerField(null=True)  # of computing, all trials together
    workers = models.PositiveSmallIntegerField(default=1)  # jobs that look for trials to do
    space = models.JSONField(default=dict)  # model -> parameter -> rule with its range
    importances = models.JSONField(default=dict)  # model -> parameter -> share
    split_facts = models.JSONField(default=dict)  # name, because, sizes, distance
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    job_id = models.BigIntegerField(null=True)  # the one that ends last; helpers name the study
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("tuning study"), _("tuning studies")
        indexes = [models.Index(fields=["dataset", "-created"])]

    def __str__(self) -> str:
        return self.name or f"{', '.join(self.model_ids)} {self.pk}"

    @property
    def budget(self) -> int:
        """Trials of all models together."""
        return self.trials * len(self.model_ids)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def paused(self) -> bool:
        return self.state == State.CANCELLED

    @property
    def can_resume(self) -> bool:
        return self.state in (State.CANCELLED, State.FAILED)

    @property
    def stale(self) -> bool:
        """A user was erased from its version after it was ordered (ABU-10)."""
        redacted = self.version.redacted
        return redacted is not None and self.created < redacted


class TrialState(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    PRUNED = "pruned", _("stopped early")
    FAILED = "failed", _("failed")


ENDED = (TrialState.DONE, TrialState.PRUNED, TrialState.FAILED)


class Trial(models.Model):
    study = models.ForeignKey(Study, models.CASCADE, related_name="rows")
    model = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()  # within its model, from 0: the usual settings
    state = models.CharField(max_length=12, choices=TrialState.choices, default=TrialState.RUNNING)
    params = models.JSONField(default=dict)  # those that are looked for
    values = models.JSONField(default=dict)  # measure -> mean on validation
    value = models.FloatField(null=True)  # ndcg@10 of a done one: what lists sort by
    steps = models.JSONField(default=dict)  # epoch -> ndcg@10 on the way
    seconds = models.FloatField(null=True)  # of the fit, on the clock
    cpu_seconds = models.FloatField(null=True)  # of the fit, all cores
    peak_mb = models.FloatField(null=True)
    error = models.TextField(blank=True)
    job_id = models.BigIntegerField()  # whose it is, with the attempt: a dead one's is taken over
    attempt = models.PositiveSmallIntegerField()
    tries = models.PositiveSmallIntegerField(default=1)  # begun, and neither ended nor given back
    experiment = models.ForeignKey(Experiment, models.SET_NULL, null=True, related_name="+")
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("trial"), _("trials")
        constraints = [
            models.UniqueConstraint(fields=["study", "model", "number"], name="one_trial_a_number"),
            models.CheckConstraint(
                name="done_trial_has_a_value",
                condition=~Q(state="done") | Q(value__isnull=False),
            ),
        ]
        indexes = [models.Index(F("study"), F("value").desc(nulls_last=True), name="best_first")]

    def __str__(self) -> str:
        return f"{self.model} {self.number + 1}"

    @property
    def place(self) -> int:
        """As people count: from 1."""
        return self.number + 1

    @property
    def ild(self) -> float | None:
        found: float | None = self.values.get("ild@10")
        return found
