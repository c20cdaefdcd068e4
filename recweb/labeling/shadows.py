"""Order the shadow of the random arm, and say what came of it."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from recweb.jobs import orders as jobs
from recweb.jobs.models import LIVE, Job, State
from recweb.labeling import snapshot
from recweb.labeling.bought import METRICS, p_words
from recweb.labeling.models import Arm, Queue, Shadow
from recweb.labeling.orders import Refused
from recweb.lib import numbers
from recweb.people import audit

if TYPE_CHECKING:
    from recweb.people.models import User

FEWEST = 10  # labels that train each of the two


@dataclass(frozen=True)
class Arms:
    chosen: list[list[Any]]  # as many as drawn
    drawn: list[list[Any]]  # random ones that train the shadow
    measure: list[list[Any]]  # random ones that train nothing here


def divide(pairs: list[list[Any]]) -> Arms:
    """By hash of the pair: the same labels fall on the same side in every later comparison."""
    random = [pair for pair in pairs if pair[3] == Arm.RANDOM]
    drawn = [pair for pair in random if _trains(pair)]
    chosen = [pair for pair in pairs if pair[3] == Arm.UNCERTAIN]
    n = min(len(chosen), len(drawn))
    return Arms(chosen[:n], drawn[:n], [pair for pair in random if not _trains(pair)])


def _trains(pair: list[Any]) -> bool:
    return hashlib.sha256(f"{pair[0]} {pair[1]}".encode()).digest()[0] % 2 == 0


def order(queue: Queue, owner: "User") -> Shadow:
    """Raises Refused while there are too few answers, jobs.Quota."""
    pairs = snapshot.pairs(queue)
    arms = divide(pairs)
    if len(arms.drawn) < FEWEST:
        words = _(
            "Too few answers to compare: %(n)d labels would train each model, and %(least)d are "
            "needed. A quarter of the first 200 answers counts for this; go on labelling."
        )
        raise Refused(words % {"n": len(arms.drawn), "least": FEWEST})
    with transaction.atomic():
        row = Shadow.objects.create(queue=queue, pairs=pairs, owner=owner)
        job = jobs.order(
            "shadow",
            owner=owner,
            title=lambda: (
                _("Compare chosen with random labels of %(queue)s") % {"queue": queue.title}
            ),
            dataset_id=queue.dataset_id,
            target_id=row.pk,
        )
        row.job_id = job.pk
        row.save(update_fields=["job_id"])
    audit.record(owner, "shadow", f"queue {queue.pk}", labels=len(arms.drawn))
    return row


def shown(queue: Queue) -> dict[str, Any] | None:
    """The newest comparison, in words and figures; None before the first."""
    row = queue.shadows.defer("pairs").order_by("-pk").first()
    if row is None:
        return None
    cells = row.facts.get("metrics", {})
    live = row.state in LIVE
    return {
        "row": row,
        "live": live,
        "job": Job.objects.filter(pk=row.job_id or 0).first() if live else None,
        "failed": row.state in (State.FAILED, State.CANCELLED),
        "labels": row.facts.get("labels"),
        "cells": [{"metric": name, **cells[name]} for name in METRICS if name in cells],
        "words": words(row.facts) if row.state == State.DONE else "",
        "measure": row.facts.get("measure"),
    }


def words(facts: dict[str, Any]) -> str:
    """The verdict on the first measure; within noise it says what could not have been seen."""
    cell = facts["metrics"].get(METRICS[0], {})
    if cell.get("difference") is None:
        return _("There is nothing to compare.")
    known = {"n": facts["labels"], "gap": numbers.signed(cell["difference"]),
             "p": p_words(cell.get("p"))}  # fmt: skip
    if cell["code"] == "better":
        return _("Chosen labels bought more than %(n)d random ones: %(gap)s (%(p)s).") % known
    if cell["code"] == "worse":
        return _("%(n)d random labels would have bought more: %(gap)s (%(p)s).") % known
    half = ((cell["hi"] or 0) - (cell["lo"] or 0)) / 2
    return _("Cannot tell yet with %(n)d labels each: gaps under %(half)s are invisible.") % {
        **known,
        "half": numbers.sig3(half),
    }
