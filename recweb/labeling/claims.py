"""Who gets which sample: leases by the database's clock, one sample never in too many hands.

The condition stands on the sample's own row (`wanted`), which each claim lowers: so two people who
ask at the same instant cannot be answered from the same look at the table.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from recweb.labeling.models import Queue, QueueState

if TYPE_CHECKING:
    from recweb.people.models import User

ANNOTATOR_LOCK = 4_201_004  # advisory, with the annotator's number: two tabs wait for each other
RECLAIM_LOCK = 4_201_005  # advisory, with the queue's number: one reclaims, the others go on
ROW_LOCK = "FOR UPDATE OF sample SKIP LOCKED"
MOST = 10

UNTIL = "clock_timestamp() + %(lease)s * interval '1 second'"
# a known sample comes where it was drawn: after those that this person had got by then
AFTER = """(
    SELECT coalesce(max(plain."order"), 0) FROM labeling_lease earlier
    JOIN labeling_sample plain ON plain.id = earlier.sample_id
    WHERE earlier.annotator_id = %(annotator)s AND earlier.id < lease.id
      AND plain.queue_id = %(queue)s AND plain.gold IS NULL
)"""
# what I hold already, also when its time is over but nobody has asked for it since
MINE = f"""
    UPDATE labeling_lease lease SET until = {UNTIL} FROM labeling_sample sample
    WHERE lease.sample_id = sample.id AND sample.queue_id = %(queue)s
      AND lease.annotator_id = %(annotator)s AND lease.state = 'held'
    RETURNING lease.token, lease.until, lease.sample_id,
        CASE WHEN sample.gold IS NULL THEN sample."order" ELSE {AFTER} END
"""
RECLAIM = """
    WITH gone AS (
        SELECT lease.id FROM labeling_lease lease
        JOIN labeling_sample sample ON sample.id = lease.sample_id
        WHERE lease.state = 'held' AND lease.until < clock_timestamp()
          AND sample.queue_id = %(queue)s
          AND (SELECT pg_try_advisory_xact_lock(%(reclaim)s, %(queue_key)s))
        FOR UPDATE OF lease SKIP LOCKED
    ), lost AS (
        UPDATE labeling_lease SET state = 'lost', ended = clock_timestamp()
        FROM gone WHERE labeling_lease.id = gone.id RETURNING labeling_lease.sample_id
    ), back AS (SELECT sample_id, count(*) AS n FROM lost GROUP BY sample_id)
    UPDATE labeling_sample SET wanted = wanted + back.n
    FROM back WHERE labeling_sample.id = back.sample_id AND labeling_sample.gold IS NULL
"""
# not again to who has it, answered it, skipped it, or answered it too late
NEW_TO_ME = """
    NOT EXISTS (
        SELECT 1 FROM labeling_lease mine WHERE mine.sample_id = sample.id
          AND mine.annotator_id = %(annotator)s AND mine.state IN ('held', 'answered', 'skipped')
    ) AND NOT EXISTS (
        SELECT 1 FROM labeling_label given WHERE given.sample_id = sample.id
          AND given.annotator_id = %(annotator)s AND given.closed IS NULL
    )
"""
TAKEN = """
    SELECT count(*) FROM labeling_lease lease JOIN labeling_sample sample
        ON sample.id = lease.sample_id
    WHERE sample.queue_id = %(queue)s AND lease.annotator_id = %(annotator)s
      AND lease.state IN ('held', 'answered', 'skipped')
"""
CLAIM = """
    WITH free AS (
        SELECT sample.id FROM labeling_sample sample
        WHERE sample.queue_id = %(queue)s AND sample.wanted > 0 AND {new}
        ORDER BY sample."order" LIMIT %(count)s {lock}
    ), taken AS (
        UPDATE labeling_sample SET wanted = wanted - 1 FROM free
        WHERE labeling_sample.id = free.id
        RETURNING labeling_sample.id, labeling_sample."order"
    ), made AS (
        INSERT INTO labeling_lease (sample_id, annotator_id, token, state, until, flagged, note)
        SELECT id, %(annotator)s, gen_random_uuid(), 'held', {until}, false, '' FROM taken
        RETURNING token, until, sample_id
    )
    SELECT made.token, made.until, made.sample_id, taken."order"
    FROM made JOIN taken ON taken.id = made.sample_id
"""
# a known answer goes to everybody once, so nobody competes for it; which one is next differs by
# person, or neighbours could tell each other
GOLD = """
    WITH due AS (
        SELECT sample.id FROM labeling_sample sample
        WHERE sample.queue_id = %(queue)s AND sample.gold IS NOT NULL AND {new}
        ORDER BY md5(sample.id || ' ' || %(annotator)s) LIMIT 1
    ), made AS (
        INSERT INTO labeling_lease (sample_id, annotator_id, token, state, until, flagged, note)
        SELECT id, %(annotator)s, gen_random_uuid(), 'held', {until}, false, '' FROM due
        RETURNING id, token, until, sample_id
    )
    SELECT lease.token, lease.until, lease.sample_id, {after} FROM made lease
