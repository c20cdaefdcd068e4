"""Datasets, the files that made them, the versions that experiments pin; log.py has the rows."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from recweb.datasets.counts import Gone, LeftOut
from recweb.datasets.log import EventName, Interaction, Item, Person, Triple
from recweb.datasets.refused import BROKEN
from recweb.jobs.models import Job

__all__ = [
    "Dataset",
    "DatasetQuerySet",
    "Erased",
    "EventName",
    "Import",
    "ImportState",
    "Interaction",
    "Item",
    "Kind",
    "MapTemplate",
    "Member",
    "Person",
    "Quarantined",
    "Report",
    "ReportKind",
    "Triple",
    "Upload",
    "Version",
]

if TYPE_CHECKING:
    from recweb.people.models import User


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible(self, user: "User") -> "DatasetQuerySet":
        """Members see their datasets, admins all; a hidden (deleted) one nobody."""
        rows = self.filter(deleted=None)
        return rows if user.is_admin else rows.filter(members__user=user)


class Dataset(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    repeats_wanted = models.BooleanField(default=False)  # music, apps: seen items may come again
    # event rules, as training.features.Rule takes them: [{"event","minimum","confidence","weight"}]
    rules = models.JSONField(default=list)
    time_zone = models.CharField(max_length=50, default="UTC")
    source = models.CharField(max_length=200, blank=True)
    # at import: {"pseudonyms": bool, "round": seconds, "consent": name of a user attribute}
    privacy = models.JSONField(default=dict, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    deleted = models.DateTimeField(null=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("dataset"), _("datasets")

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> "Version | None":
        return self.versions.order_by("-number").first()


class Member(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.dataset}"


class Kind(models.TextChoices):
    INTERACTIONS = "interactions", _("interactions")
    ITEMS = "items", _("items")
    USERS = "users", _("users")
    TRIPLES = "triples", _("knowledge triples")
    LABELS = "labels", _("labels")


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("uploaded")  # waits for the mapping to be confirmed
    CHECKING = "checking", _("checking")
    WAITING = "waiting", _("waits for a decision")  # over 5 % of the rows are bad
    LOADED = "loaded", _("loaded")
    REFUSED = "refused", _("refused")
    CANCELLED = "cancelled", _("cancelled")


class Import(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    file_name = models.CharField(max_length=255)
    stored = models.CharField(max_length=60)  # a UUID below UPLOADS, never the given name
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    mapping = models.JSONField(default=dict)
    # how to read it: encoding, delimiter, day_first, zone, event ... (training.clean.Options)
    options = models.JSONField(default=dict)
    rules = models.JSONField(default=list)
    accept_bad = models.BooleanField(default=False)  # the admin's decision over 5 %
    rows_in = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    reasons = models.JSONField(default=dict)  # reason code -> count
    notes = models.JSONField(default=list)  # [{"code", ...args}]
    refusal = models.JSONField(null=True)  # {"code", ...args} when the whole file was refused
    facts = models.JSONField(default=dict)  # encoding, delimiter, time range, rows/s ...
    # the file whose quarantined rows this one mends
    mends = models.ForeignKey("self", models.SET_NULL, null=True, related_name="mended")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    loaded = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "kind", "sha256"],
                condition=models.Q(state__in=["checking", "waiting", "loaded"]),
                name="same_file_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def path(self) -> Path:
        """Below UPLOADS, by our own name: the given one never touches the disk (SEC-16)."""
        return Path(settings.UPLOADS) / str(uuid.UUID(self.stored))

    @property
    def mended_rows(self) -> int:
        """Rows put aside that came in later, by a file of their own: rows_in leaves them out."""
        return int(self.facts.get("mended", 0))

    @property
    def rows_read(self) -> int:
        """As many as the file has, whatever became of them since."""
        return self.rows_in + self.mended_rows

    @property
    def job(self) -> Job | None:
        if "newest_job" in self.__dict__:  # imports.with_jobs
            found: Job | None = self.__dict__["newest_job"]
            return found
        return Job.objects.of("import", self.pk).order_by("-id").first()

    @property
    def is_open(self) -> bool:
        """Somebody must still do something with it, or a worker does."""
        return self.state in (ImportState.UPLOADED, ImportState.CHECKING, ImportState.WAITING)

    @property
    def is_kept(self) -> bool:
        """An erased user takes along the files that name him; pseudonyms do without any."""
        return self.path.is_file()

    @property
    def can_map(self) -> bool:
        """Refused for a reason that another reading or mapping of the same file may mend."""
        code = (self.refusal or {}).get("code")
        return self.state == ImportState.REFUSED and code not in BROKEN and self.is_kept


class Upload(models.Model):
    """A file that comes in parts. Its bytes lie below SPOOL until an import takes them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()  # as announced
    received = models.BigIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)
    touched = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.file_name

    @property
    def name(self) -> str:
        return self.file_name

    @property
    def path(self) -> Path:
        return Path(settings.SPOOL) / f"part-{self.pk}"


