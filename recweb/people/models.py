"""Who may do what: users with one of three roles, their tokens, their taste, and the audit."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMIN = "admin", _("admin")
    ANALYST = "analyst", _("analyst")
    ANNOTATOR = "annotator", _("annotator")


RANK = {"": 0, Role.ANNOTATOR: 1, Role.ANALYST: 2, Role.ADMIN: 3}


class User(AbstractUser):
    """The role comes from the groups Admin, Analyst, Annotator, which a migration makes."""

    objects: ClassVar[UserManager["User"]] = UserManager()  # type: ignore[assignment]

    @property
    def role(self) -> str:
        if not hasattr(self, "_role"):
            self.remember_groups(self.groups.values_list("name", flat=True))
        return str(self._role)

    def remember_groups(self, names: Iterable[str]) -> None:
        """For who has read them with another row: the role costs no query of its own."""
        known = set(names)
        self._role = (
            Role.ADMIN
            if self.is_superuser or "Admin" in known
            else Role.ANALYST
            if "Analyst" in known
            else Role.ANNOTATOR
            if "Annotator" in known
            else ""
        )

    def may(self, role: str) -> bool:
        return self.is_active and RANK[self.role] >= RANK[role]

    @property
    def is_admin(self) -> bool:
        return self.may(Role.ADMIN)

    # Django's admin asks these four: there the role decides too, so that a user who loses it
    # loses everything at the next request, and no second set of flags can disagree
    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        return self.is_admin

    @is_staff.setter
    def is_staff(self, value: bool) -> None:
        """createsuperuser sets it; the role says it already."""

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:  # type: ignore[override]
        return self.is_admin or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_admin or super().has_module_perms(app_label)

    def dataset_ids(self) -> models.QuerySet[Any, Any]:
        from django.apps import apps

        return apps.get_model("datasets", "Member").objects.filter(user=self).values("dataset_id")


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Token(models.Model):
    """An API key. Only its digest is kept; a token with a dataset may only recommend there."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    dataset_id = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=8)
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("API token"), _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    @classmethod
    def make(cls, user: User, name: str, dataset_id: int | None = None) -> str:
        token = secrets.token_urlsafe(32)
        cls.objects.create(
            user=user, name=name, dataset_id=dataset_id, digest=digest(token), start=token[:6]
        )
        return token


class LoginLink(models.Model):
    """One use, for at most a day; only the digest is kept (SEC-02, SEC-04)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} until {self.expires:%H:%M}"


class Preference(models.Model):
    user = models.OneToOneField(User, models.CASCADE, related_name="preference")
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=5, default="auto")  # auto, light, dark
    density = models.CharField(max_length=8, default="normal")  # normal, compact
    time_zone = models.CharField(max_length=50, default="UTC")
    keys_on = models.BooleanField(default=True)
    keys = models.JSONField(default=dict)  # remapped: action -> key
    columns = models.JSONField(default=list)  # of the runs table
    checklist_hidden = models.BooleanField(default=False)
    visited = models.JSONField(default=dict)  # checklist step -> first time seen

    class Meta:
        verbose_name, verbose_name_plural = _("preference"), _("preferences")

    def __str__(self) -> str:
        return f"{self.user}"


class Audit(models.Model):
    """Append-only: who did what to which row, by the database's clock (ABU-12)."""

    at = models.DateTimeField(db_default=models.functions.Now())
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("audit row"), _("audit")
        indexes = [models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class SignIn(models.Model):
    """A session and what started it, so that its owner can see it and end it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    agent = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d %H:%M}"


class Idempotency(models.Model):
    """What a POST with that Idempotency-Key answered: its repetition gets the same again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    route = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()  # byte for byte
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