"""


class NotOpen(Exception):
    """The queue gives out no samples now."""

    def __init__(self, state: str) -> None:
        words = {
            QueueState.SELECTING: _("The samples of this queue are still being chosen."),
            QueueState.PAUSED: _("This queue is paused. What you have answered is saved."),
            QueueState.CLOSED: _("This queue is closed. What you have answered is saved."),
            QueueState.FAILED: _("Choosing the samples of this queue failed."),
        }
        self.state = state
        self.message = words.get(QueueState(state), "")
        super().__init__(self.message)


@dataclass(frozen=True)
class Held:
    token: uuid.UUID
    until: datetime
    sample_id: int
    order: int


def take(queue: Queue, annotator: "User", count: int = 1) -> list[Held]:
    """Up to `count` samples for this person: those in hand first, renewed, then new ones in the
    queue's order. Fewer, or none, when nothing is left. Raises NotOpen."""
    if queue.state != QueueState.OPEN:
        raise NotOpen(queue.state)
    facts = _facts(queue, annotator)
    with transaction.atomic(), connection.cursor() as cursor:
        # two statements in one message: half the way for each
        held = _rows(
            cursor, f"SELECT pg_advisory_xact_lock(%(mine)s, %(annotator)s); {MINE}", facts
        )
        if (more := count - len(held)) > 0:
            due = queue.golds > 0 and _due(cursor, queue, facts, more)
            claim = CLAIM.format(new=NEW_TO_ME, lock=ROW_LOCK, until=UNTIL)
            facts["count"] = more - due
            held += _rows(cursor, f"{RECLAIM}; {claim}", facts)
            if due:
                held += _rows(cursor, GOLD.format(new=NEW_TO_ME, until=UNTIL, after=AFTER), facts)
    return sorted(held, key=lambda row: row.order)


def _due(cursor: Any, queue: Queue, facts: dict[str, Any], count: int) -> bool:
    cursor.execute(TAKEN, facts)
    return turn(queue, facts["annotator"], cursor.fetchone()[0], count)


def turn(queue: Queue, annotator: int, taken: int, count: int) -> bool:
    """Whether one of the next `count` samples is a known one: one in every 1 / share, at a place
    that differs from block to block and from person to person."""
    if queue.gold_share <= 0:
        return False
    block = max(round(1 / queue.gold_share), 1)
    return any(
        place % block == _hash(queue.pk, annotator, place // block) % block
        for place in range(taken, taken + count)
    )


def _hash(*parts: int) -> int:
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16)


def renew(queue: Queue, annotator: "User") -> list[Held]:
    """Everything that this person holds here, for another lease from now."""
    with connection.cursor() as cursor:
        held = _rows(cursor, MINE, _facts(queue, annotator))
    return sorted(held, key=lambda row: row.order)


def waiting(queue_ids: list[int], annotator: "User") -> dict[int, int]:
    """How many samples of each queue this person could still get or has in hand."""
    return _waiting("%(those)s", queue_ids, annotator)


def waiting_in(dataset_ids: list[int], annotator: "User") -> int:
    """How many samples of the open queues of these datasets."""
    those = """ARRAY(SELECT id FROM labeling_queue
                     WHERE state = 'open' AND dataset_id = ANY(%(those)s))"""
    return sum(_waiting(those, dataset_ids, annotator).values())


def _waiting(queues: str, those: list[int], annotator: "User") -> dict[int, int]:
    if not those:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT sample.queue_id, count(*) FROM labeling_sample sample
            WHERE sample.queue_id = ANY({queues}) AND (
                sample.wanted > 0 AND {NEW_TO_ME} OR EXISTS (
                    SELECT 1 FROM labeling_lease held WHERE held.sample_id = sample.id
                    AND held.annotator_id = %(annotator)s AND held.state = 'held'))
            GROUP BY sample.queue_id
            """,
            {"those": those, "annotator": annotator.pk},
        )
        return dict(cursor.fetchall())


def _facts(queue: Queue, annotator: "User") -> dict[str, Any]:
    return {
        "queue": queue.pk,
        "annotator": annotator.pk,
        "lease": settings.LABEL_LEASE_SECONDS,
        "mine": ANNOTATOR_LOCK,
        "reclaim": RECLAIM_LOCK,
        "queue_key": queue.pk % 2**31,
    }


def _rows(cursor: Any, sql: str, facts: dict[str, Any]) -> list[Held]:
    cursor.execute(sql, facts)
    return [Held(*row) for row in cursor.fetchall()]
