"""Samples whose answer is known: mixed in at a share for every annotator, they measure people.

The pair stays what it was for training, with the known answer as its label, so that taking it out
of the queue does not bend the random arm.
"""

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q

from recweb.labeling import agreement, marks
from recweb.labeling.models import RELEVANT, VALUES, Label, Lease, LeaseState, Queue, Sample
from recweb.labeling.tallies import Cell
from recweb.people import audit

if TYPE_CHECKING:
    from recweb.people.models import User

ENOUGH, MANY = 5, 20  # known answers, answers, before anything is said about a person
FAST, ALWAYS = 1 / 3, 0.95  # of the queue's pace; of one's answers that are the same


@transaction.atomic
def mark(sample: Sample, value: int | None, user: "User") -> None:
    """This answer is known from here on (None: no longer). What people gave is kept."""
    sample = Sample.objects.select_for_update().get(pk=sample.pk)
    if value == sample.gold:
        return
    change = (sample.gold is None) - (value is None)
    wanted = 0 if value is not None else _open_places(sample)
    Sample.objects.filter(pk=sample.pk).update(gold=value, wanted=wanted)
    Queue.objects.filter(pk=sample.queue_id).update(golds=F("golds") + change)
    if sample.queue.is_marks:  # of marks taken back only the known ones count
        marks.recount(sample.queue)
    audit.record(user, "gold", f"queue {sample.queue_id}", sample=sample.pk, value=value)


def _open_places(sample: Sample) -> int:
    """As if it had never been marked: who answered or holds it fills a place."""
    leases = Lease.objects.filter(sample=sample)
    odd = leases.filter(state=LeaseState.SKIPPED, flagged=True)
    if sample.queue.is_marks and not odd.exists():
        return 0
    taken = Q(state__in=[LeaseState.HELD, LeaseState.ANSWERED])
    people = leases.filter(taken).values("annotator").distinct().count()
    return max(sample.queue.overlap - people, 0)


def accuracy(queue: Queue) -> dict[str, dict[str, Any]]:
    """By annotator, on the known samples: n, exact and wanted-or-not shares, kappa, interval."""
    if not queue.golds:
        return {}
    rows = Label.objects.filter(
        sample__queue=queue, sample__gold__isnull=False, closed=None, late=False
    ).values_list("annotator__username", "sample__gold", "value")
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, known, given in rows:
        pairs[name].append((known or 0, given))
    return {name: _score(found) for name, found in pairs.items()}


def _score(pairs: list[tuple[int, int]]) -> dict[str, Any]:
    n = len(pairs)
    wanted = sum((known >= RELEVANT) == (given >= RELEVANT) for known, given in pairs)
    low, high = wilson(wanted, n)
    return {
        "n": n,
        "exact": sum(known == given for known, given in pairs) / n,
        "wanted": wanted / n,
        "lo": low,
        "hi": high,
        "kappa": agreement.cohen([known for known, _g in pairs], [given for _k, given in pairs]),
    }


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share, good for small n. Wilson 1927."""
    share, room = right / n, z * z / n
    middle = (share + room / 2) / (1 + room)
    half = z * math.sqrt(share * (1 - share) / n + room / (4 * n)) / (1 + room)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def careless(known: dict[str, dict[str, Any]], cells: list[Cell]) -> dict[str, list[str]]:
    """Who answers as if without looking, by codes: chance, fast, always. A hint to talk, never a
    weight: what they answered counts as before."""
    signs: dict[str, list[str]] = defaultdict(list)
    for name, score in known.items():
        if score["n"] >= ENOUGH and (score["kappa"] or 0) <= 0 and score["exact"] < 1:
            signs[name].append("chance")
    for name in _fast(cells):
        signs[name].append("fast")
    for name in _always(cells):
        signs[name].append("always")
    return dict(signs)


def _fast(cells: list[Cell]) -> list[str]:
    """People far below the usual pace, where there are three or more to tell the usual one."""
    timed: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for cell in cells:
        timed[cell.who] += cell.timed
        seconds[cell.who] += cell.seconds
    paces = {who: seconds[who] / n for who, n in timed.items() if n >= MANY}
    if len(paces) < 3:
        return []
    usual = sorted(paces.values())[len(paces) // 2]
    return [who for who, pace in paces.items() if pace < usual * FAST]


def _always(cells: list[Cell]) -> list[str]:
    """People with nearly one value only, where the others together give a mix."""
    by_person: dict[str, Counter[int]] = defaultdict(Counter)
    for cell in cells:
        by_person[cell.who][cell.value] += cell.n
    everybody: Counter[int] = sum(by_person.values(), Counter())
    out = []
    for who, mine in by_person.items():
        others = everybody - mine
        value = max(VALUES, key=lambda one: mine[one])
        if mine.total() < MANY or others.total() < MANY:
            continue
        if mine[value] >= ALWAYS * mine.total() and others[value] < 0.8 * others.total():
            out.append(who)
    return out
