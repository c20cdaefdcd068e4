"""Counts of a queue: how far it is, for me and for all, and what was answered."""

from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Count, Max, Q
from django.utils import timezone

from recweb.labeling import claims, snapshot
from recweb.labeling.models import VALUES, Arm, Label, Lease, LeaseState, Queue, Sample

if TYPE_CHECKING:
    from recweb.people.models import User


def progress(queue: Queue, user: "User") -> dict[str, int]:
    """What every annotator may see: their own numbers, and how far the queue is."""
    mine = Label.objects.filter(sample__queue=queue, annotator=user, closed=None)
    counts = mine.aggregate(
        mine=Count("pk"), mine_today=Count("pk", filter=Q(created__gte=today())),
        late=Count("pk", filter=Q(late=True)),
    )  # fmt: skip
    skipped = Lease.objects.filter(
        sample__queue=queue, annotator=user, state=LeaseState.SKIPPED
    ).count()
    return {
        **counts,
        "skipped": skipped,
        "waiting": claims.waiting([queue.pk], user).get(queue.pk, 0),
        "answered": snapshot.live(queue).count(),
        "wanted": Sample.objects.filter(queue=queue).count() * queue.overlap,
    }


def today() -> Any:
    """The start of the reader's day."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def table(queues: list[Queue], user: "User") -> list[dict[str, Any]]:
    """One row a queue, with a fixed number of questions to the database."""
    ids = [queue.pk for queue in queues]
    waits = claims.waiting(ids, user)
    answered = _by_queue(Label.objects.filter(sample__queue__in=ids, closed=None, late=False))
    mine = _by_queue(
        Label.objects.filter(
            sample__queue__in=ids, closed=None, annotator=user, created__gte=today()
        )
    )
    return [
        {
            "queue": queue,
            "waiting": waits.get(queue.pk, 0),
            "mine_today": mine.get(queue.pk, 0),
            "answered": answered.get(queue.pk, 0),
            "wanted": queue.size * queue.overlap,
        }
        for queue in queues
    ]


def _by_queue(labels: Any) -> dict[int, int]:
    counted = labels.order_by().values("sample__queue").annotate(n=Count("pk"))
    return dict(counted.values_list("sample__queue", "n"))


def last_done(user: "User") -> Label | None:
    """The newest answer in any queue that this person can see, for an empty list's words."""
    rows = Label.objects.filter(sample__queue__in=Queue.objects.visible(user), closed=None)
    return rows.select_related("annotator").order_by("-created").first()


def given(queue: Queue) -> dict[str, Any]:
    """For the analyst: answers by value and arm, and by annotator with their pace."""
    live = snapshot.live(queue)
    cells = dict(
        ((arm, value), n)
        for arm, value, n in live.order_by()
        .values_list("sample__arm", "value")
        .annotate(n=Count("pk"))
    )
    counted = Sample.objects.filter(queue=queue).order_by().values("arm")
    chosen = dict(counted.annotate(n=Count("pk")).values_list("arm", "n"))
    arms = [
        {
            "arm": arm.label,
            "samples": chosen.get(arm.value, 0),
            "values": [cells.get((arm.value, value), 0) for value in VALUES],
            "answers": sum(cells.get((arm.value, value), 0) for value in VALUES),
        }
        for arm in Arm
    ]
    sums = [sum(row["values"][value] for row in arms) for value in VALUES]
    return {
        "arms": arms,
        "sums": sums,
        "answers": sum(sums),
        "samples": sum(chosen.values()),
        "relevant": sum(sums[2:]),
        "people": _people(queue),
    }


def _people(queue: Queue) -> list[dict[str, Any]]:
    rows = (
        Label.objects.filter(sample__queue=queue, closed=None)
        .order_by()
        .values("annotator__username")
        .annotate(
            answers=Count("pk", filter=Q(late=False)),
            late=Count("pk", filter=Q(late=True)),
            flags=Count("pk", filter=Q(flagged=True)),
            pace=Avg("seconds", filter=Q(seconds__lt=600)),
            mean=Avg("value"),
            last=Max("created"),
        )
    )
    skips = Lease.objects.filter(sample__queue=queue, state=LeaseState.SKIPPED).order_by()
    counted = skips.values("annotator__username").annotate(n=Count("pk"))
    skipped = dict(counted.values_list("annotator__username", "n"))
    found = [
        {
            **row,
            "name": row["annotator__username"],
            "skipped": skipped.pop(row["annotator__username"], 0),
        }
        for row in rows
    ]
    found += [{"name": name, "answers": 0, "skipped": n} for name, n in skipped.items()]
    return sorted(found, key=lambda row: -row["answers"])
