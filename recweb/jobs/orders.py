"""Order a job, ring for it, cancel it, try it again."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override
from rest_framework.exceptions import APIException

from recweb.celery import app
from recweb.jobs import ends, kinds
from recweb.jobs.models import LIVE, Job, State

if TYPE_CHECKING:
    from recweb.people.models import User

log = logging.getLogger(__name__)
RING_SECONDS = 0.5
QUOTA_LOCK = 4_201_002  # advisory, with the owner's number
TASK = "recweb.jobs.tasks.run"


class Quota(APIException):
    """The user has as many waiting jobs as one may have. Pages show `message` in their form."""

    status_code = 429
    default_code = "quota"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def order(
    kind: str,
    *,
    owner: "User",
    title: str | Callable[[], str],
    dataset_id: int | None = None,
    target_id: int | None = None,
    params: dict[str, Any] | None = None,
    quota: bool = True,
) -> Job:
    """A new row in the caller's transaction; the bell rings after its commit. title: a function is
    asked once in each language. quota=False is for what a job itself orders as its next step."""
    words = _in_every_language(title)
    mine = title if isinstance(title, str) else title()
    with transaction.atomic():
        if quota:
            _keep_quota(owner)
        job = Job.objects.create(
            kind=kind,
            queue=kinds.get(kind).queue,
            owner=owner,
            title=mine[:200],
            titles=words,
            dataset_id=dataset_id,
            target_id=target_id,
            params=params or {},
        )
        transaction.on_commit(lambda: ring(job))
    return job


def _in_every_language(title: str | Callable[[], str]) -> dict[str, str]:
    if isinstance(title, str):
        return {}
    words = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            words[language] = title()[:200]
    return words


def room(owner: "User") -> int:
    """How many more may be ordered before one begins."""
    waiting = Job.objects.filter(owner=owner, state=State.QUEUED).count()
    return max(0, settings.QUOTA_QUEUED - waiting)


def _keep_quota(owner: "User") -> None:
    """Counted behind a lock that lasts until the caller commits: double clicks queue up here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [QUOTA_LOCK, owner.pk])
    waiting = Job.objects.filter(owner=owner, state=State.QUEUED).count()
    if waiting >= settings.QUOTA_QUEUED:
        raise Quota(
            _(
                "You have %(n)d jobs waiting, which is as many as one person may have. "
                "Nothing was started. Cancel one on the Jobs page, or wait until one begins."
            )
            % {"n": waiting}
        )


def ring(job: Job) -> bool:
    return ring_queue(job.queue, job.pk)


def ring_queue(queue: str, job_id: int = 0) -> bool:
    """Tell the queue's workers to look. Never raises and never holds the caller longer than half a
    second, whatever the broker does: a lost ring is found by the reconciler."""
    rung = threading.Event()
    bell = threading.Thread(target=_send, args=[queue, job_id, rung], name="bell", daemon=True)
    bell.start()
    return rung.wait(RING_SECONDS)


def _send(queue: str, job_id: int, rung: threading.Event) -> None:
    options = {"socket_timeout": RING_SECONDS, "socket_connect_timeout": RING_SECONDS}
    try:
        with app.connection_for_write(
            connect_timeout=RING_SECONDS, transport_options={**options, "max_retries": 0}
        ) as line:
            line.ensure_connection(max_retries=1, interval_start=0, timeout=RING_SECONDS)
            app.send_task(
                TASK, args=[job_id, queue], queue=queue, connection=line, retry=False,
                ignore_result=True,
            )  # fmt: skip
            rung.set()
    except Exception as error:
        log.warning("the bell of queue %s did not ring: %s", queue, error)


def cancel(job: Job) -> str:
    """The new state: cancelled at once when it waited, else cancelling until its process is gone.
    An ended job stays as it is."""
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        if row.state == State.QUEUED:
            ends.finish(row, State.CANCELLED)
        elif row.state == State.RUNNING:
            Job.objects.filter(pk=row.pk).update(state=State.CANCELLING)
    job.refresh_from_db()
    return job.state


def retry(job: Job) -> Job:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint. Raises
    ValueError for a job that did not fail or whose kind cannot be repeated."""
    with transaction.atomic():
        row = Job.objects.select_for_update(of=("self",)).select_related("owner").get(pk=job.pk)
        kind = kinds.get(row.kind)
        if row.state in LIVE or row.state == State.DONE or not kind.retry:
            raise ValueError(f"job {row.pk} is {row.state} and cannot be tried again")
        _keep_quota(row.owner)
        Job.objects.filter(pk=row.pk).update(
            state=State.QUEUED, error="", trace="", lost=0, finished=None, started=None,
            created=Now(), step="",
        )  # fmt: skip
        row.refresh_from_db()
        ends.call_hook(kind.on_retry, row)
        transaction.on_commit(lambda: ring(row))
    job.refresh_from_db()
    return row
