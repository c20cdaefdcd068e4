"""Answer, skip, take back, change. Labels are never changed nor deleted: rows close and follow."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models import ExpressionWrapper, F, Value
from django.db.models.fields import DateTimeField, DurationField
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from recweb.labeling.claims import ANNOTATOR_LOCK, NotOpen
from recweb.labeling.models import Label, Lease, LeaseState, Queue, QueueState, Sample

if TYPE_CHECKING:
    from recweb.people.models import User

NOTE = 2_000


class Clash(Exception):
    """The lease or the label says otherwise; `code` for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Unknown(LookupError):
    """No such lease or label of this person."""


@dataclass(frozen=True)
class Given:
    """What an answer has about it."""

    value: int
    seconds: float | None = None
    note: str = ""
    flagged: bool = False


# the usual case in one statement: the lease is held, so the answer is the first and in time
FIRST = """
    WITH mine AS (
        UPDATE labeling_lease SET state = 'answered', ended = clock_timestamp()
        WHERE token = %(token)s AND sample_id = %(sample)s AND annotator_id = %(annotator)s
          AND state = 'held'
        RETURNING sample_id, annotator_id, token
    )
    INSERT INTO labeling_label
        (sample_id, annotator_id, lease, value, seconds, note, flagged, late, created)
    SELECT sample_id, annotator_id, token, %(value)s, %(seconds)s, %(note)s, %(flagged)s, false,
        clock_timestamp()
    FROM mine RETURNING id, created
"""


def answer(sample_id: int, token: uuid.UUID, annotator: "User", given: Given) -> Label:
    """The label: a new one, or the one that the same lease and value made before. A lease that was
    lost gives a label marked late, unless nobody has taken the sample since. Raises Unknown, Clash.
    """
    facts = {"sample": sample_id, "token": token, "annotator": annotator.pk, **vars(given)}
    with connection.cursor() as cursor:
        cursor.execute(FIRST, facts)
        made = cursor.fetchone()
    if made is None:
        return _not_first(sample_id, token, annotator, given)
    return Label(
        pk=made[0],
        created=made[1],
        sample_id=sample_id,
        annotator=annotator,
        lease=token,
        **vars(given),
    )


@transaction.atomic
def _not_first(sample_id: int, token: uuid.UUID, annotator: "User", given: Given) -> Label:
    with connection.cursor() as cursor:  # no claim of the same person meanwhile
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ANNOTATOR_LOCK, annotator.pk])
    lease = _lock(sample_id, token, annotator)
    if lease.state == LeaseState.HELD:  # handed back between the two looks
        return _record(lease, given)
    if lease.state == LeaseState.LOST:
        return _after_loss(lease, given)
    if lease.state == LeaseState.ANSWERED:
        return _same(lease, given.value)
    if lease.state == LeaseState.SKIPPED:
        raise Clash("skipped", _("You skipped this sample. Undo that first."))
    raise Clash("undone", _("This answer was taken back; the sample is in your hands again."))


def _lock(sample_id: int, token: uuid.UUID, annotator: "User") -> Lease:
    found = (
        Lease.objects.select_for_update()
        .filter(token=token, sample=sample_id, annotator=annotator)
        .first()
    )
    if found is None:
        raise Unknown
    return found


def _record(lease: Lease, given: Given, late: bool = False) -> Label:
    if not late:
        _end(lease, LeaseState.ANSWERED)
    label = Label.objects.create(
        sample_id=lease.sample_id,
        annotator_id=lease.annotator_id,
        value=given.value,
        seconds=given.seconds,
        note=given.note,
        flagged=given.flagged,
        late=late,
        lease=lease.token,
    )
    label.refresh_from_db(fields=["created"])
    return label


def _same(lease: Lease, value: int) -> Label:
    """The answer that this lease gave; repeated it is no second one."""
    mine = Label.objects.filter(sample=lease.sample_id, annotator=lease.annotator_id, closed=None)
    label = mine.order_by("late", "-pk").first()
    if label is None:
        raise Clash("undone", _("This answer was taken back."))
    if label.value != value:
        raise _answered(label)
    return label


def _answered(label: Label) -> Clash:
    words = _("You answered this with %(old)d already, maybe in another tab. That answer stands.")
    return Clash("answered", words % {"old": label.value})


def _after_loss(lease: Lease, given: Given) -> Label:
    mine = {"sample": lease.sample_id, "annotator": lease.annotator_id}
    again = Lease.objects.select_for_update().filter(state=LeaseState.HELD, **mine).first()
    if again is not None:  # handed out to the same person once more: one sample, one answer
        _end(again, LeaseState.ANSWERED)
        return _record(lease, given)
    live = Label.objects.filter(closed=None, **mine).order_by("late", "-pk").first()
    if live is not None:
        if live.value != given.value:
            raise _answered(live)
        return live
    if take_place(lease.sample_id):
        return _record(lease, given)
    return _record(lease, given, late=True)


