"""The relevance/diversity frontier of a model, and the operating points that are served."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job

if TYPE_CHECKING:
    from recweb.people.models import User


class Frontier(models.Model):
    """Means and bands over 21 weights; arrays lie in the experiment's folder."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="frontiers")
    reranker = models.CharField(max_length=20, default="mmr")
    distance = models.CharField(max_length=20)  # categories, text, collaborative
    n_candidates = models.PositiveIntegerField(default=100)
    k = models.PositiveIntegerField(default=10)
    # {"weights": [...], "metrics": {"ndcg@10": {"mean": [...], "lo": [...], "hi": [...]}}, "knee"}
    points = models.JSONField(default=dict)
    test_points = models.JSONField(default=dict)  # weight 0 and the chosen one, once finalised
    folder = models.CharField(max_length=100, blank=True)
    job_id = models.BigIntegerField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "reranker", "distance"], name="frontier_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.reranker}"

    @property
    def job(self) -> Job | None:
        return Job.objects.filter(pk=self.job_id).first() if self.job_id else None


class PolicyState(models.TextChoices):
    DRAFT = "draft", _("draft")
    FITTING = "fitting", _("being refitted")
    PUBLISHED = "published", _("published")
    RETIRED = "retired", _("retired")
    FAILED = "failed", _("failed")


SILENT = (PolicyState.RETIRED, PolicyState.FAILED)  # failed: so did publishing it once more


class PolicyQuerySet(models.QuerySet["Policy"]):
    def visible(self, user: "User") -> "PolicyQuerySet":
        return self.filter(dataset__in=Dataset.objects.visible(user))


class Policy(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="policies")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="policies")
    final = models.ForeignKey(Experiment, models.PROTECT, null=True, related_name="serves")
    reranker = models.CharField(max_length=20, default="mmr")
    distance = models.CharField(max_length=20, default="categories")
    diversity = models.FloatField()
    lowest = models.FloatField(default=0.0)  # bounds within which a request may override
    highest = models.FloatField(default=1.0)
    comment = models.TextField()
    state = models.CharField(max_length=10, choices=PolicyState.choices, default=PolicyState.DRAFT)
    bundle = models.CharField(max_length=100, blank=True)  # folder below ARTIFACTS
    job_id = models.BigIntegerField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    published = models.DateTimeField(null=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("policy"), _("policies")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="policy_number_once"),
            models.UniqueConstraint(
                fields=["dataset"],
                condition=models.Q(state="published"),
                name="one_published_policy",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def job(self) -> Job | None:
        return Job.objects.filter(pk=self.job_id).first() if self.job_id else None

    @property
    def can_return(self) -> bool:
        """Retired, and its bundle is there to serve again."""
        return self.state == PolicyState.RETIRED and bool(self.bundle)

    @property
    def forgotten(self) -> bool:
        """It served, and its bundle went with a user who was erased: to be published again."""
        return self.state in SILENT and not self.bundle and self.published is not None

    @property
    def why_retired(self) -> str:
        if not self.forgotten:
            return ""
        words = gettext(
            "“%(policy)s” was retired because a user was erased: what was fitted with that user is "
            "gone. Publish it again: it is fitted anew without that user."
        )
        return words % {"policy": self.name}