class MapTemplate(models.Model):
    """A mapping kept for the next file of the same kind."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    rules = models.JSONField(default=list)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Quarantined(models.Model):
    batch = models.ForeignKey(Import, models.CASCADE, related_name="bad_rows")
    line = models.BigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    # the file in which the mended row comes again, while it is on its way
    mend = models.ForeignKey(Import, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["batch", "line"])]

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}"


class Version(models.Model):
    """An immutable set of imports; experiments pin one."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    imports = models.ManyToManyField(Import, related_name="versions")
    fingerprint = models.CharField(max_length=64)  # over content, not order
    n_interactions = models.BigIntegerField()
    n_users = models.BigIntegerField()
    n_items = models.BigIntegerField()
    profile = models.JSONField(default=dict)  # figures behind the profile page
    folder = models.CharField(max_length=100, blank=True)  # exported arrays, below ARTIFACTS
    # users whose events it leaves out: [{"user": code, "why": "shilling"}]
    excluded = models.JSONField(default=list)
    redacted = models.DateTimeField(null=True)  # when a user was last erased from its arrays
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("version"), _("versions")
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"

    @property
    def n_people(self) -> int:
        """Users without erased ones and those left out; n_users, the arrays' size, counts both."""
        return (
            self.n_users
            - int(self.profile.get("counts", {}).get("erased", 0))
            - self.left_out.users
        )

    @property
    def left_out(self) -> LeftOut:
        """Whom it does not have though the log does: bots, suspects, those without consent."""
        return LeftOut(**self.profile.get("counts", {}).get("left_out", {}))

    @property
    def gone(self) -> Gone | None:
        """What was erased since it was made; its figures are of before. None: nothing was."""
        if self.redacted is None:
            return None
        counts = self.profile.get("gone", {})
        users, events = counts.get("users"), counts.get("events")
        known = users is not None and events is not None
        left = (self.n_people - users, self.n_interactions - events) if known else (None, None)
        return Gone(users, events, *left)

    @property
    def density(self) -> float:
        """Different pairs seen of all pairs: a user's second rating of an item adds nothing."""
        return float(self.profile.get("counts", {}).get("density", 0.0))


class ReportKind(models.TextChoices):
    HEALTH = "health", _("health")
    DIFF = "diff", _("difference")
    ANONYMITY = "anonymity", _("k-anonymity")
    WEIGHTS = "weights", _("event weights")
    PICTURES = "pictures", _("vectors of pictures")
    TRANSFER = "transfer", _("transfer")  # of a model, from `against`; ordered in experiments


class Report(models.Model):
    """What a job found out about a version (or two). Names users and items by code only, so that
    an erased user leaves nothing here."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="reports")
    against = models.ForeignKey(Version, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=ReportKind.choices)
    figures = models.JSONField(default=dict)
    seconds = models.FloatField(default=0.0)
    created = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "against", "kind"], name="report_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.version}"


class Erased(models.Model):
    """Somebody who must not come back: known by a keyed hash alone (ABU-10)."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="erased")
    mac = models.CharField(max_length=64)  # HMAC-SHA256 of the outside id, the dataset's key
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    counts = models.JSONField(default=dict)  # what was removed where
    sought = models.TextField(blank=True)  # the id of one in bad rows alone, until these are gone
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "mac"], name="erased_once")]

    def __str__(self) -> str:
        return self.mac[:12]
