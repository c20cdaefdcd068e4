"""Every long work is a row here; the broker only rings the bell (docs: design §3)."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from recweb.jobs import kinds, live


class State(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    CANCELLING = "cancelling", _("cancelling")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


LIVE = (State.QUEUED, State.RUNNING, State.CANCELLING)
ENDED = (State.DONE, State.FAILED, State.CANCELLED)


class JobQuerySet(models.QuerySet["Job"]):
    def live(self) -> "JobQuerySet":
        return self.filter(state__in=LIVE)

    def visible(self, user: "User") -> "JobQuerySet":
        """An admin sees every job, others those they own or whose dataset they belong to."""
        if user.is_admin:
            return self
        return self.filter(Q(owner=user) | Q(dataset_id__in=user.dataset_ids()))

    def with_places(self) -> "JobQuerySet":
        """For a list: `Job.place` then costs no query of its own."""
        line = Job.objects.filter(queue=OuterRef("queue"), state=State.QUEUED)
        ahead = line.filter(created__lt=OuterRef("created")).order_by().values("queue")
        return self.annotate(ahead=Coalesce(Subquery(ahead.annotate(n=Count("pk")).values("n")), 0))

    def of(self, kind: str, target_id: int) -> "JobQuerySet":
        return self.filter(kind=kind, target_id=target_id)


class Job(models.Model):
    kind = models.CharField(max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # plain numbers: jobs stands left of the apps whose rows these are
    dataset_id = models.BigIntegerField(null=True, db_index=True)
    target_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=200)  # as its owner reads it
    # by language: others read it in theirs. The default is also the database's: code from before
    # an update may still order jobs
    titles = models.JSONField(default=dict, db_default={})
    params = models.JSONField(default=dict)
    queue = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)  # the fencing token
    lost = models.PositiveSmallIntegerField(default=0)  # attempts whose worker vanished
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, blank=True)  # host:pid of the process at work
    base = models.FloatField(null=True)  # done when this attempt first reported: not its merit
    done = models.FloatField(default=0)
    total = models.FloatField(default=0)
    unit = models.CharField(max_length=20, blank=True)
    step = models.CharField(max_length=200, blank=True)
    progress_at = models.DateTimeField(null=True)
    log_path = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)  # words for the user
    trace = models.TextField(blank=True)  # for the admin only
    code_version = models.PositiveSmallIntegerField(default=1)
    created = models.DateTimeField(db_default=Now())
    started = models.DateTimeField(null=True)
    claimed = models.DateTimeField(null=True)  # start of the present attempt
    finished = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("job"), _("jobs")
        indexes = [
            models.Index(fields=["state", "queue", "created"]),
            models.Index(fields=["kind", "target_id"]),
            models.Index(fields=["owner", "queue", "claimed"]),
            models.Index(fields=["finished"]),  # what ended lately: Home asks every few seconds
        ]
        constraints = [
            models.CheckConstraint(
                name="running_has_a_lease",
                condition=~Q(state__in=["running", "cancelling"]) | Q(lease_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return str(self.titles.get(get_language(), self.title))

    @property
    def doing(self) -> str:
        """The step in the reader's language: its parts are translated where they are shown, so
        that it is right for a reader whose language the worker could not know."""
        return gettext(": ").join(gettext(part) if part else "" for part in self.step.split(": "))

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def fraction(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def whole(self) -> int:
        """done as people count: a trial or an epoch half done is not one yet."""
        return int(self.done)

    @property
    def icon(self) -> str:
        return live.ICONS[self.state]

    @property
    def can_retry(self) -> bool:
        return self.state in (State.FAILED, State.CANCELLED) and kinds.can_retry(self.kind)

    # for templates/jobs/_block.html, which other apps include with nothing but the job
    @property
    def eta(self) -> live.Eta | None:
        return live.eta(self)

    @property
    def elapsed(self) -> float | None:
        return live.elapsed(self)

    @property
    def poll_seconds(self) -> int:
        return live.poll_seconds(self)

    @property
    def stamp(self) -> str:
        return live.stamp(self)

    @property
    def quarter(self) -> int:
        return live.quarter(self)

    @cached_property
    def place(self) -> int:
        """In the line of its queue, from 1; the line is fair, so it is a rough one."""
        known: int | None = getattr(self, "ahead", None)  # with_places
        if known is None:
            line = Job.objects.filter(queue=self.queue, state=State.QUEUED)
            known = line.filter(created__lt=self.created).count()
        return known + 1


class Beat(models.Model):
    """Who showed signs of life, and when: worker:train, worker:quick, reconciler."""

    name = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("sign of life"), _("signs of life")

    def __str__(self) -> str:
        return self.name


if TYPE_CHECKING:
    from recweb.people.models import User
