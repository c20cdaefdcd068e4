"""Places orders on a stand through the product's own code: JSON lines in, JSON lines out."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from recweb.celery import app  # noqa: E402
from recweb.jobs import orders, reconcile  # noqa: E402
from recweb.jobs.models import Job  # noqa: E402
from recweb.people.models import User  # noqa: E402
from tests.faults.bomb import Bomb  # noqa: E402


def order(kind: str, owner: str, die: bool = False, **params: Any) -> dict[str, Any]:
    user, _made = User.objects.get_or_create(username=owner)
    began = time.monotonic()
    if die:
        orders.ring_queue = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    job = orders.order(kind, owner=user, title=kind, params=params)
    return {"id": job.pk, "seconds": time.monotonic() - began}


def cancel(id: int) -> dict[str, Any]:
    return {"state": orders.cancel(Job.objects.get(pk=id))}


def retry(id: int) -> dict[str, Any]:
    return {"id": orders.retry(Job.objects.get(pk=id)).pk}


def ring(id: int, copies: int = 1) -> dict[str, Any]:
    """At least so many messages: on a busy machine one ring may give up after its half second."""
    job = Job.objects.get(pk=id)
    rung = 0
    for _ in range(5 * copies):
        rung += orders.ring(job)
        if rung == copies:
            break
    return {"rung": rung}


def smuggle(queue: str, canary: str) -> dict[str, Any]:
    """A pickle in the queue, as somebody with the broker's password would put it there."""
    known = app.amqp.queues[queue]
    headers = {"task": orders.TASK, "id": canary}
    with app.connection_for_write() as line:
        line.Producer(serializer="pickle").publish(
            Bomb(canary), exchange=known.exchange, routing_key=known.routing_key, declare=[known],
            headers=headers,
        )  # fmt: skip
    return {}


def rounds(overdue: str) -> dict[str, Any]:
    """One round of the reconciler, with another idea of which rows are overdue."""
    reconcile.OVERDUE = overdue
    reconcile.reconcile()
    return {}


DEEDS: dict[str, Callable[..., dict[str, Any]]] = {
    "order": order,
    "cancel": cancel,
    "retry": retry,
    "ring": ring,
    "smuggle": smuggle,
    "reconcile": rounds,
}

for line in sys.stdin:
    words = json.loads(line)
    deed = DEEDS[words.pop("do")]
    connection.close()  # the test may have restarted the database
    try:
        answer = deed(**words)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)  # noqa: T201
