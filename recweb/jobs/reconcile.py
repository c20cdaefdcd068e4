"""Find what got lost: rings, workers, cancels. Every few seconds, one at a time."""

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import connection, transaction

from recweb.celery import app
from recweb.jobs import ends, fence, orders, signs
from recweb.jobs.models import Job, State

log = logging.getLogger(__name__)
LOCK = 4_201_003
# a row without a lease must be found too, whoever wrote it
OVERDUE = "coalesce(lease_until, started, 'epoch'::timestamptz) < clock_timestamp()"


def reconcile() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return
        try:
            signs.show("reconciler", {"every": _period()})
            for number in _overdue():
                _give_back(number)
            for queue in _waiting():
                _ring(queue)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _period() -> float:
    entry = settings.CELERY_BEAT_SCHEDULE["reconcile"]["schedule"]
    return float(entry.run_every.total_seconds())


def _overdue() -> Iterator[int]:
    rows = Job.objects.filter(state__in=ends.TAKEN).extra(where=[OVERDUE])
    yield from rows.order_by("pk").values_list("pk", flat=True)


def _give_back(number: int) -> None:
    """Each in its own transaction: one broken job must not hold up the others."""
    try:
        with transaction.atomic():
            rows = Job.objects.select_for_update(skip_locked=True).extra(where=[OVERDUE])
            job = rows.filter(pk=number, state__in=ends.TAKEN).first()
            if job is not None:  # else its heart beat meanwhile, or it is being ended now
                ends.settle(job, lost=True, why="no sign of life")
    except Exception:
        log.exception("job %s could not be given back", number)


def _waiting() -> list[str]:
    queued = Job.objects.filter(state=State.QUEUED, code_version__lte=fence.CODE_VERSION)
    queues = queued.order_by("queue").values_list("queue", flat=True).distinct()
    return [queue for queue in queues if fence.claimable(queue)]


def _ring(queue: str) -> None:
    """One ring wakes one worker, which rings for the next; while it hangs unheard in the broker,
    another one would only be in the way."""
    if not _unheard(queue):
        orders.ring_queue(queue)


def _unheard(queue: str) -> int:
    try:
        with app.connection_for_read() as line:
            line.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            return int(line.default_channel.queue_declare(queue, passive=True).message_count)
    except Exception:  # no such queue yet, or no broker: the ring tells
        return 0
