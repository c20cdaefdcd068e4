"""Counts of a queue: how far it is, for me and for all, and what was answered."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Count, Exists, Max, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from recweb.labeling import claims, snapshot
from recweb.labeling.models import (
    RELEVANT,
    VALUES,
    Arm,
    Label,
    Lease,
    LeaseState,
    Queue,
    QueueState,
    Sample,
)

if TYPE_CHECKING:
    from recweb.people.models import User


def progress(queue: Queue, user: "User") -> dict[str, int]:
    """What every annotator may see: their own numbers, and how far the queue is."""
    mine = Label.objects.filter(sample__queue=queue, annotator=user, closed=None)
    counts = mine.aggregate(
        mine=Count("pk", filter=Q(late=False)),
        mine_today=Count("pk", filter=Q(late=False, created__gte=today())),
        late=Count("pk", filter=Q(late=True)),
    )
    skipped = Lease.objects.filter(
        sample__queue=queue, annotator=user, state=LeaseState.SKIPPED
    ).count()
    return {
        **counts,
        "skipped": skipped,
        "waiting": claims.waiting([queue.pk], user).get(queue.pk, 0),
        **_far([queue])[queue.pk],
    }


def _far(queues: list[Queue]) -> dict[int, dict[str, int]]:
    """How far queues are. Answers to known samples train nothing, but are counted on both sides
    here: no annotator can tell by the numbers which ones they were."""
    live = Label.objects.filter(sample__queue__in=queues, closed=None, late=False).order_by()
    counted = live.values("sample__queue").annotate(
        n=Count("pk"), known=Count("pk", filter=Q(sample__gold__isnull=False))
    )
    given = {row["sample__queue"]: row for row in counted}
    out = {}
    for queue in queues:
        row = given.get(queue.pk, {"n": 0, "known": 0})
        wanted = (queue.size - queue.golds) * queue.overlap + row["known"]
        out[queue.pk] = {"answered": row["n"], "wanted": wanted}
    return out


def today() -> Any:
    """The start of the reader's day."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def table(queues: list[Queue], user: "User") -> list[dict[str, Any]]:
    """One row a queue, with a fixed number of questions to the database."""
    ids = [queue.pk for queue in queues]
    waits = claims.waiting(ids, user)
    far = _far(queues)
    mine = _by_queue(
        Label.objects.filter(
            sample__queue__in=ids, closed=None, late=False, annotator=user, created__gte=today()
        )
    )
    return [
        {
            "queue": queue,
            "waiting": waits.get(queue.pk, 0),
            "mine_today": mine.get(queue.pk, 0),
            **far[queue.pk],
        }
        for queue in queues
    ]


def open_samples(queues: list[Queue]) -> dict[int, int]:
    """Of each open queue, samples that still want an answer of somebody, or that somebody holds."""
    held = Lease.objects.filter(sample=OuterRef("pk"), state=LeaseState.HELD)
    rows = Sample.objects.filter(queue__in=queues, queue__state=QueueState.OPEN, gold=None)
    wanted = rows.filter(Q(wanted__gt=0) | Exists(held)).order_by()
    return dict(wanted.values("queue").annotate(n=Count("pk")).values_list("queue", "n"))


def _by_queue(labels: Any) -> dict[int, int]:
    counted = labels.order_by().values("sample__queue").annotate(n=Count("pk"))
    return dict(counted.values_list("sample__queue", "n"))


def last_done(user: "User") -> Label | None:
    """The newest answer in any queue that this person can see, for an empty list's words."""
    rows = Label.objects.filter(sample__queue__in=Queue.objects.visible(user), closed=None)
    return rows.select_related("annotator").order_by("-created").first()


@dataclass(frozen=True)
class Cell:
    """Live answers of one person, of one value, in one arm."""

    who: str
    arm: str
    value: int
    n: int
    timed: int  # with a time that can be true
    seconds: float  # of those together


def cells(queue: Queue) -> list[Cell]:
    plausible = Q(seconds__lt=600)
    rows = (
        snapshot.live(sample__queue=queue)
        .order_by()
        .values_list("annotator__username", "sample__arm", "value")
        .annotate(
            n=Count("pk"),
            timed=Count("pk", filter=plausible),
            sum=Coalesce(Sum("seconds", filter=plausible), 0.0),
        )
    )
    return [Cell(*row) for row in rows]


def given(queue: Queue, found: list[Cell]) -> dict[str, Any]:
    """For the analyst: answers by value and arm, and by annotator with their pace."""
    counts: Counter[tuple[str, int]] = Counter()
    for cell in found:
        counts[cell.arm, cell.value] += cell.n
    counted = list(
        Sample.objects.filter(queue=queue).order_by().values("arm").annotate(
            n=Count("pk", filter=Q(gold=None)), known=Count("pk", filter=Q(gold__gte=RELEVANT))
        )
    )  # fmt: skip
    chosen = {row["arm"]: row["n"] for row in counted}
    arms = [
        {
            "arm": arm.label,
            # marks that were taken back are no samples any more
            "samples": queue.size - queue.golds if queue.is_marks else chosen.get(arm.value, 0),
            "values": [counts[arm.value, value] for value in VALUES],
            "answers": sum(counts[arm.value, value] for value in VALUES),
        }
        for arm in ((Arm.MARKED,) if queue.is_marks else (Arm.UNCERTAIN, Arm.RANDOM))
    ]
    sums = [sum(counts[arm.value, value] for arm in Arm) for value in VALUES]
    known = sum(row["known"] for row in counted)
    return {
        "arms": arms,
        "sums": sums,
        "answers": sum(sums),
        "samples": sum(chosen.values()),
        "relevant": sum(sums[2:]),
        "known": known,
        "trains": sum(sums[2:]) + known,
        "people": _people(queue),
    }


def _people(queue: Queue) -> list[dict[str, Any]]:
    rows = (
        Label.objects.filter(sample__queue=queue, closed=None)
        .order_by()
        .values("annotator__username")
        .annotate(
            answers=Count("pk", filter=Q(late=False, sample__gold=None)),
            mean=Avg("value", filter=Q(late=False, sample__gold=None)),
            # from here on “late” is this count, no longer the column
            late=Count("pk", filter=Q(late=True)),
            flags=Count("pk", filter=Q(flagged=True)),
            pace=Avg("seconds", filter=Q(seconds__lt=600)),
            last=Max("created"),
        )
    )
    skips = Lease.objects.filter(sample__queue=queue, state=LeaseState.SKIPPED).order_by()
    counted = skips.values("annotator__username").annotate(
        n=Count("pk"), flags=Count("pk", filter=Q(flagged=True))
    )
    skipped = {row["annotator__username"]: row for row in counted}
    found = []
    for row in rows:
        name = row["annotator__username"]
        left = skipped.pop(name, {"n": 0, "flags": 0})
        flags = row["flags"] + left["flags"]
        found.append({**row, "name": name, "skipped": left["n"], "flags": flags})
    found += [
        {"name": name, "answers": 0, "skipped": left["n"], "flags": left["flags"]}
        for name, left in skipped.items()
    ]
    return sorted(found, key=lambda row: -row["answers"])