def take_place(sample_id: int) -> bool:
    """One of the answers still wanted, if there is one: one statement, so only one gets it."""
    if Sample.objects.filter(pk=sample_id, gold__isnull=False).exists():
        return True  # everybody is asked
    free = Sample.objects.filter(pk=sample_id, wanted__gt=0)
    return free.update(wanted=F("wanted") - 1) == 1


def _end(lease: Lease, state: LeaseState, **more: object) -> None:
    Lease.objects.filter(pk=lease.pk).update(state=state, ended=Now(), **more)
    lease.state = state


@transaction.atomic
def skip(
    sample_id: int, token: uuid.UUID, annotator: "User", note: str = "", flagged: bool = False
) -> Lease:
    """Somebody else may answer it; this person is not asked again. Raises Unknown, Clash."""
    lease = _lock(sample_id, token, annotator)
    if lease.state == LeaseState.SKIPPED:
        return lease
    if lease.state not in (LeaseState.HELD, LeaseState.LOST):
        raise Clash("answered", _("You have answered this sample already."))
    if lease.state == LeaseState.HELD:
        Sample.objects.filter(pk=lease.sample_id, gold=None).update(wanted=F("wanted") + 1)
    _end(lease, LeaseState.SKIPPED, note=note, flagged=flagged)
    return lease


@dataclass(frozen=True)
class Undone:
    sample_id: int
    lease: Lease | None  # the sample in hand again; None when the answer did not count
    value: int | None  # what had been answered; None: it had been skipped


@transaction.atomic
def undo(queue: Queue, annotator: "User", sample_id: int | None = None) -> Undone:
    """Take back this person's last answer or skip here (or the one of that sample), and hand the
    sample out to them again; repeated, the one before. Raises NotOpen, Unknown, Clash."""
    if queue.state != QueueState.OPEN:
        raise NotOpen(queue.state)
    label, skipped = _last(queue, annotator, sample_id)
    if label is not None:
        return _take_back(label)
    if skipped is None:
        raise Unknown
    if not take_place(skipped.sample_id):
        words = _("Somebody else has taken the sample that you skipped.")
        raise Clash("taken", words)
    _end(skipped, LeaseState.UNDONE)
    return Undone(skipped.sample_id, hand(skipped.sample_id, annotator.pk), None)


def _last(
    queue: Queue, annotator: "User", sample_id: int | None
) -> tuple[Label | None, Lease | None]:
    """The later one of the two; the other is None."""
    labels = Label.objects.filter(sample__queue=queue, annotator=annotator, closed=None)
    leases = Lease.objects.filter(
        sample__queue=queue, annotator=annotator, state=LeaseState.SKIPPED
    )
    if sample_id is not None:
        labels, leases = labels.filter(sample=sample_id), leases.filter(sample=sample_id)
    label = labels.select_for_update(of=("self",)).order_by("-created", "-pk").first()
    lease = leases.select_for_update(of=("self",)).order_by("-ended", "-pk").first()
    if label is not None and lease is not None:
        later = lease.ended is None or label.created > lease.ended
        return (label, None) if later else (None, lease)
    return label, lease


def _take_back(label: Label) -> Undone:
    Label.objects.filter(pk=label.pk).update(closed=Now())
    Lease.objects.filter(token=label.lease).update(state=LeaseState.UNDONE, ended=Now())
    if label.late:
        return Undone(label.sample_id, None, label.value)
    lease = hand(label.sample_id, label.annotator_id)
    return Undone(label.sample_id, lease, label.value)


def hand(sample_id: int, annotator_id: int) -> Lease:
    """The sample in this person's hands, whatever place it takes: the caller has seen to that."""
    lasts = Value(timedelta(seconds=settings.LABEL_LEASE_SECONDS), DurationField())
    until = ExpressionWrapper(Now() + lasts, output_field=DateTimeField())
    lease = Lease.objects.create(sample_id=sample_id, annotator_id=annotator_id, until=until)
    lease.refresh_from_db()
    return lease


@transaction.atomic
def change(sample_id: int, annotator: "User", given: Given) -> Label:
    """Another value for one's own answer: the old row closes. Raises Unknown."""
    old = (
        Label.objects.select_for_update(of=("self",))
        .filter(sample=sample_id, annotator=annotator, closed=None)
        .order_by("late", "-pk")
        .first()
    )
    if old is None:
        raise Unknown
    if (old.value, old.note, old.flagged) == (given.value, given.note, given.flagged):
        return old
    Label.objects.filter(pk=old.pk).update(closed=Now())
    label = Label.objects.create(
        sample_id=old.sample_id,
        annotator_id=old.annotator_id,
        value=given.value,
        seconds=given.seconds,
        note=given.note,
        flagged=given.flagged,
        late=old.late,
        lease=old.lease,
    )
    label.refresh_from_db(fields=["created"])
    return label
