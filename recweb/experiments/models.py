"""A trained model: what was asked, what came out, and what it may be compared with."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset, Version
from recweb.jobs.models import State

if TYPE_CHECKING:
    from recweb.people.models import User


class Role(models.TextChoices):
    CANDIDATE = "candidate", _("candidate")
    FINAL = "final", _("final")  # refitted on the whole log for a policy
    CONTROL = "control", _("control")  # its parent's model on shuffled interactions


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def visible(self, user: "User") -> "ExperimentQuerySet":
        return self.filter(dataset__in=Dataset.objects.visible(user))

    def table(self) -> "ExperimentQuerySet":
        """The runs that the table shows: candidates that are not put away."""
        return self.filter(role=Role.CANDIDATE, archived=None)


class Experiment(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="experiments")
    version = models.ForeignKey(Version, models.PROTECT, related_name="experiments")
    name = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    split = models.CharField(max_length=20, default="auto")
    seed = models.BigIntegerField(default=0)
    rules = models.JSONField(default=list)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.CANDIDATE)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    labels_from = models.BigIntegerField(null=True)  # a labeling queue; that app stands right
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    job_id = models.BigIntegerField(null=True)
    # facts of the split once it is known: name, leak, reason, sizes, n_without
    split_facts = models.JSONField(default=dict)
    # {"validation": {"ndcg@10": {"mean","lo","hi","n"}}, "test": ... only once finalised}
    metrics = models.JSONField(default=dict)
    verdict = models.JSONField(default=dict)  # against the baseline: code, difference, lo, hi, p
    # of a child: the labels it learnt from, [[user code, item code, value, arm], ...], pinned here
    label_pairs = models.JSONField(default=list)
    labels_facts = models.JSONField(default=dict)  # of a child: used, by arm, paired difference
    resources = models.JSONField(default=dict)  # wall and CPU seconds, peak MB, size, device
    config = models.JSONField(default=dict)  # fingerprint, code version, packages
    folder = models.CharField(max_length=100, blank=True)  # artifact, below ARTIFACTS
    is_baseline = models.BooleanField(default=False)
    tags = models.JSONField(default=list)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    archived = models.DateTimeField(null=True)
    finalised = models.DateTimeField(null=True)
    finalised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    finalised_weight = models.FloatField(null=True)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("run"), _("runs")
        indexes = [models.Index(fields=["dataset", "-created"])]

    def __str__(self) -> str:
        return self.name or f"{self.model} {self.pk}"

    @property
    def stale(self) -> bool:
        """A user was erased from its version after it was trained (ABU-10)."""
        redacted = self.version.redacted
        return redacted is not None and self.created < redacted

    @property
    def measured(self) -> bool:
        """It has figures that another run can be held against."""
        return self.state == State.DONE and bool(self.metrics.get("validation"))

    def mean(self, metric: str, part: str = "validation") -> float | None:
        found: dict[str, Any] = self.metrics.get(part, {}).get(metric, {})
        return found.get("mean")
