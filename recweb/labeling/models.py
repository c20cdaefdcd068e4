"""Queues of samples that active learning chose, and the labels people gave. Labels only grow."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from recweb.datasets.models import Dataset
from recweb.experiments.models import Experiment
from recweb.jobs.models import Job, State

if TYPE_CHECKING:
    from recweb.people.models import User

CHOICES = (
    (0, _("Not at all"), _("would not want it")),
    (1, _("Slightly"), _("might accept it")),
    (2, _("Clearly"), _("would want it")),
    (3, _("Perfect"), _("just the right thing")),
)
VALUES = (0, 1, 2, 3)
RELEVANT = 2  # a label from here on says: wanted
MARKS = "marks"  # the strategy of the queue that analysts fill from users' pages
MARKS_NAME = _("Marked on users’ pages")
MARKS_GUIDELINE = _(
    "An analyst who looked at what the models recommend found these pairs odd. Answer as you would "
    "for any other pair: would this person want this item?"
)


class Arm(models.TextChoices):
    UNCERTAIN = "uncertain", _("uncertain")
    RANDOM = "random", _("random")
    MARKED = "marked", _("marked")  # pointed at by an analyst: neither chosen nor drawn


class QueueState(models.TextChoices):
    SELECTING = "selecting", _("selecting")
    OPEN = "open", _("open")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")
    FAILED = "failed", _("failed")


class QueueQuerySet(models.QuerySet["Queue"]):
    def visible(self, user: "User") -> "QueueQuerySet":
        return self.filter(dataset__in=Dataset.objects.visible(user))


class Queue(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="queues")
    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="queues")
    name = models.CharField(max_length=120)  # "": nobody typed one, see title
    kind = models.CharField(max_length=20, default="relevance")
    strategy = models.CharField(max_length=20, default="uncertainty")
    guideline = models.TextField(blank=True)
    overlap = models.PositiveSmallIntegerField(default=1)  # distinct people per sample
    size = models.PositiveIntegerField(default=200)
    # of what an annotator gets, samples with a known answer, once there are any
    gold_share = models.FloatField(default=0.05)
    golds = models.PositiveIntegerField(default=0)
    state = models.CharField(
        max_length=10, choices=QueueState.choices, default=QueueState.SELECTING
    )
    seed = models.BigIntegerField(default=0)
    job_id = models.BigIntegerField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("label queue"), _("label queues")

    def __str__(self) -> str:
        return self.title

    @property
    def is_marks(self) -> bool:
        return self.strategy == MARKS

    @property
    def title(self) -> str:
        """Its name; one that nobody wrote, in the reader's language."""
        if self.is_marks:
            return str(MARKS_NAME)
        words = _("Labels for %(run)s, queue %(id)d")
        return self.name or words % {"run": self.experiment, "id": self.pk}

    @property
    def advice(self) -> str:
        """Its guideline, likewise."""
        return str(MARKS_GUIDELINE) if self.is_marks else self.guideline

    @property
    def job(self) -> Job | None:
        return Job.objects.filter(pk=self.job_id).first() if self.job_id else None


class Sample(models.Model):
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="samples")
    order = models.PositiveIntegerField()
    user_code = models.IntegerField()
    item_code = models.IntegerField()
    arm = models.CharField(max_length=10, choices=Arm.choices)
    uncertainty = models.FloatField(null=True)
    score = models.FloatField(null=True)
    # answers that nobody gives or has in hand yet: a claim takes one, a lost lease gives it back
    wanted = models.PositiveSmallIntegerField(default=1)
    # the known answer: such a sample goes to every annotator, and measures them (gold.py)
    gold = models.SmallIntegerField(null=True)
    # what the model knew of the user when it was chosen, newest first: [[item code, at, value]],
    # no held-out events, or what is seen there would leak into training
    context = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "user_code", "item_code"], name="sample_once"),
            models.CheckConstraint(
                name="gold_in_scale",
                condition=models.Q(gold=None) | models.Q(gold__gte=0, gold__lte=3),
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "order"]),
            models.Index(
                fields=["queue", "order"],
                condition=models.Q(wanted__gt=0),
                name="sample_wanted",
            ),
            models.Index(
                fields=["queue"], condition=models.Q(gold__isnull=False), name="sample_gold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}/{self.order}"


class PreLabel(models.Model):
    """What a language model would answer: shown to no annotator, and no model learns from it."""

    sample = models.OneToOneField(Sample, models.CASCADE, related_name="guess")
    value = models.SmallIntegerField()
    model = models.CharField(max_length=120)  # as its endpoint calls it
    created = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name, verbose_name_plural = _("pre-label"), _("pre-labels")
        constraints = [
            models.CheckConstraint(
                name="guess_in_scale", condition=models.Q(value__gte=0, value__lte=3)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.value}"


class LeaseState(models.TextChoices):
    HELD = "held", _("held")
    ANSWERED = "answered", _("answered")
    SKIPPED = "skipped", _("skipped")
    LOST = "lost", _("lost")
    UNDONE = "undone", _("undone")


class Lease(models.Model):
    """One sample in one annotator's hands. The token is what submits it."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="leases")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=10, choices=LeaseState.choices, default=LeaseState.HELD)
    until = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    flagged = models.BooleanField(default=False)  # of a skipped one; an answer carries its own
    note = models.TextField(blank=True)
    created = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sample", "annotator"],
                condition=models.Q(state="held"),
                name="one_lease_each",
            )
        ]
        indexes = [models.Index(fields=["state", "until"])]

    def __str__(self) -> str:
        return f"{self.sample_id} by {self.annotator_id} ({self.state})"


class Label(models.Model):
    """Append-only: undo or change closes the row and opens another."""

    sample = models.ForeignKey(Sample, models.CASCADE, related_name="labels")
    annotator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    value = models.SmallIntegerField()  # 0 not, 1 slightly, 2 clearly, 3 perfect
    seconds = models.FloatField(null=True)
    note = models.TextField(blank=True)
    flagged = models.BooleanField(default=False)
    late = models.BooleanField(default=False)  # the lease was gone: kept as extra, not counted
    closed = models.DateTimeField(null=True)
    lease = models.UUIDField()
    created = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name, verbose_name_plural = _("label"), _("labels")
        constraints = [
            models.UniqueConstraint(
                fields=["sample", "annotator"],
                condition=models.Q(closed__isnull=True, late=False),
                name="one_live_label",
            ),
            models.CheckConstraint(
                name="value_in_scale", condition=models.Q(value__gte=0, value__lte=3)
            ),
        ]
        indexes = [
            models.Index(fields=["lease"]),
            models.Index(
                fields=["annotator", "-created"],
                condition=models.Q(closed__isnull=True),
                name="label_mine",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.value}"


class Shadow(models.Model):
    """What chosen labels bought against equally many random ones: two models, one measure."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="shadows")
    # pinned when it was ordered: [[user code, item code, value, arm], ...] in the queue's order
    pairs = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    facts = models.JSONField(default=dict)  # n, metrics, measure (shadow.py)
    job_id = models.BigIntegerField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["queue", "-created"])]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.state}"
