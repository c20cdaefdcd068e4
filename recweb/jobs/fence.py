"""Who owns a job now: the claim, and the condition that every later write carries.

The lease runs by the database's clock. `attempt` is the fencing token: a write that finds no row
with its attempt means that somebody else has taken over, and that the writer must stop.
"""

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from recweb.jobs.models import Job

CODE_VERSION = 1  # rows of a newer one are left to newer workers
CLAIM_LOCK = 4_201_001  # advisory: claims of all queues, one after the other

LEASE = "clock_timestamp() + %(lease)s * interval '1 second'"
CLAIMABLE = """
    job.queue = %(queue)s AND job.state = 'queued' AND job.code_version <= %(code)s
    AND (SELECT count(*) FROM jobs_job busy
         WHERE busy.owner_id = job.owner_id AND busy.queue = job.queue
           AND busy.state IN ('running', 'cancelling')) < %(running)s
"""
# round robin: the owner who has waited longest since a job of theirs was taken comes first
CLAIM = f"""
    WITH fairest AS (
        SELECT job.id FROM jobs_job job
        WHERE {CLAIMABLE}
        ORDER BY (SELECT max(past.claimed) FROM jobs_job past
                  WHERE past.owner_id = job.owner_id AND past.queue = job.queue) NULLS FIRST,
                 job.created, job.id
        LIMIT 1 FOR UPDATE OF job SKIP LOCKED
    )
    UPDATE jobs_job SET state = 'running', attempt = attempt + 1, lease_until = {LEASE},
        worker = %(worker)s, base = NULL, claimed = clock_timestamp(),
        progress_at = clock_timestamp(), started = coalesce(started, clock_timestamp())
    FROM fairest WHERE jobs_job.id = fairest.id
    RETURNING jobs_job.id
"""
MINE = "id = %(id)s AND attempt = %(attempt)s AND state IN ('running', 'cancelling')"


def _facts(queue: str) -> dict[str, Any]:
    return {
        "queue": queue,
        "code": CODE_VERSION,
        "running": settings.QUOTA_RUNNING,
        "lease": settings.JOB_LEASE_SECONDS,
    }


def claim(queue: str, worker: str) -> Job | None:
    """The fairest waiting job of the queue, now ours for one lease; None when there is none."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        cursor.execute(CLAIM, {**_facts(queue), "worker": worker})
        row = cursor.fetchone()
    return Job.objects.get(pk=row[0]) if row else None


def claimable(queue: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM jobs_job job WHERE {CLAIMABLE})", _facts(queue)
        )
        return bool(cursor.fetchone()[0])


def state(job_id: int, attempt: int) -> tuple[str, str] | None:
    """(state, worker) of the job while the attempt owns it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT state, worker FROM jobs_job WHERE {MINE}", {"id": job_id, "attempt": attempt}
        )
        found = cursor.fetchone()
    return (found[0], found[1]) if found else None


def beat(job_id: int, attempt: int, **values: Any) -> str | None:
    """Renew the lease and write the values; the state, or None when the job is no longer ours."""
    written = "".join(f", {name} = %({name})s" for name in values)
    if "done" in values:
        written += ", base = coalesce(base, %(done)s), progress_at = clock_timestamp()"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE jobs_job SET lease_until = {LEASE}{written} WHERE {MINE} RETURNING state",
            {"id": job_id, "attempt": attempt, "lease": settings.JOB_LEASE_SECONDS, **values},
        )
        found = cursor.fetchone()
    return str(found[0]) if found else None
