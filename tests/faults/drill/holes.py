"""Guards taken out, one a function: a fault test that still passes then proves nothing."""

from django.conf import settings
from django.db import connection, transaction

from recweb.jobs import beats, child, ends, fence, heart, run, work
from recweb.jobs.models import Job


class Never(Exception):
    pass


def no_limit() -> None:
    """Three lost attempts are not enough."""
    settings.JOB_MAX_ATTEMPTS = 1_000_000


def gentle() -> None:
    """A cancel asks, and nobody sees to it that the process goes."""
    child.Watch._stop = lambda self, now: None
    child.Watch._kill = lambda self, why: None
    work._last_resort = lambda job, child: lambda why: None


def brittle() -> None:
    """A heartbeat that finds no database is the last one."""
    for module in (heart, work):
        module.DatabaseError = module.InterfaceError = Never


def stubborn() -> None:
    """Who hears nothing from the database for a whole lease goes on all the same."""
    heart.Heart.lease = staticmethod(lambda: float("inf"))


def unfenced() -> None:
    """Writes do not ask whether the job is still theirs."""
    fence.MINE = "id = %(id)s AND %(attempt)s IS NOT NULL"
    run.Run.fenced = lambda self: transaction.atomic()
    ends._mine = lambda number, attempt: Job.objects.select_for_update().filter(pk=number).first()


def claimless() -> None:
    """Whoever gets a message runs the job, as stock Celery does."""

    def claim(queue: str, worker: str) -> Job | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE jobs_job SET state = 'running', claimed = clock_timestamp(),"
                " lease_until = clock_timestamp() + interval '1 minute'"
                " WHERE id = (SELECT max(id) FROM jobs_job WHERE queue = %s) RETURNING id",
                [queue],
            )
            row = cursor.fetchone()
        return Job.objects.get(pk=row[0]) if row else None

    fence.claim = claim


def silent() -> None:
    """A worker's SIGTERM is not passed on."""
    beats.worker_shutting_down.disconnect(beats.forward)


def alone() -> None:
    """No worker stands in for the clock: the stand stops it to see what it is good for."""
    beats.STALE = float("inf")
